import type { Workload } from '../../kubernetes/workload.ts'
import type { Finding } from '../../upgrade/upgrade.ts'

type ManagedFields = {
  manager?: string
  operation?: string
  subresource?: string
  /** ISO 8601, in whole seconds; absent for the `scale` subresource. */
  time?: string
  fieldsV1?: object
}[]

/** Rollcall's own name as a field manager. */
export const ourselves = 'rollcall'

/**
 * The others who set a field of the workload, or something below it, since a moment; the newest first. Whoever changes
 * a value takes the field over.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 *
 * @param path in the notation of `fieldsV1`
 * @param since ISO 8601; an entry without a time counts
 */
export function ownersOf(
  live: Workload | undefined,
  path: string[],
  since: string,
): { manager: string; subresource?: string }[] {
  const from = Math.floor(Date.parse(since) / 1000) * 1000
  return fieldsOf(live)
    .filter(({ manager, subresource }) => manager !== ourselves && subresource !== 'status')
    .filter(({ time }) => time === undefined || Date.parse(time) >= from)
    .filter(({ fieldsV1 }) => has(fieldsV1, path))
    .sort((one, other) => (other.time ?? '').localeCompare(one.time ?? ''))
    .flatMap(({ manager, subresource }) =>
      manager === undefined ? [] : [{ manager, ...(subresource !== undefined && { subresource }) }],
    )
}

function fieldsOf(live: Workload | undefined): ManagedFields {
  return (live?.metadata as { managedFields?: ManagedFields } | undefined)?.managedFields ?? []
}

function has(fields: unknown, [key, ...rest]: string[]): boolean {
  if (key === undefined) return fields !== undefined
  return typeof fields === 'object' && fields !== null && has(Reflect.get(fields, key), rest)
}

/**
 * Who else believes that the workload is theirs. Owner references always block; the tools that would undo a change
 * block unless the policy only warns of them; those that merely need the new version too are a warning.
 */
export function managersOf(workload: Workload, gitops: 'refuse' | 'warn'): Finding[] {
  const { metadata } = workload
  const { labels = {}, annotations = {}, ownerReferences = [] } = metadata
  const fields = fieldsOf(workload)
  const managedBy = (pattern: RegExp) => fields.some(({ manager }) => manager && pattern.test(manager))
  const undoes = gitops === 'refuse' ? 'block' : 'warn'
  const findings: Finding[] = ownerReferences.map(({ kind, name }) => ({
    severity: 'block',
    code: 'OWNED_BY_CONTROLLER',
    detail: { kind, name },
  }))

  const tracked = annotations['argocd.argoproj.io/tracking-id']?.split(':')[0] ?? labels['argocd.argoproj.io/instance']
  const application = tracked ?? (managedBy(/^argocd-/) ? (labels['app.kubernetes.io/instance'] ?? '') : undefined)
  if (application !== undefined) {
    findings.push({ severity: undoes, code: 'MANAGED_BY_ARGO_CD', detail: { application } })
  }

  const kustomization = labels['kustomize.toolkit.fluxcd.io/name']
  const helmRelease = labels['helm.toolkit.fluxcd.io/name']
  if (kustomization !== undefined || managedBy(/^kustomize-controller$/)) {
    const detail = { kind: 'Kustomization', name: kustomization ?? '' }
    findings.push({ severity: undoes, code: 'MANAGED_BY_FLUX', detail })
  }
  if (helmRelease !== undefined || managedBy(/^helm-controller$/)) {
    findings.push({
      severity: undoes,
      code: 'MANAGED_BY_FLUX',
      detail: { kind: 'HelmRelease', name: helmRelease ?? '' },
    })
  }

  const keys = [...Object.keys(labels), ...Object.keys(annotations)]
  for (const [manager, mark] of rolloutControllers) {
    if (!keys.some((key) => mark.test(key)) && !managedBy(mark)) continue
    findings.push({ severity: undoes, code: 'MANAGED_BY_ROLLOUT_CONTROLLER', detail: { manager } })
  }

  const release = annotations['meta.helm.sh/release-name']
  if (release !== undefined || labels['app.kubernetes.io/managed-by'] === 'Helm') {
    const detail = { release: release ?? labels['app.kubernetes.io/instance'] ?? '' }
    findings.push({ severity: 'warn', code: 'MANAGED_BY_HELM', detail })
  }
  const applied = fields.some(({ manager, operation }) => manager === 'kubectl' && operation === 'Apply')
  if (applied || annotations['kubectl.kubernetes.io/last-applied-configuration'] !== undefined) {
    findings.push({ severity: 'warn', code: 'APPLIED_BY_KUBECTL', detail: {} })
  }
  return findings
}

/** What they leave on a workload: a label, an annotation, or their name among the field managers. */
const rolloutControllers: [manager: string, mark: RegExp][] = [
  ['Argo Rollouts', /^(rollout\.argoproj\.io\/|rollouts-controller$)/],
  ['Flagger', /^(flagger\.app\/|flagger$)/],
  ['OpenKruise', /^(rollouts\.kruise\.io\/|kruise-rollout)/],
]
