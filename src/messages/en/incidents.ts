import type { ChannelTrouble } from '../../upgrade/events.ts'
import { own } from '../../upgrade/own.ts'
import type { TargetRef } from '../../upgrade/policy.ts'
import { restoreClient } from '../../upgrade/stop.ts'
import type { Incident } from '../../upgrade/upgrade.ts'
import { channel, code, type Markup, mrkdwn, nothing, quoted, sentences, time, user } from '../markup.ts'
import { shortVersion } from '../version.ts'
import { gateWords, measured } from './gates.ts'
import { closed, frozen } from './restrictions.ts'
import { bare, listed, text } from './wording.ts'

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
  GATE_INCONCLUSIVE: (d) => {
    const said = mrkdwn`Gate ${text(d.gate)} could not tell: ${measured({ code: text(d.cause), detail: d })}. What is not known does not count as good`
    return d.waivable === 'never'
      ? mrkdwn`${said}, and of an image nobody goes on without it. Put that right and resume, which asks again.`
      : mrkdwn`${said}. Resume to go on without it here, or roll back.`
  },
  // an alert of somebody else's
  ON_ALERT: (d) => mrkdwn`Alert ${text(d.name)} (${d.severity ?? 'no severity'}) began to fire after the start.`,
  // changes from outside
  OUTSIDE_SCALED: (d) => {
    const moved = d.rested !== undefined && d.rested !== d.updated
    const share = moved ? mrkdwn`${text(d.rested)} → ${text(d.updated)}` : mrkdwn`${text(d.updated)}`
    return mrkdwn`${share} updated: ${somebody(d)} scaled ${text(d.from)} → ${text(d.to)}.`
  },
  OUTSIDE_TEMPLATE: (d) => {
    const versions = mrkdwn`${shortVersion(text(d.from))} → ${shortVersion(text(d.to))}`
    switch (d.how) {
      case 'undone':
        if (d.by === restoreClient) {
          return mrkdwn`Somebody put the workload back with ${code('rollcall restore')}: ${versions} in the pod template.`
        }
        return mrkdwn`${somebody(d)} undid the rollout: ${versions} in the pod template.`
      case 'restarted':
        return mrkdwn`${somebody(d)} asked for a restart, which changed the pod template.`
      case 'image':
        return mrkdwn`${somebody(d)} set another image: ${versions} in the pod template.`
      default:
        return mrkdwn`${somebody(d)} changed the pod template.`
    }
  },
  OUTSIDE_FIELDS: (d) => mrkdwn`${somebody(d)} changed the workload: ${text(d.fields)}.`,
  OUTSIDE_SHARE: (d) => mrkdwn`${text(d.from)} → ${text(d.to)} updated, and Rollcall did not do it.`,
  OUTSIDE_AHEAD: (d) =>
    mrkdwn`The workload bears the mark ${text(d.stamp)}, which is ahead of what Rollcall has stored: its store went back in time. What was approved cannot be proven, so it is void. Roll back; or resume, and the start is asked for once more.`,
  ADOPTED: (d) =>
    mrkdwn`Rollcall's store had lost this upgrade, and it was taken over from the workload, which bears the mark ${text(d.mark)}. What was approved cannot be proven, so it is void. Roll back; or resume, and the start is asked for once more.`,
  TEMPLATE_CHANGED: () =>
    mrkdwn`The workload's template changed between plan and start. Nothing was touched, every approval is void, and a new plan follows.`,
  REPLICAS_CHANGED: () =>
    mrkdwn`The workload's replicas changed between plan and start. Nothing was touched, every approval is void, and a new plan follows.`,
  IMAGE_MOVED: (d) =>
    d.to === undefined
      ? mrkdwn`The image that was approved (${short(d.from)}) is not in its registry any more. Nothing was touched, every approval is void, and it is checked anew.`
      : mrkdwn`The version stands for another image now: ${short(d.from)} → ${short(d.to)}. Nothing was touched, every approval is void, and a new plan follows.`,
  // what did not hold when everything was checked again at the start, or while it ran
  POLICY_CHANGED: (d) =>
    mrkdwn`The configuration says something else about this service than what was approved (${parts(d.changed)}). Nothing was touched, every approval is void, and a new plan follows.`,
  APPROVALS_VOIDED: (d) =>
    mrkdwn`When everything was checked again before the start, this did not count any more: ${voided(d)}. Nothing was touched, and the start is asked for anew.`,
  REQUEST_VOID: (d) =>
    mrkdwn`The configuration does not stand behind this request any more (${parts(d.changed)}). Nothing was touched, and it ends here.`,
  SERVICE_REMOVED: () =>
    mrkdwn`The service is no longer in Rollcall's configuration. Nothing goes forward until an administrator puts it back; pausing and rolling back work as before.`,
  // stops that somebody wrote on the workload itself
  PAUSED_IN_CLUSTER: (d) => braked(mrkdwn`${whom(d)} paused it in the cluster, without Slack`, d),
  TURNED_BACK_IN_CLUSTER: (d) => braked(mrkdwn`${whom(d)} asked in the cluster, without Slack, to roll back`, d),
  RESTORED_IN_CLUSTER: (d) => {
    const why = d.reason === undefined ? nothing : mrkdwn`: ${quoted(String(d.reason))}`
    return mrkdwn`${whom(d)} put the workload back with ${code('rollcall restore')}, without Slack${why}.`
  },
  STOP_UNKNOWN: (d) =>
    mrkdwn`${whom(d)} wrote ${code(`rollcall.dev/stop=${text(d.value)}`)} on the workload, which means nothing: it is ${code('hold')} or ${code('rollback')}. Nothing was stopped.`,
  // windows and freezes
  WINDOW_CLOSED: (d) => mrkdwn`${closed(d)}. The next batch waits for that.`,
  FROZEN: (d) => mrkdwn`${frozen(d)}. The next batch waits until that is over.`,
  // the channel
  CHANNEL_ARCHIVED: (d) =>
    mrkdwn`The channel of this upgrade${about(d.channel)} was archived, so nobody sees what goes on. Nothing goes forward until it is back; pausing and rolling back work from any other channel.`,
  CHANNEL_LEFT: (d) =>
    mrkdwn`Rollcall is not in the channel of this upgrade any more${about(d.channel)}, so nobody sees what goes on. Nothing goes forward until it is invited again; pausing and rolling back work from any other channel.`,
  CHANNEL_SHARED: (d) =>
    mrkdwn`The channel of this upgrade${about(d.channel)} is shared with another workspace now: strangers read along. Nothing goes forward until somebody resumes.`,
  REVIEW_OVERDUE: () =>
    mrkdwn`It went ahead without approvals, and no other administrator has signed it off within 24 hours.`,
  // how it may end
  ROLLBACK_STUCK: (d) =>
    mrkdwn`The rollback makes no progress${because(d.cause)}. Rollcall keeps trying; somebody should look at the pods.`,
  ROLLBACK_FAILED: (d) =>
    mrkdwn`The rollback did not come to its end in time${because(d.cause)}, and Rollcall has stopped trying.`,
  TARGET_GONE: (d) =>
    d.how === 'recreated'
      ? mrkdwn`Somebody deleted the workload and made it anew: another object has its name now.`
      : mrkdwn`Somebody deleted the workload. Rollcall never recreates one.`,
  HELD_TOO_LONG: () => mrkdwn`Nobody decided in time.`,
  BLOCKED: () => mrkdwn`The checks found what stands in the way.`,
}

export function incident({ code: name, detail }: Pick<Incident, 'code' | 'detail'>): Markup {
  const failed = own(gateWords, name)?.(detail)
  if (failed) return mrkdwn`Gate ${text(detail.gate)} failed: ${failed}.`
  return own(incidents, name)?.(detail) ?? mrkdwn`${bare(name, detail)}.`
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
  ON_ALERT: 'an alert fires',
  OUTSIDE_SCALED: 'somebody scaled the workload',
  OUTSIDE_TEMPLATE: 'somebody changed the pod template',
  OUTSIDE_FIELDS: 'somebody changed the workload',
  OUTSIDE_SHARE: 'pods changed without Rollcall',
  OUTSIDE_AHEAD: 'the workload is ahead of the store',
  ADOPTED: 'the store had lost it',
  TEMPLATE_CHANGED: 'the template changed before the start',
  REPLICAS_CHANGED: 'the replicas changed before the start',
  IMAGE_MOVED: 'the version stands for another image',
  POLICY_CHANGED: 'the policy changed before the start',
  APPROVALS_VOIDED: 'approvals became void',
  REQUEST_VOID: 'the configuration changed what was asked for',
  SERVICE_REMOVED: 'the service is no longer in the configuration',
  PAUSED_IN_CLUSTER: 'paused in the cluster',
  TURNED_BACK_IN_CLUSTER: 'rolled back in the cluster',
  RESTORED_IN_CLUSTER: 'put back with `rollcall restore`',
  STOP_UNKNOWN: 'a stop was not understood',
  WINDOW_CLOSED: 'no window is open',
  FROZEN: 'an administrator froze it',
  CHANNEL_ARCHIVED: 'its channel was archived',
  CHANNEL_LEFT: 'Rollcall is not in its channel any more',
  CHANNEL_SHARED: 'its channel is shared with another workspace',
  REVIEW_OVERDUE: 'break-glass was not signed off in time',
  ROLLBACK_STUCK: 'the rollback made no progress',
  ROLLBACK_FAILED: 'the rollback did not come to its end',
  TARGET_GONE: 'the workload is gone',
  HELD_TOO_LONG: 'nobody decided in time',
  BLOCKED: 'the checks found what stands in the way',
}

export function cause(name: string): string {
  return own(causes, name) ?? (own(gateWords, name) ? 'a gate failed' : name)
}

/** `the yes of @bob (no longer in a role that approves)` */
function voided(detail: Detail): Markup {
  const approvers = Object.entries(detail).flatMap(([account, code]) =>
    /^[UW][A-Z0-9]+$/.test(account)
      ? [mrkdwn`the yes of ${user(account)} (${own(voidReasons, String(code)) ?? code})`]
      : [],
  )
  return listed(approvers, 'and')
}

const voidReasons: Record<string, string> = {
  ROLE_LOST: 'no longer in a role that approves',
  OWN_REQUEST: 'the same person as the requester',
  SAME_PERSON: 'the same person as another approver',
  BOT: 'a bot',
  GUEST: 'a guest now',
  DEACTIVATED: 'deactivated',
  STRANGER: 'no longer in this workspace',
}

/** What of the policy or the request changed, as people call it. */
function parts(changed: Detail[string] | undefined): string {
  return text(changed)
    .split(', ')
    .map((part) => own(partNames, part) ?? part)
    .join(', ')
}

const partNames: Record<string, string> = {
  promotion: 'it has not succeeded in time where it has to come from',
  separateRequester: 'whose approval counts',
  onFailure: 'what follows on a failure',
  onAlert: 'what follows on an alert',
  gitops: 'what to do about GitOps',
  image: 'the image repository',
  imagePolicy: 'what is asked of images',
  overrides: 'what a requester may set',
  breakGlass: 'break-glass is not allowed any more',
  dependsOn: 'what it depends on',
}

function short(digest: Detail[string] | undefined): Markup {
  return code(shortVersion(`@${digest}`))
}

function pod({ pod: name }: Detail): Markup {
  return name === undefined ? mrkdwn`A pod` : mrkdwn`Pod ${name}`
}

/** The API server knows who it was; Rollcall knows only what they wrote beside it. */
function whom({ by }: Detail): string {
  return by ? String(by) : 'Somebody'
}

function braked(what: Markup, { reason, carriedOutAt }: Detail): Markup {
  const why = reason === undefined ? nothing : mrkdwn`: ${quoted(String(reason))}`
  const alone =
    carriedOutAt === undefined
      ? nothing
      : mrkdwn`Rollcall did not answer, so it was done without it · ${time(String(carriedOutAt))}.`
  return sentences(mrkdwn`${what}${why}.`, alone)
}

/** By the field manager's name, where the cluster knows it. */
function somebody({ by }: Detail): Markup {
  return by === undefined ? mrkdwn`Somebody` : mrkdwn`Somebody (${by})`
}

function about(id: string | number | undefined): Markup {
  return id === undefined ? nothing : mrkdwn` (${channel(String(id))})`
}

/** To an admin: the channel itself reaches nobody, or strangers. */
export function channelLost(id: string, trouble: ChannelTrouble, upgrades: readonly string[]): Markup {
  const held = upgrades.length > 0 ? mrkdwn` Under way there, and held: ${upgrades.join(', ')}.` : nothing
  return mrkdwn`${channel(id)}: ${remedies[trouble]}${held}`
}

/** To an admin: whose upgrade it was, nobody can say any more. */
export function orphaned(id: string, { cluster, namespace, name }: TargetRef, hasRecord: boolean): Markup {
  const what = mrkdwn`${id} holds Deployment ${namespace}/${name} on ${cluster}, and Rollcall knows nothing else of it: Redis has lost it, and`
  const rest = mrkdwn`Nothing moves there until somebody puts it back`
  return hasRecord
    ? mrkdwn`${what} the record beside the workload does not say what was asked for. ${rest}: ${code(`rollcall restore deployment/${name} --namespace ${namespace}`)}`
    : mrkdwn`${what} the ConfigMap with its original settings is gone. ${rest}, from its manifest: ${code(`kubectl replace --namespace ${namespace} --filename <manifest of ${name}>`)}`
}

const remedies: Record<ChannelTrouble, string> = {
  CHANNEL_ARCHIVED:
    'this channel was archived, and upgrades are shown there. Unarchive it, or name another one in rollcall.yaml.',
  CHANNEL_LEFT: 'Rollcall is not in this channel any more, and upgrades are shown there. Invite it again.',
  CHANNEL_SHARED:
    'this channel is shared with another workspace now, and upgrades are shown there. End the sharing, or let an operator resume.',
}

/** Interpolated text is trimmed, so the blank before it belongs here. */
function because(reason: string | number | undefined): Markup {
  return reason === undefined ? nothing : mrkdwn` (${cause(String(reason))})`
}
