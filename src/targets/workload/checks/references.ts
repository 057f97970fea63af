import type { Api } from '../../../kubernetes/api.ts'
import type { Container, PodSpec, Volume } from '../../../kubernetes/pod-template.ts'
import type { Finding } from '../../../upgrade/upgrade.ts'
import { type Answer, answerOf, finding, notChecked } from './found.ts'

/** What a pod template names in its own namespace. Without what is not `optional` no pod of it starts. */
export type Reference = {
  kind: 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim'
  name: string
  key?: string
  optional: boolean
}

/** Everything that a pod needs to be there before it can start, in the order of the template. */
export function referencesOf({ volumes = [], containers, initContainers = [], imagePullSecrets = [] }: PodSpec) {
  const references = [
    ...volumes.flatMap(ofVolume),
    ...[...initContainers, ...containers].flatMap(ofContainer),
    // A pod starts without them wherever the image is there already, or needs no password.
    ...imagePullSecrets.flatMap(({ name }) => reference('Secret', name, undefined, true)),
  ]
  return [...new Map(references.map((one) => [JSON.stringify(one), one])).values()]
}

function ofVolume({ configMap, secret, projected, persistentVolumeClaim, csi }: Volume): Reference[] {
  const sources = projected?.sources ?? []
  return [
    ...(configMap ? ofItems('ConfigMap', configMap) : []),
    ...(secret ? ofItems('Secret', { ...secret, name: secret.secretName }) : []),
    ...sources.flatMap((source) => [
      ...(source.configMap ? ofItems('ConfigMap', source.configMap) : []),
      ...(source.secret ? ofItems('Secret', source.secret) : []),
    ]),
    ...(csi?.nodePublishSecretRef ? reference('Secret', csi.nodePublishSecretRef.name) : []),
    ...(persistentVolumeClaim ? reference('PersistentVolumeClaim', persistentVolumeClaim.claimName) : []),
  ]
}

type Source = { name?: string | undefined; optional?: boolean; items?: { key: string }[] }

function ofItems(kind: 'ConfigMap' | 'Secret', { name, optional, items = [] }: Source): Reference[] {
  const whole = reference(kind, name, undefined, optional)
  return [...whole, ...items.flatMap(({ key }) => reference(kind, name, key, optional))]
}

function ofContainer({ env = [], envFrom = [] }: Container): Reference[] {
  return [
    ...envFrom.flatMap(({ configMapRef, secretRef }) => [
      ...(configMapRef ? reference('ConfigMap', configMapRef.name, undefined, configMapRef.optional) : []),
      ...(secretRef ? reference('Secret', secretRef.name, undefined, secretRef.optional) : []),
    ]),
    ...env.flatMap(({ valueFrom: { configMapKeyRef, secretKeyRef } = {} }) => [
      ...(configMapKeyRef
        ? reference('ConfigMap', configMapKeyRef.name, configMapKeyRef.key, configMapKeyRef.optional)
        : []),
      ...(secretKeyRef ? reference('Secret', secretKeyRef.name, secretKeyRef.key, secretKeyRef.optional) : []),
    ]),
  ]
}

function reference(kind: Reference['kind'], name: string | undefined, key?: string, optional = false): Reference[] {
  return name ? [{ kind, name, ...(key !== undefined && { key }), optional }] : []
}

const plurals = { ConfigMap: 'configmaps', Secret: 'secrets', PersistentVolumeClaim: 'persistentvolumeclaims' } as const

export type Claim = { spec: { accessModes?: string[] } }

/** The claims that the pods share, by name. */
export async function claimsOf(api: Api, namespace: string, spec: PodSpec): Promise<Map<string, Answer<Claim>>> {
  const names = referencesOf(spec).flatMap(({ kind, name }) => (kind === 'PersistentVolumeClaim' ? [name] : []))
  const found = names.map(
    async (name) => [name, await answerOf(api.get<Claim>(pathOf(namespace, 'PersistentVolumeClaim', name)))] as const,
  )
  return new Map(await Promise.all(found))
}

/**
 * Whether everything is there that the pods need. Of a Secret only its metadata is asked for, so its keys are not
 * checked; which keys a ConfigMap has is.
 */
export async function missingReferences(
  api: Api,
  namespace: string,
  spec: PodSpec,
  claims: ReadonlyMap<string, Answer<Claim>>,
): Promise<Finding[]> {
  const named = Map.groupBy(referencesOf(spec), ({ kind, name }) => `${kind}/${name}`)
  const looked = await Promise.all(
    [...named.values()].map(async (references) => {
      const [first] = references
      if (!first) return { findings: [] }
      const { kind, name } = first
      const answer = kind === 'PersistentVolumeClaim' ? claims.get(name) : await existence(api, namespace, references)
      return { findings: judged(references, answer), ...(answer?.state === 'forbidden' && { forbidden: first }) }
    }),
  )
  const forbidden = looked.flatMap((one) => one.forbidden ?? [])
  const unchecked = Map.groupBy(forbidden, ({ kind }) => kind)
  return [
    ...looked.flatMap(({ findings }) => findings),
    ...[...unchecked].map(([kind, those]) =>
      notChecked(
        kind,
        those.map(({ name }) => name),
      ),
    ),
  ]
}

type ConfigMap = { data?: Record<string, string>; binaryData?: Record<string, string> }

/** The keys of the object, where they matter and may be seen. */
async function existence(api: Api, namespace: string, references: Reference[]): Promise<Answer<{ keys?: string[] }>> {
  const [{ kind, name } = { kind: 'ConfigMap' as const, name: '' }] = references
  const path = pathOf(namespace, kind, name)
  if (kind === 'Secret' || !references.some(({ key }) => key !== undefined)) {
    return answerOf(api.metadata(path).then(() => ({})))
  }
  return answerOf(
    api
      .get<ConfigMap>(path)
      .then(({ data = {}, binaryData = {} }) => ({ keys: [...Object.keys(data), ...Object.keys(binaryData)] })),
  )
}

function judged(references: Reference[], answer: Answer<{ keys?: string[] } | Claim> | undefined): Finding[] {
  if (!answer || answer.state === 'forbidden') return []
  const [{ kind, name } = { kind: '', name: '' }] = references
  const required = references.filter(({ optional }) => !optional)
  if (answer.state === 'missing') {
    return [finding(required.length > 0 ? 'REFERENCE_MISSING' : 'REFERENCE_ABSENT', { kind, name, key: '' })]
  }
  const keys = 'keys' in answer.object ? answer.object.keys : undefined
  const wanted = new Set(references.flatMap(({ key }) => key ?? []))
  return [...wanted]
    .filter((key) => keys && !keys.includes(key))
    .map((key) => {
      const needed = required.some((one) => one.key === key)
      return finding(needed ? 'REFERENCE_MISSING' : 'REFERENCE_ABSENT', { kind, name, key })
    })
}

function pathOf(namespace: string, kind: Reference['kind'], name: string): string {
  return `/api/v1/namespaces/${namespace}/${plurals[kind]}/${encodeURIComponent(name)}`
}
