import { own } from '../../upgrade/own.ts'
import type { Finding } from '../../upgrade/upgrade.ts'
import { code, type Markup, mrkdwn, nothing, sentences, time } from '../markup.ts'
import { unmetWords } from './dependencies.ts'
import { measured } from './gates.ts'
import { requestAgain } from './refusals.ts'
import { closed, frozen } from './restrictions.ts'
import { attempt, bare, duration, pods, text } from './wording.ts'

type Detail = Finding['detail']

/** What the pre-flight found: what it is, and where it blocks, the way on. By the codes of the target and the image. */
export const findings: Record<string, (detail: Detail) => Markup> = {
  // block
  WINDOW_CLOSED: (d) => sentences(mrkdwn`${closed(d)}.`, startThen(d)),
  FROZEN: (d) => sentences(mrkdwn`${frozen(d)}.`, startThen(d)),
  DEPENDENCY_UNDER_WAY: (d) =>
    sentences(
      mrkdwn`${unmetWords.DEPENDENCY_UNDER_WAY(d)}. Ask again when that has ended.`,
      attempt(`/upgrade status ${text(d.upgrade)}`, 'See'),
    ),
  DEPENDENCY_FAILED: (d) =>
    mrkdwn`${unmetWords.DEPENDENCY_FAILED(d)}. Upgrade ${text(d.service)} there to what it should run; then ask again.`,
  DEPENDENCY_OTHER_IMAGE: (d) =>
    mrkdwn`${unmetWords.DEPENDENCY_OTHER_IMAGE(d)}. Upgrade ${text(d.service)} there to what it should run; then ask again.`,
  DEPENDENCY_NOT_READY: (d) => mrkdwn`${unmetWords.DEPENDENCY_NOT_READY(d)}. Ask again when all are.`,
  DEPENDENCY_UNKNOWN: (d) => mrkdwn`${unmetWords.DEPENDENCY_UNKNOWN(d)}. When that is put right, ask again.`,
  CONTAINER_NOT_FOUND: (d) =>
    mrkdwn`The pod template has no container ${text(d.container)}; it has ${text(d.containers)}. Name one of them in the configuration.`,
  ALREADY_ON_IMAGE: (d) => mrkdwn`It runs ${text(d.image)} already, so there is nothing to upgrade.`,
  TARGET_PAUSED: () =>
    mrkdwn`Somebody paused the Deployment. When that is over (${code('kubectl rollout resume')}), ask again.`,
  LEFTOVERS: (d) =>
    mrkdwn`The hold of ${text(d.upgrade)} is still on it. ${code(`rollcall restore deployment/${text(d.name)} --namespace ${text(d.namespace)}`)} takes it off; then ask again.`,
  ROLLOUT_IN_PROGRESS: (d) =>
    mrkdwn`A rollout is under way: ${text(d.updated)} of ${text(d.total)} pods are updated. Ask again when it is done.`,
  OWNED_BY_CONTROLLER: (d) =>
    mrkdwn`${text(d.kind)} ${text(d.name)} owns the Deployment and would undo the change. Upgrade it there.`,
  RECREATE_NO_BATCHES: () =>
    mrkdwn`The Deployment is of type Recreate, and its pods cannot be held in batches. Use ${code('--strategy recreate')} where the configuration allows it, or make it a RollingUpdate.`,
  SURGE_IMPOSSIBLE: (d) =>
    mrkdwn`No extra pod can ever start, because the pods share ${shared(d)}. Set ${code('maxSurge: 0')} in the configuration, which drains first.`,
  QUOTA_TOO_SMALL: (d) =>
    mrkdwn`Quota ${text(d.quota)} leaves ${text(d.free)} of ${text(d.resource)}, and the extra pods need ${text(d.needed)}. Raise it, or set ${code('maxSurge: 0')}.`,
  RESOURCES_NOT_STATED: (d) =>
    mrkdwn`Quota ${text(d.quota)} refuses new pods: container ${text(d.container)} does not state its ${text(d.resource)}. State it, or give the namespace a default by a LimitRange.`,
  LIMIT_RANGE_REFUSES: (d) =>
    mrkdwn`LimitRange ${text(d.range)} refuses new pods: ${bounds(d)}. Change one or the other.`,
  REFERENCE_MISSING: (d) => mrkdwn`There is no ${named(d)}, and new pods cannot start without it. Create it first.`,
  MIN_READY_SECONDS_TOO_HIGH: (d) =>
    mrkdwn`A new pod would count only after ${text(d.seconds)} s, but the batch fails after ${text(d.readyTimeoutSeconds)} s. Raise ${code('readyTimeout')} in the configuration.`,
  MAY_SCALE_TO_ZERO: (d) =>
    mrkdwn`${text(d.autoscaler)} may take it to zero and back, which would make all pods new at once. Give it a minimum of 1, or none for the time of the upgrade.`,
  RBAC_FORBIDDEN: (d) =>
    mrkdwn`Rollcall may not ${text(d.verb)} ${text(d.resource)} in ${text(d.namespace)}. Grant it to Rollcall's ServiceAccount.`,
  CRON_JOB_MISSING: (d) =>
    mrkdwn`There is no CronJob ${text(d.cronJob)} in ${text(d.namespace)}, which gate ${text(d.gate)} makes its Job from. Create it (suspended, if it is to run for upgrades only); then ask again.`,
  ADMISSION_REFUSED: (d) =>
    mrkdwn`The API server refuses ${own(patches, text(d.patch)) ?? text(d.patch)}: «${text(d.message)}»`,
  MANAGED_BY_ARGO_CD: (d) =>
    mrkdwn`Argo CD application ${text(d.application)} syncs it and would undo the change. Change the version in Git, or suspend the sync.`,
  MANAGED_BY_FLUX: (d) =>
    mrkdwn`Flux ${text(d.kind)} ${text(d.name)} applies it and would undo the change. Change the version in Git, or suspend it.`,
  MANAGED_BY_ROLLOUT_CONTROLLER: (d) =>
    mrkdwn`${text(d.manager)} rolls this workload out, and two controllers would fight. Upgrade it there.`,
  NOT_PROMOTED: (d) =>
    mrkdwn`${code(text(d.image))} has not succeeded in ${text(d.environment)}, where it has to come from. Upgrade it there first; then ask again.`,
  PROMOTED_TOO_LONG_AGO: (d) =>
    mrkdwn`It succeeded in ${text(d.environment)} with ${text(d.upgrade)}, but that was ${time(text(d.at))}, and may not be longer ago than ${duration(Number(d.withinMs))}. Upgrade it there once more; then ask again.`,
  PROMOTION_UNKNOWN: (d) =>
    mrkdwn`Whether it succeeded in ${text(d.environment)}, where it has to come from, is looked up when it is asked for in Slack.`,
  PROMOTED: (d) => mrkdwn`It succeeded in ${text(d.environment)} with ${text(d.upgrade)} · ${time(text(d.at))}.`,
  IMAGE_NOT_FOUND: (d) =>
    d.nearest === undefined
      ? mrkdwn`The registry has no ${code(text(d.image))}. Look at the version, or wait until it is pushed; then ask again.`
      : mrkdwn`The registry has no ${code(text(d.image))}. The nearest that it has is ${code(text(d.nearest))}: ask for that, or wait until this one is pushed.`,
  IMAGE_UNRESOLVED: (d) =>
    mrkdwn`What ${code(text(d.image))} stands for is not known (${text(d.code)}): «${text(d.message)}»`,
  IMAGE_PLATFORM: (d) =>
    mrkdwn`The image is built for ${text(d.platforms)}, and the nodes are ${text(d.nodes)}. Build it for those, or choose nodes with ${code('nodeSelector')}.`,
  TAG_FORBIDDEN: (d) => mrkdwn`${code(text(d.tag))} is no version here. Ask for one that always means the same.`,
  NOT_SEMVER: (d) => mrkdwn`${code(text(d.version))} is no SemVer such as 1.5.0, and the configuration wants one.`,
  DOWNGRADE: (d) =>
    mrkdwn`${text(d.to)} is older than ${text(d.from)}, which runs. Where that is meant, it is asked for with ${code('--downgrade')}.`,
  MAJOR_JUMP: (d) =>
    mrkdwn`From ${text(d.from)} to ${text(d.to)} the major number changes. Where that is meant, it is asked for with ${code('--major')}.`,
  IMAGE_TOO_OLD: (d) =>
    mrkdwn`The image was built ${duration(Number(d.ageMs))} ago (${time(text(d.created))}), and ${duration(Number(d.maxAgeMs))} are allowed. Build it anew.`,
  IMAGE_AGE_UNKNOWN: () =>
    mrkdwn`The image does not say when it was built, and the configuration limits its age. Label it with ${code('org.opencontainers.image.created')}.`,
  REGISTRY_NOT_ALLOWED: (d) =>
    mrkdwn`${code(text(d.image))} is of no registry that is allowed here (${text(d.allowed)}). Take it from one of those.`,
  IMAGE_GATE_FAILED: (d) => mrkdwn`Gate ${text(d.gate)} fails: ${ofImage(d)}.`,
  // warn
  IMAGE_GATE_INCONCLUSIVE: (d) =>
    mrkdwn`Gate ${text(d.gate)} cannot tell yet: ${ofImage(d)}. It has to, before anything is changed.`,
  MANAGED_BY_HELM: (d) =>
    mrkdwn`Helm release ${text(d.release)} manages it: the next ${code('helm upgrade')} must bring the new version too.`,
  APPLIED_BY_KUBECTL: () =>
    mrkdwn`It was applied with kubectl: the next ${code('kubectl apply')} must bring the new version too.`,
  TARGET_UNHEALTHY: (d) => mrkdwn`Only ${text(d.ready)} of ${text(d.total)} pods are Ready before the start.`,
  SINGLE_REPLICA: () => mrkdwn`There is one replica, so the first batch is all of it.`,
  NO_READINESS_PROBE: (d) =>
    mrkdwn`Container ${text(d.container)} has no readiness probe: a pod counts as Ready as soon as it runs.`,
  DRAINS_FIRST: (d) =>
    mrkdwn`There is no spare capacity: up to ${pods(Number(d.unavailable))} will be missing while replacements start.`,
  DOWNTIME: () => mrkdwn`All old pods go before the first new one is Ready: the service will be down.`,
  REFERENCE_ABSENT: (d) => mrkdwn`There is no ${named(d)}. New pods may start without it.`,
  NO_ROOM_ON_NODES: (d) =>
    d.open === 0
      ? mrkdwn`No node takes one more pod: all are cordoned, tainted, not Ready or of other labels than the pods want. The batch fails unless one is added.`
      : mrkdwn`No single node has room for one more pod${ofRequest(d)}: the batch waits for one, and fails if none is added. ${code('maxSurge: 0')} in the configuration drains first.`,
  SURGE_DOUBTFUL: (d) => mrkdwn`An extra pod may find no place, because the pods share ${shared(d)}.`,
  // note
  IMAGE_GATE_PASSED: (d) => mrkdwn`Gate ${text(d.gate)}: ${ofImage(d)}.`,
  NODES_UNKNOWN: (d) =>
    mrkdwn`Whether its platform (${text(d.platforms)}) fits the nodes is not known: Rollcall may not list them.`,
  ZERO_REPLICAS: () => mrkdwn`It is scaled to zero: only the template changes.`,
  DISRUPTION_BUDGET: (d) => mrkdwn`PodDisruptionBudget ${text(d.budget)} allows ${text(d.allowed)} disruptions now.`,
  ROOM_ON_NODES: (d) =>
    d.pods === d.needed
      ? mrkdwn`Nodes have room for ${extraPods(d)}${ofRequest(d)}. Rules between pods are not considered.`
      : mrkdwn`Nodes have room for ${text(d.pods)} of ${extraPods(d)}${ofRequest(d)}, so batches take longer. Rules between pods are not considered.`,
  NOT_CHECKED: (d) => mrkdwn`Not checked, because Rollcall may not look: ${unchecked(d)}.`,
  AUTOSCALED: (d) =>
    mrkdwn`Autoscaler ${text(d.autoscaler)} keeps ${text(d.min)} to ${text(d.max)} pods. When it changes the number, the batches follow.`,
}

export function finding({ code: name, detail }: Finding): Markup {
  return own(findings, name)?.(detail) ?? bare(name, detail)
}

export const severities: Record<Finding['severity'], string> = {
  block: 'Blocks',
  warn: 'Warning',
  note: 'Note',
}

const patches: Record<string, string> = {
  start: 'the first patch',
  finish: 'the patch at the end',
  back: 'the patch of a rollback',
}

/** The request that nothing known would stand in the way of. */
function startThen({ start, service, version, environment }: Detail): Markup {
  if (start === undefined) return nothing
  const request = { service: text(service), version: text(version), environment: text(environment) }
  return attempt(`${requestAgain({ request })} --at ${start}`, 'To have it start then:')
}

function ofImage(detail: Detail): Markup {
  return measured({ code: text(detail.said), detail })
}

function shared(detail: Detail): Markup {
  return detail.why === 'hostPort' ? mrkdwn`host port ${text(detail.name)}` : mrkdwn`volume ${text(detail.name)}`
}

/** `key LOG_LEVEL in ConfigMap web` */
function named({ kind, name, key }: Detail): Markup {
  return key === '' ? mrkdwn`${text(kind)} ${text(name)}` : mrkdwn`key ${text(key)} in ${text(kind)} ${text(name)}`
}

function bounds({ container, why, resource, bound }: Detail): Markup {
  const whose = container === '' ? mrkdwn`a whole pod` : mrkdwn`container ${text(container)}`
  switch (why) {
    case 'min':
      return mrkdwn`${whose} asks for less ${text(resource)} than ${text(bound)}, or does not say`
    case 'max':
      return mrkdwn`${whose} may use more ${text(resource)} than ${text(bound)}, or does not say`
    default:
      return mrkdwn`${whose} may use more than ${text(bound)} times the ${text(resource)} that it asks for`
  }
}

/** ` of 500m/1Gi`: CPU and memory, as a pod asks for them. */
function ofRequest({ request }: Detail): Markup {
  return request === '' ? nothing : mrkdwn` of ${text(request)}`
}

function extraPods({ needed }: Detail): string {
  return `${needed} extra ${needed === 1 ? 'pod' : 'pods'}`
}

function unchecked({ what, names }: Detail): Markup {
  const said = own(subjects, text(what)) ?? text(what)
  return names === '' ? mrkdwn`${said}` : mrkdwn`${said} (${text(names)})`
}

const subjects: Record<string, string> = {
  ConfigMap: 'whether ConfigMaps are there',
  Secret: 'whether Secrets are there',
  PersistentVolumeClaim: 'whether volume claims are there',
  LimitRange: 'limits of the namespace',
  PodDisruptionBudget: 'disruption budgets',
  Node: 'whether nodes have room for extra pods',
}
