import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { type ApiClient, type KubernetesObject, succeeded } from '../control-plane/api-client.ts'
import { namespace } from '../shop.ts'

const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`

/** A Deployment as its owner knows it: what the cluster itself changes is left out. */
export type Lasting = { labels: unknown; annotations: unknown; spec: Record<string, unknown> }

export async function createDeployment(client: ApiClient, body: unknown): Promise<void> {
  succeeded(await client.post(deployments, body), 'a Deployment')
}

/** Waits until all of a Deployment is available, and tells what it is like. */
export async function available(client: ApiClient, name: string): Promise<Lasting> {
  for (;;) {
    const { body } = await client.get(`${deployments}/${name}`)
    if (body.status?.availableReplicas === body.spec?.replicas) return lasting(body)
    await delay(100)
  }
}

/**
 * Waits until a Deployment is what it was, on that image, and nothing of Rollcall is left anywhere.
 *
 * @returns what is still wrong when the time is up; empty when all is well
 */
export async function restored(
  client: ApiClient,
  name: string,
  { before, image, withinMs }: { before: Lasting; image: string; withinMs: number },
): Promise<string[]> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const wrong = await wrongWith(client, name, before, image).catch((error: unknown) => [String(error)])
    if (wrong.length === 0 || Date.now() > deadline) return wrong
    await delay(250)
  }
}

async function wrongWith(client: ApiClient, name: string, before: Lasting, image: string): Promise<string[]> {
  const [live, sets, record] = await Promise.all([
    client.get(`${deployments}/${name}`),
    client.get(`/apis/apps/v1/namespaces/${namespace}/replicasets?labelSelector=app%3D${name}`),
    client.get(`/api/v1/namespaces/${namespace}/configmaps/rollcall-${name}`),
  ])
  const deployment = succeeded(live, name)
  const wrong: string[] = []
  const now = lasting(deployment)
  const wanted = withImage(before, image)
  if (!isDeepStrictEqual(now, wanted)) {
    wrong.push(`${name} is not what it was, on ${image}: ${JSON.stringify(now)}, not ${JSON.stringify(wanted)}`)
  }
  for (const set of succeeded(sets, 'ReplicaSets').items as KubernetesObject[]) {
    const marks = Object.keys(set.metadata.annotations ?? {}).filter((key) => key.startsWith('rollcall.dev/'))
    if (marks.length > 0) wrong.push(`ReplicaSet ${set.metadata.name} bears ${marks.join(', ')}`)
  }
  if (record.status !== 404) wrong.push(`ConfigMap rollcall-${name}: status ${record.status}`)
  const { replicas, status } = { replicas: deployment.spec?.replicas, status: deployment.status }
  if (status?.updatedReplicas !== replicas || status?.readyReplicas !== replicas || status?.replicas !== replicas) {
    wrong.push(`${name} is not complete: ${JSON.stringify(status)}`)
  }
  return wrong
}

function lasting({ metadata, spec }: KubernetesObject): Lasting {
  const {
    'deployment.kubernetes.io/revision': _,
    'kubernetes.io/change-cause': __,
    ...annotations
  } = {
    ...metadata.annotations,
  }
  return { labels: metadata.labels, annotations, spec: spec ?? {} }
}

function withImage({ spec, ...rest }: Lasting, image: string): Lasting {
  const changed = structuredClone(spec) as { template: { spec: { containers: { image: string }[] } } }
  const [container] = changed.template.spec.containers
  if (container) container.image = image
  return { ...rest, spec: changed }
}
