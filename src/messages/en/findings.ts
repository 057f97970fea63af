import { own } from '../../upgrade/own.ts'
import type { Finding } from '../../upgrade/upgrade.ts'
import { code, type Markup, mrkdwn } from '../markup.ts'
import { bare, pods } from './wording.ts'

type Detail = Finding['detail']

/** What the pre-flight found: what it is, and where it blocks, the way on. By the codes of the target. */
export const findings: Record<string, (detail: Detail) => Markup> = {
  // block
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
  MIN_READY_SECONDS_TOO_HIGH: (d) =>
    mrkdwn`A new pod would count only after ${text(d.seconds)} s, but the batch fails after ${text(d.readyTimeoutSeconds)} s. Raise ${code('readyTimeout')} in the configuration.`,
  MAY_SCALE_TO_ZERO: (d) =>
    mrkdwn`Autoscaler ${text(d.autoscaler)} may take it to zero and back, which would make all pods new at once. Give it a minimum of 1.`,
  RBAC_FORBIDDEN: (d) =>
    mrkdwn`Rollcall may not ${text(d.verb)} ${text(d.resource)} in ${text(d.namespace)}. Grant it to Rollcall's ServiceAccount.`,
  ADMISSION_REFUSED: (d) =>
    mrkdwn`The API server refuses ${own(patches, text(d.patch)) ?? text(d.patch)}: «${text(d.message)}»`,
  MANAGED_BY_ARGO_CD: (d) =>
    mrkdwn`Argo CD application ${text(d.application)} syncs it and would undo the change. Change the version in Git, or suspend the sync.`,
  MANAGED_BY_FLUX: (d) =>
    mrkdwn`Flux ${text(d.kind)} ${text(d.name)} applies it and would undo the change. Change the version in Git, or suspend it.`,
  MANAGED_BY_ROLLOUT_CONTROLLER: (d) =>
    mrkdwn`${text(d.manager)} rolls this workload out, and two controllers would fight. Upgrade it there.`,
  // warn
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
  SURGE_DOUBTFUL: (d) => mrkdwn`An extra pod may find no place, because the pods share ${shared(d)}.`,
  // note
  ZERO_REPLICAS: () => mrkdwn`It is scaled to zero: only the template changes.`,
  DISRUPTION_BUDGET: (d) => mrkdwn`PodDisruptionBudget ${text(d.budget)} allows ${text(d.allowed)} disruptions now.`,
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

function shared(detail: Detail): Markup {
  return detail.why === 'hostPort' ? mrkdwn`host port ${text(detail.name)}` : mrkdwn`volume ${text(detail.name)}`
}

function text(value: string | number | undefined): string {
  return String(value ?? '?')
}
