import type { Button, KnownBlock } from '@slack/types'
import { z } from 'zod'
import type { Messages } from '../../messages/en.ts'
import { clean } from '../../messages/escape.ts'
import { lines } from '../../messages/markup.ts'
import type { Policy } from '../../upgrade/policy.ts'
import type { Offer, Place } from '../../upgrade/proposals.ts'
import { context, named, section } from './blocks.ts'
import { blockName, type Desired } from './messages.ts'

export const proposalActions = { request: 'request_proposed', dismiss: 'dismiss_proposed' } as const

/** What is proposed, as its buttons carry it. Opaque to everybody else. */
const ProposedValue = z.strictObject({ s: z.string().max(100), e: z.string().max(100), v: z.string().max(128) })

export type Proposed = Place & { version: string }

/** `undefined` for whatever Rollcall did not write. */
export function readProposed(value: string | undefined): Proposed | undefined {
  try {
    const { data } = ProposedValue.safeParse(JSON.parse(value ?? ''))
    return data && { service: data.s, environment: data.e, version: data.v }
  } catch {
    return undefined
  }
}

/** Names what is proposed in a place, beside the IDs of upgrades. */
export function proposalId({ service, environment }: Place): string {
  return `proposal:${service}-${environment}`
}

/** The message of one offer; nothing of one that is not shown yet. */
export function proposalMessage(
  offer: Offer,
  policy: Pick<Policy, 'service' | 'environment' | 'channel' | 'permissions'>,
  messages: Messages,
): Desired | undefined {
  if (offer.state.is === 'waiting') return undefined
  const { service, environment, channel } = policy
  const { version, digest = '', state } = offer
  const id = proposalId(policy)
  const key = `proposal:${version}` as const
  const { title, facts } = messages.proposal(offer, policy)
  const controls = state.is === 'open' ? buttons({ service, environment, version }, messages) : []
  return {
    key,
    channel,
    thread: false,
    text: lines(title, facts).mrkdwn,
    blocks: named([...section(title), ...context(facts), ...controls], blockName(id, key)),
    calls: [],
    metadata: {
      event_type: 'rollcall_proposal',
      event_payload: { id, service, environment, version, state: state.is },
    },
    moment: `${state.is} ${digest}`,
  }
}

function buttons({ service, environment, version }: Proposed, messages: Messages): KnownBlock[] {
  const value = JSON.stringify({ s: service, e: environment, v: version } satisfies z.infer<typeof ProposedValue>)
  const labels = messages.proposalButtons()
  const button = (action: keyof typeof proposalActions): Button => ({
    type: 'button',
    action_id: proposalActions[action],
    text: { type: 'plain_text', text: clean(labels[action], 75) },
    value,
  })
  return [{ type: 'actions', elements: [button('request'), button('dismiss')] }]
}
