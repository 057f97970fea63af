import type { ChannelTrouble } from '../upgrade/events.ts'
import { own } from '../upgrade/own.ts'
import type { TargetRef } from '../upgrade/policy.ts'
import { restoreClient } from '../upgrade/stop.ts'
import type { Incident } from '../upgrade/upgrade.ts'
import { catalogue } from './catalogue/en.ts'
import { codesIn, type Facts } from './facts.ts'
import { gateCodes, gateWords, measured } from './gates.ts'
import { channel, code, type Markup, mrkdwn, nothing, time, user } from './markup.ts'
import { closed, frozen } from './restrictions.ts'
import type { Id, Translator } from './translator.ts'
import { shortVersion } from './version.ts'
import { bare, listed, saying, text } from './wording.ts'

/** What may go wrong or be changed by others. */
export const incidentCodes = codesIn('incident')
export const causeCodes = codesIn('cause')

type Sentence = (t: Translator, facts: Facts) => Markup

/** What went wrong or was changed by others, as a whole sentence; nothing of an unknown code. */
export function incidentWords(t: Translator, name: string, facts: Facts): Markup | undefined {
  if (!incidentCodes.has(name)) return undefined
  return own(prepared, name)?.(t, facts) ?? t.fill(`incident.${name}` as Id, facts)
}

export function incident(t: Translator, { code: name, detail }: Pick<Incident, 'code' | 'detail'>): Markup {
  const failed = gateWords(t, name, detail)
  if (failed) return t.say('incident.gateFailed', { gate: text(detail.gate), failed })
  return incidentWords(t, name, detail) ?? t.say('incident.bare', { bare: bare(t, name, detail) })
}

/** The same as a few words, for «paused because …» and records. */
export function cause(t: Translator, name: string): string {
  if (causeCodes.has(name)) return t.plain(`cause.${name}` as 'cause.FROZEN')
  return gateCodes.has(name) ? t.plain('cause.gateFailed') : name
}

const ofPod = (id: Id, why: (facts: Facts) => Facts[string] = () => undefined): Sentence => {
  return (t, d) => t.fill(id, d, { pod: text(d.pod ?? 'none'), cause: inBrackets(t, why(d)) })
}
const ofChannel = (id: Id): Sentence => {
  return (t, { channel: about }) =>
    t.fill(id, {
      channel: about === undefined ? nothing : t.say('somebody.channel', { channel: channel(String(about)) }),
    })
}
const inCluster = (id: Id): Sentence => {
  return (t, d) => {
    const done = t.fill(id, d, { by: whom(t, d), saying: saying(t, d.reason) })
    if (d.carriedOutAt === undefined) return done
    return t.sentences(done, t.say('incident.doneAlone', { at: time(String(d.carriedOutAt)) }))
  }
}
const bySomebody = (id: Id): Sentence => {
  return (t, d) => t.fill(id, d, { somebody: somebody(t, d) })
}
const ofPolicy = (id: Id): Sentence => {
  return (t, d) => t.fill(id, { parts: parts(t, d.changed) })
}

/** Those whose sentences need more than their facts as they are. */
const prepared: Readonly<Record<string, Sentence>> = {
  CRASH_LOOP: ofPod('incident.CRASH_LOOP', (d) => d.reason),
  IMAGE_PULL: ofPod('incident.IMAGE_PULL', (d) => d.reason),
  CONTAINER_CONFIG: ofPod('incident.CONTAINER_CONFIG', (d) => d.reason),
  UNSCHEDULABLE: ofPod('incident.UNSCHEDULABLE', (d) => d.message),
  PODS_REFUSED: (t, d) => t.say('incident.PODS_REFUSED', { cause: inBrackets(t, d.message) }),
  OOM_KILLED: ofPod('incident.OOM_KILLED'),
  RESTARTED: ofPod('incident.RESTARTED', (d) => d.reason || undefined),
  READINESS_LOST: ofPod('incident.READINESS_LOST'),
  GATE_INCONCLUSIVE: (t, d) =>
    t.fill(d.waivable === 'never' ? 'incident.GATE_INCONCLUSIVE.ofImage' : 'incident.GATE_INCONCLUSIVE', d, {
      measured: measured(t, { code: text(d.cause), detail: d as Incident['detail'] }),
    }),
  ON_ALERT: (t, d) => t.fill('incident.ON_ALERT', d, { severity: d.severity ?? t.plain('alert.noSeverity') }),
  OUTSIDE_SCALED: (t, d) => {
    const moved = d.rested !== undefined && d.rested !== d.updated
    return bySomebody(moved ? 'incident.OUTSIDE_SCALED.moved' : 'incident.OUTSIDE_SCALED')(t, d)
  },
  OUTSIDE_TEMPLATE: (t, d) => {
    const versions = { from: shortVersion(text(d.from)), to: shortVersion(text(d.to)) }
    return t.fill(templateId(d), versions, { somebody: somebody(t, d) })
  },
  OUTSIDE_FIELDS: bySomebody('incident.OUTSIDE_FIELDS'),
  IMAGE_MOVED: (t, d) =>
    d.to === undefined
      ? t.say('incident.IMAGE_MOVED.gone', { from: short(d.from) })
      : t.say('incident.IMAGE_MOVED', { from: short(d.from), to: short(d.to) }),
  POLICY_CHANGED: ofPolicy('incident.POLICY_CHANGED'),
  REQUEST_VOID: ofPolicy('incident.REQUEST_VOID'),
  APPROVALS_VOIDED: (t, d) => t.say('incident.APPROVALS_VOIDED', { voided: voided(t, d) }),
  PAUSED_IN_CLUSTER: inCluster('incident.PAUSED_IN_CLUSTER'),
  TURNED_BACK_IN_CLUSTER: inCluster('incident.TURNED_BACK_IN_CLUSTER'),
  RESTORED_IN_CLUSTER: (t, d) => inCluster('incident.RESTORED_IN_CLUSTER')(t, { by: d.by, reason: d.reason }),
  STOP_UNKNOWN: (t, d) => t.fill('incident.STOP_UNKNOWN', d, { by: whom(t, d) }),
  WINDOW_CLOSED: (t, d) => t.say('incident.WINDOW_CLOSED', { closed: closed(t, d) }),
  FROZEN: (t, d) => t.say('incident.FROZEN', { frozen: frozen(t, d) }),
  CHANNEL_ARCHIVED: ofChannel('incident.CHANNEL_ARCHIVED'),
  CHANNEL_LEFT: ofChannel('incident.CHANNEL_LEFT'),
  CHANNEL_SHARED: ofChannel('incident.CHANNEL_SHARED'),
  ROLLBACK_FAILED: (t, d) => t.say('incident.ROLLBACK_FAILED', { cause: onTheWayBack(t, d.cause) }),
  ROLLBACK_STUCK: (t, d) => t.say('incident.ROLLBACK_STUCK', { cause: onTheWayBack(t, d.cause) }),
  TARGET_GONE: (t, d) => t.say(d.how === 'recreated' ? 'incident.TARGET_GONE.recreated' : 'incident.TARGET_GONE'),
}

function templateId({ how, by }: Facts): Id {
  switch (how) {
    case 'undone':
      return by === restoreClient ? 'incident.OUTSIDE_TEMPLATE.restored' : 'incident.OUTSIDE_TEMPLATE.undone'
    case 'restarted':
    case 'image':
      return `incident.OUTSIDE_TEMPLATE.${how}`
    default:
      return 'incident.OUTSIDE_TEMPLATE'
  }
}

/** `the yes of @bob (no longer in a role that approves)` */
function voided(t: Translator, facts: Facts): Markup {
  const approvers = Object.entries(facts).flatMap(([account, why]) =>
    /^[UW][A-Z0-9]+$/.test(account)
      ? [t.say('voided.approval', { user: user(account), why: known(t, `voided.${why}`, String(why)) })]
      : [],
  )
  return listed(t, approvers, 'and')
}

/** What of the policy or the request changed, as people call it. */
function parts(t: Translator, changed: Facts[string]): Markup {
  return t.list(
    text(changed)
      .split(', ')
      .map((part) => mrkdwn`${known(t, `policy.${part}`, part)}`),
  )
}

/** In words where there are any, else by its name. */
function known(t: Translator, id: string, name: string): string {
  return id in catalogue ? t.plain(id as 'policy.image') : name
}

function short(digest: Facts[string]): Markup {
  return code(shortVersion(`@${digest}`))
}

/** The API server knows who it was; Rollcall knows only what they wrote beside it. */
function whom(t: Translator, { by }: Facts): string {
  return by ? String(by) : t.plain('somebody.unnamed')
}

/** By the field manager's name, where the cluster knows it. */
function somebody(t: Translator, { by }: Facts): Markup {
  return by === undefined ? t.say('somebody.unnamed') : t.say('somebody.named', { by })
}

function inBrackets(t: Translator, reason: Facts[string]): Markup {
  return reason === undefined ? nothing : t.say('cause.inBrackets', { cause: cause(t, String(reason)) })
}

/** The pods that are new there are those of the old version. */
function onTheWayBack(t: Translator, reason: Facts[string]): Markup {
  if (reason !== 'NOT_READY') return inBrackets(t, reason)
  return t.say('cause.inBrackets', { cause: t.plain('cause.NOT_READY.onTheWayBack') })
}

/** To an admin: the channel itself reaches nobody, or strangers. */
export function channelLost(t: Translator, id: string, trouble: ChannelTrouble, upgrades: readonly string[]): Markup {
  const held = t.list(upgrades.map((one) => mrkdwn`${one}`))
  return t.sentences(
    t.say(`admin.${trouble}`, { channel: channel(id) }),
    upgrades.length > 0 ? t.say('admin.held', { upgrades: held }) : nothing,
  )
}

/** To an admin: whose upgrade it was, nobody can say any more. */
export function orphaned(t: Translator, id: string, ref: TargetRef, hasRecord: boolean): Markup {
  const { cluster, namespace, name } = ref
  return t.say(hasRecord ? 'admin.orphaned' : 'admin.orphaned.noRecord', {
    ...{ id, cluster, namespace, name },
    workload: `${namespace}/${name}`,
  })
}
