import {
  AppsV1Api,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type V1Deployment,
  type V1ReplicaSet,
} from '@kubernetes/client-node'
import type { World } from '../world.ts'
import type { ActResult, Trouble, Workload } from './protocol.ts'

const asMergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
const asJsonPatch = setHeaderOptions('Content-Type', PatchStrategy.JsonPatch)
const revision = 'deployment.kubernetes.io/revision'

const alertName = 'HighErrorRate'

/** Lets things happen to the cluster, to Rollcall and to what it stands on; answers as kubectl would. */
export function createTroubleMaker(world: World) {
  const config = new KubeConfig()
  config.loadFromFile(world.kubeconfig)
  const apps = config.makeApiClient(AppsV1Api)
  let connected = true
  /** Since when an alert fires, by workload. */
  const firing = new Map<string, string>()

  async function cause(trouble: Trouble): Promise<ActResult> {
    switch (trouble.what) {
      case 'crashPod':
        return crash(trouble)
      case 'scale':
        await patch(trouble, { spec: { replicas: trouble.replicas } }, 'kubectl')
        return { done: `deployment.apps/${trouble.name} scaled` }
      case 'setImage':
        return setImage(trouble)
      case 'undo':
        return undo(trouble)
      case 'fireAlert':
        return fire(trouble)
      case 'resolveAlert':
        return resolve(trouble)
      case 'killWorker':
        await world.killRollcall()
        return { done: 'Rollcall was killed (kill -9). Nothing is lost: what was decided is in Redis.' }
      case 'startWorker':
        await world.restartRollcall()
        return { done: 'Rollcall is back and picks up where it was.' }
      case 'disconnectSlack':
        connected = false
        world.disconnectSlack()
        return { done: 'Slack and Rollcall no longer reach each other.' }
      case 'connectSlack':
        connected = true
        world.connectSlack()
        return { done: 'Slack and Rollcall reach each other again.' }
      case 'stopRedis':
        await world.stopRedis()
        return { done: 'Redis is away. Nothing is decided until it is back.' }
      case 'startRedis':
        await world.startRedis()
        return { done: 'Redis is back.' }
    }
  }

  /** A pod of the newest revision, where none is named. */
  async function crash({ namespace, name, pod }: Workload & { pod?: string | undefined }): Promise<ActResult> {
    const [newest] = await replicaSetsOf({ namespace, name })
    const hash = newest?.metadata?.labels?.['pod-template-hash']
    const victim =
      pod ??
      world.cluster.store
        .list('pods', namespace)
        .find(({ metadata }) => metadata.labels?.['pod-template-hash'] === hash && !metadata.deletionTimestamp)
        ?.metadata.name
    if (!victim) return { problem: `${name} has no pod to crash.` }
    world.cluster.crashPod(namespace, victim)
    return { done: `The container of ${victim} exited with code 1.` }
  }

  async function setImage({ namespace, name, image }: Workload & { image: string }): Promise<ActResult> {
    const body = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }]
    await apps.patchNamespacedDeployment({ namespace, name, body, fieldManager: 'kubectl-set' }, asJsonPatch)
    return { done: `deployment.apps/${name} image updated` }
  }

  /** As `kubectl rollout undo` does it: the template of the revision before, unless the Deployment is paused. */
  async function undo({ namespace, name }: Workload): Promise<ActResult> {
    const deployment: V1Deployment = await apps.readNamespacedDeployment({ namespace, name })
    if (deployment.spec?.paused) {
      return {
        problem: `error: cannot rollback a paused deployment; resume it first with 'kubectl rollout resume deployment/${name}'`,
      }
    }
    const [, previous] = await replicaSetsOf({ namespace, name })
    const template = previous?.spec?.template
    if (!template) return { problem: `error: no rollout history found for deployment "${name}"` }
    const { 'pod-template-hash': _, ...labels } = template.metadata?.labels ?? {}
    const value = { ...template, metadata: { ...template.metadata, labels } }
    const body = [{ op: 'replace', path: '/spec/template', value }]
    await apps.patchNamespacedDeployment({ namespace, name, body, fieldManager: 'kubectl-rollout' }, asJsonPatch)
    return { done: `deployment.apps/${name} rolled back` }
  }

  async function patch({ namespace, name }: Workload, body: object, fieldManager: string): Promise<void> {
    await apps.patchNamespacedDeployment({ namespace, name, body, fieldManager }, asMergePatch)
  }

  /** Of one Deployment, the newest revision first. */
  async function replicaSetsOf({ namespace, name }: Workload): Promise<V1ReplicaSet[]> {
    const { items } = await apps.listNamespacedReplicaSet({ namespace })
    return items
      .filter(({ metadata }) => metadata?.ownerReferences?.some((owner) => owner.name === name))
      .sort((a, b) => Number(b.metadata?.annotations?.[revision]) - Number(a.metadata?.annotations?.[revision]))
  }

  async function fire(workload: Workload): Promise<ActResult> {
    const startsAt = new Date().toISOString()
    const heard = await tell(workload, { status: 'firing', startsAt })
    if (!heard) return { problem: 'Alertmanager could not tell Rollcall of the alert.' }
    firing.set(keyOf(workload), startsAt)
    return heard.noted > 0
      ? { done: `${alertName} fires for ${workload.name}.` }
      : { done: `${alertName} fires for ${workload.name}. No upgrade of it is under way, so nothing follows.` }
  }

  async function resolve(workload: Workload): Promise<ActResult> {
    const startsAt = firing.get(keyOf(workload))
    if (startsAt === undefined) return { problem: `No alert fires for ${workload.name}.` }
    const heard = await tell(workload, { status: 'resolved', startsAt, endsAt: new Date().toISOString() })
    if (!heard) return { problem: 'Alertmanager could not tell Rollcall that the alert is over.' }
    firing.delete(keyOf(workload))
    return { done: `${alertName} is over for ${workload.name}.` }
  }

  /** As Alertmanager does; nothing when nobody takes it. */
  async function tell(
    { namespace, name }: Workload,
    state: { status: 'firing' | 'resolved'; startsAt: string; endsAt?: string },
  ): Promise<{ noted: number } | undefined> {
    const labels = { alertname: alertName, severity: 'critical', namespace, deployment: name }
    const alert = { ...state, labels, fingerprint: `${namespace}-${name}` }
    const response = await fetch(`${world.rollcall?.url}/webhooks/alertmanager`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${world.tokens.alertmanager}` },
      body: JSON.stringify({ version: '4', status: state.status, receiver: 'rollcall', alerts: [alert] }),
      signal: AbortSignal.timeout(5_000),
    }).catch(() => undefined)
    return response?.ok ? ((await response.json()) as { noted: number }) : undefined
  }

  return { cause, isSlackConnected: () => connected, firing: () => [...firing.keys()] }
}

function keyOf({ namespace, name }: Workload): string {
  return `${namespace}/${name}`
}
