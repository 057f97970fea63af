import type { Incident } from '../../upgrade/upgrade.ts'
import { type Markup, mrkdwn, nothing } from '../markup.ts'
import { shortVersion } from '../version.ts'
import { bare } from './wording.ts'

type Detail = Incident['detail']

/** What went wrong or was changed by others, as a whole sentence. By the codes of gates, targets and the core. */
export const incidents: Record<string, (detail: Detail) => Markup> = {
  // why a batch waits for pods, or failed
  CRASH_LOOP: (d) => mrkdwn`${pod(d)} of the new version crashes again and again${because(d.reason)}.`,
  IMAGE_PULL: (d) => mrkdwn`${pod(d)} cannot pull its image${because(d.reason)}.`,
  CONTAINER_CONFIG: (d) => mrkdwn`The container of ${pod(d)} cannot be created${because(d.reason)}.`,
  UNSCHEDULABLE: (d) => mrkdwn`No node takes ${pod(d)}${because(d.message)}.`,
  PODS_REFUSED: (d) => mrkdwn`No new pod can be created${because(d.message)}.`,
  NOT_READY: (d) => mrkdwn`New pods run but are not Ready: ${text(d.ready)} of ${text(d.wanted)} are.`,
  CONTROLLER_BEHIND: () => mrkdwn`The Deployment controller has not acted on the last change.`,
  // what the rollout gate saw on the new pods
  OOM_KILLED: (d) => mrkdwn`${pod(d)} of the new version ran out of memory and was killed.`,
  RESTARTED: (d) => mrkdwn`${pod(d)} of the new version restarted${because(d.reason || undefined)}.`,
  READINESS_LOST: (d) => mrkdwn`${pod(d)} of the new version was Ready and is not any more.`,
  NO_GATE: (d) => mrkdwn`Gate ${text(d.gate)} is not known to this Rollcall.`,
  GATE_INCONCLUSIVE: (d) =>
    mrkdwn`Gate ${text(d.gate)} could not tell (${text(d.cause)}), and what is not known does not count as good.`,
  // changes from outside
  OUTSIDE_SCALED: (d) => mrkdwn`Somebody scaled the workload from ${text(d.from)} to ${text(d.to)} pods.`,
  OUTSIDE_TEMPLATE: (d) =>
    mrkdwn`Somebody changed the pod template; it now has ${shortVersion(text(d.image))}. That needs an upgrade of its own.`,
  OUTSIDE_FIELDS: (d) => mrkdwn`Somebody changed ${text(d.fields)} of the workload.`,
  OUTSIDE_SHARE: (d) =>
    mrkdwn`${text(d.from)} → ${text(d.to)} pods are on the new version, and Rollcall did not do it.`,
  OUTSIDE_AHEAD: (d) =>
    mrkdwn`The workload bears the mark ${text(d.stamp)}, which is ahead of what Rollcall has stored. Its store may have gone back in time.`,
  TEMPLATE_CHANGED: () =>
    mrkdwn`The workload's template changed between plan and start. Nothing was touched, every approval is void, and a new plan follows.`,
  REPLICAS_CHANGED: () =>
    mrkdwn`The workload's replicas changed between plan and start. Nothing was touched, every approval is void, and a new plan follows.`,
  // how it may end
  ROLLBACK_STUCK: (d) =>
    mrkdwn`The rollback makes no progress${because(d.cause)}. Rollcall keeps trying; somebody should look at the pods.`,
  TARGET_GONE: () => mrkdwn`The workload was deleted or recreated. Rollcall never recreates one.`,
  HELD_TOO_LONG: () => mrkdwn`Nobody decided in time.`,
  BLOCKED: () => mrkdwn`The checks found what stands in the way.`,
}

export function incident({ code, detail }: Pick<Incident, 'code' | 'detail'>): Markup {
  return incidents[code]?.(detail) ?? mrkdwn`${bare(code, detail)}.`
}

/** The same as a few words, for «paused because …» and records. */
export const causes: Record<string, string> = {
  CRASH_LOOP: 'new pods crash',
  IMAGE_PULL: 'the image cannot be pulled',
  CONTAINER_CONFIG: 'a container cannot be created',
  UNSCHEDULABLE: 'no node takes a new pod',
  PODS_REFUSED: 'no new pod can be created',
  NOT_READY: 'new pods do not become Ready',
  CONTROLLER_BEHIND: 'the Deployment controller does not act',
  OOM_KILLED: 'a new pod ran out of memory',
  RESTARTED: 'a new pod restarted',
  READINESS_LOST: 'a new pod is not Ready any more',
  NO_GATE: 'a gate is not known',
  GATE_INCONCLUSIVE: 'a gate could not tell',
  OUTSIDE_SCALED: 'somebody scaled the workload',
  OUTSIDE_TEMPLATE: 'somebody changed the pod template',
  OUTSIDE_FIELDS: 'somebody changed the workload',
  OUTSIDE_SHARE: 'pods changed without Rollcall',
  OUTSIDE_AHEAD: 'the workload is ahead of the store',
  TEMPLATE_CHANGED: 'the template changed before the start',
  REPLICAS_CHANGED: 'the replicas changed before the start',
  ROLLBACK_STUCK: 'the rollback made no progress',
  TARGET_GONE: 'the workload is gone',
  HELD_TOO_LONG: 'nobody decided in time',
  BLOCKED: 'the checks found what stands in the way',
}

export function cause(code: string): string {
  return causes[code] ?? code
}

function pod({ pod: name }: Detail): Markup {
  return name === undefined ? mrkdwn`A pod` : mrkdwn`Pod ${name}`
}

/** Interpolated text is trimmed, so the blank before it belongs here. */
function because(reason: string | number | undefined): Markup {
  return reason === undefined ? nothing : mrkdwn` (${causes[reason] ?? reason})`
}

function text(value: string | number | undefined): string {
  return String(value ?? '?')
}
