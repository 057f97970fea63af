import type { HomeView, KnownBlock, ModalView } from '@slack/types'
import type { Reply } from '../../src/commands/index.ts'
import type { Observation } from '../../src/engine/ports.ts'
import type { Messages } from '../../src/messages/en.ts'
import type { Markup } from '../../src/messages/markup.ts'
import type { Told } from '../../src/messages/report.ts'
import { type Desired, type Given, messagesOf } from '../../src/slack/views/messages.ts'
import { type Rendered, renderReply, renderText } from '../../src/slack/views/reply.ts'
import type { Phase } from '../../src/upgrade/phase.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { rolledBackEvidence, rolledBackStory, succeededStory } from '../../test/a-story.ts'
import { noon } from '../../test/an-upgrade.ts'
import type { Exhibit, Json } from '../server/protocol.ts'

export type Room = { id: string; title: string; exhibits: Exhibit[] }

/** What the report of an upgrade that has ended is made of. */
function toldOf({ result }: Upgrade): Told {
  const capacity = { least: 10, wanted: 10, belowMs: 0, downMs: 0 }
  return result?.outcome === 'rolledBack'
    ? { entries: rolledBackStory().entries, evidence: rolledBackEvidence() }
    : { entries: succeededStory().entries, evidence: { capacity, series: {}, reports: [] } }
}

/** What the watch says in each phase of the upgrade that `anUpgradeIn` builds; nothing once it has ended. */
export function observedIn(phase: Phase): Observation | undefined {
  switch (phase) {
    case 'checking':
    case 'awaitingApproval':
      return observed(0)
    case 'progressing':
      return observed(0, { ready: 10 })
    case 'verifying':
    case 'awaitingContinue':
    case 'paused':
    case 'rollingBack':
      return observed(1)
    default:
      return undefined
  }
}

/** What the watch says while so many pods are new and all are well. */
export function observed(updated: number, changes: Partial<Observation> = {}): Observation {
  const pods = Array.from({ length: updated }, (_, index) => ({
    name: `web-7c9f8b6d4-${'bcdfghjkmn'.charAt(index % 10)}x2v${index}`,
    ready: true,
    createdAt: noon,
    restarts: 0,
    displaced: false,
  }))
  return { updated, ready: 10, total: 10, pods, stable: [], ...changes }
}

export type Exhibits = ReturnType<typeof exhibitsIn>

/** Shows what the product's own views make of something, in one language. */
export function exhibitsIn(messages: Messages) {
  const all = (upgrade: Upgrade, observation: Observation | undefined, more: Pick<Given, 'reports' | 'alerts'> = {}) =>
    messagesOf(upgrade, { messages, observation, told: toldOf(upgrade), ...more })

  return {
    /** Every message of an upgrade. */
    messagesNow: (upgrade: Upgrade, title: string, observation?: Observation): Exhibit[] =>
      all(upgrade, observation).map((desired) => ofDesired(desired, title)),

    /** Only its messages with this key: `live`, `question:4`, `incident:0`, `result`. */
    messageNow: (
      upgrade: Upgrade,
      key: Desired['key'],
      title: string,
      observation?: Observation,
      more: Pick<Given, 'reports' | 'alerts'> = {},
    ): Exhibit[] =>
      all(upgrade, observation, more)
        .filter((desired) => desired.key === key)
        .map((desired) => ofDesired(desired, title)),

    /** What a command answers. */
    replied: (title: string, reply: Reply): Exhibit => exhibit(title, 'ephemeral', renderReply(reply, messages)),
  }
}

function ofDesired({ key, text, blocks }: Desired, title: string): Exhibit {
  return exhibit(`${title}: ${key}`, key === 'live' ? 'live' : 'thread', { text, blocks })
}

/** One that stands in a channel by itself. */
export function posted(title: string, { text, blocks }: Desired): Exhibit {
  return exhibit(title, 'live', { text, blocks })
}

export function said(title: string, text: Markup): Exhibit {
  return exhibit(title, 'ephemeral', renderText(text))
}

/** Sent as text alone. */
export function told(title: string, { mrkdwn }: Markup): Exhibit {
  return exhibit(title, 'live', { text: mrkdwn, blocks: [] })
}

export function modal(title: string, view: ModalView): Exhibit {
  return { id: idOf(title), title, as: 'modal', text: '', blocks: [], view: { ...view } }
}

export function homeTab(title: string, view: HomeView): Exhibit {
  return { id: idOf(title), title, as: 'home', text: '', blocks: [], view: { ...view } }
}

function exhibit(
  title: string,
  as: Exhibit['as'],
  { text, blocks }: Rendered | { text: string; blocks: KnownBlock[] },
): Exhibit {
  return { id: idOf(title), title, as, text, blocks: blocks as unknown as Json[] }
}

function idOf(title: string): string {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, '-')
}
