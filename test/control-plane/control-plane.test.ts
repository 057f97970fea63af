import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual, promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiClient, apiClient, succeeded } from './api-client.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { type FakeKubelet, startFakeKubelet } from './fake-kubelet.ts'

const buildAndStartMs = 30 * 60_000

let controlPlane: ControlPlane
let kubelet: FakeKubelet
let client: ApiClient
let rollcall: string

beforeAll(async () => {
  controlPlane = await startControlPlane()
  kubelet = await startFakeKubelet({ ...controlPlane.admin, readyDelayMs: [50, 200] })
  client = apiClient(controlPlane.admin)
  await controlPlane.kubectl(['create', 'namespace', 'shop'])
  await controlPlane.kubectl(['create', 'namespace', 'shop-staging'])
  await controlPlane.kubectl(['apply', '-f', `${import.meta.dirname}/../../deploy/rbac.yaml`])
  rollcall = await controlPlane.kubeconfigFor({ namespace: 'rollcall', serviceAccount: 'rollcall' })
  await deploy('web', 'web:1.4.2')
}, buildAndStartMs)

afterAll(async () => {
  client?.close()
  await kubelet?.stop()
  await controlPlane?.stop()
})

test('a Deployment of ten pods becomes ready, with addresses behind its Service', async () => {
  await controlPlane.kubectl(['-n', 'shop', 'expose', 'deployment', 'web', '--port=80'])
  await rolledOut('web')

  const addresses = await eventually(async () => {
    const slices = await list<{ endpoints?: { addresses: string[]; conditions: { ready: boolean } }[] }>(
      '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices?labelSelector=kubernetes.io/service-name=web',
    )
    const ready = slices.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions.ready)
    return ready.length === 10 ? ready.flatMap((endpoint) => endpoint.addresses) : undefined
  })

  expect(new Set(addresses).size).toBe(10)
})

test('a native rolling update replaces every pod', async () => {
  await controlPlane.kubectl(['-n', 'shop', 'set', 'image', 'deployment/web', 'app=web:1.5.0'])
  await rolledOut('web')

  // Old pods may still be terminating when the new ones are all available.
  const images = await eventually(async () => {
    const pods = await podsOf('web')
    return pods.length === 10 ? pods.map(({ spec }) => spec.containers[0]?.image) : undefined
  })

  expect(new Set(images)).toEqual(new Set(['web:1.5.0']))
})

test.each([
  ['bad', { phase: 'Pending', ready: false, waiting: 'ImagePullBackOff', restarts: 0 }],
  ['crash', { phase: 'Running', ready: false, waiting: 'CrashLoopBackOff', restarts: 2 }],
  ['oom', { phase: 'Running', ready: true, waiting: null, restarts: 1 }],
])('a pod whose image is tagged -%s comes to grief in its way', async (misfortune, expected) => {
  await deploy(`app-${misfortune}`, `app:2.0.0-${misfortune}`, 1)

  await eventually(async () => isDeepStrictEqual(await stateOf(`app-${misfortune}`), expected) || undefined)
})

test('a pod whose image is tagged -flap becomes ready and loses it', async () => {
  await deploy('app-flap', 'app:2.0.0-flap', 1)

  await eventually(async () => (await stateOf('app-flap')).ready || undefined)
  await eventually(async () => !(await stateOf('app-flap')).ready || undefined)
})

test('pods whose images are tagged -slow and -unready are overtaken by one that came later', async () => {
  await deploy('app-slow', 'app:2.0.0-slow', 1)
  await deploy('app-unready', 'app:2.0.0-unready', 1)
  await deploy('app', 'app:2.0.0', 1)
  await rolledOut('app')

  const waiting = { phase: 'Running', ready: false, waiting: null, restarts: 0 }
  expect(await stateOf('app-slow')).toEqual(waiting)
  await eventually(async () => (await stateOf('app-slow')).ready || undefined)
  expect(await stateOf('app-unready')).toEqual(waiting)
})

test('a pod that fits on no node says so', async () => {
  const nodeSelectorTerms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['elsewhere'] }] }]
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms }
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution } }
  await deploy('homeless', 'app:2.0.0', 1, { affinity })

  await eventually(async () => {
    const [pod] = await podsOf('homeless')
    return pod?.status.conditions?.some(({ reason }) => reason === 'Unschedulable') || undefined
  })
})

test('the rollcall ServiceAccount may patch Deployments in shop', async () => {
  const patched = await asRollcall('patch', 'deployment', 'web', '-n', 'shop', '-p', '{"spec":{"paused":false}}')

  expect(patched).toContain('web patched')
})

test.each([
  ['patch deployments elsewhere', ['patch', 'deployments', '-n', 'default']],
  ['delete a Deployment', ['delete', 'deployments', '-n', 'shop']],
  ['read a Secret', ['get', 'secrets', '-n', 'shop']],
  ['evict a pod', ['create', 'pods/eviction', '-n', 'shop']],
  ['read another namespace', ['get', 'namespaces/default']],
  ['read ConfigMaps elsewhere', ['get', 'configmaps', '-n', 'rollcall']],
])('the rollcall ServiceAccount may not %s', async (_, question) => {
  await expect(asRollcall('auth', 'can-i', ...question)).rejects.toThrow(/^kubectl auth can-i/)
})

test.each([
  ['record the originals', ['create', 'configmaps', '-n', 'shop']],
  ['strip a ReplicaSet', ['patch', 'replicasets.apps', '-n', 'shop-staging']],
  ['watch pods', ['watch', 'pods', '-n', 'shop']],
  ['read the identity of the cluster', ['get', 'namespaces/kube-system']],
  ['ask what it may do', ['create', 'selfsubjectaccessreviews.authorization.k8s.io']],
])('the rollcall ServiceAccount may %s', async (_, question) => {
  expect(await asRollcall('auth', 'can-i', ...question)).toContain('yes')
})

test('stop ends every process', async () => {
  const another = await startControlPlane()
  const pids = Object.values(another.pids())
  expect(await Promise.all(pids.map(isRunning))).toEqual([true, true, true])

  await another.stop()

  expect(await Promise.all(pids.map(isRunning))).toEqual([false, false, false])
})

test('no process outlives the one that started it, however that one ends', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'orphaned-control-plane-'))
  const script = `import { startControlPlane } from '${import.meta.dirname}/control-plane.ts'
    console.log(JSON.stringify((await startControlPlane({ dir: '${dir}' })).pids()))`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: parent.stdout }), 'line')
  const pids: number[] = Object.values(JSON.parse(line))
  expect(await Promise.all(pids.map(isRunning))).toEqual([true, true, true])

  parent.kill('SIGKILL')

  await eventually(async () => ((await Promise.all(pids.map(isRunning))).includes(true) ? undefined : true))
  await rm(dir, { recursive: true })
})

function deploy(name: string, image: string, replicas = 10, podSpec: object = {}): Promise<string> {
  const labels = { app: name }
  const template = { metadata: { labels }, spec: { ...podSpec, containers: [{ name: 'app', image }] } }
  const manifest = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: { replicas, selector: { matchLabels: labels }, template },
  }
  return controlPlane.kubectl(['apply', '-f', '-'], { input: JSON.stringify(manifest) })
}

function rolledOut(name: string): Promise<string> {
  return controlPlane.kubectl(['-n', 'shop', 'rollout', 'status', `deployment/${name}`, '--timeout=60s'])
}

function asRollcall(...args: string[]): Promise<string> {
  return controlPlane.kubectl(args, { kubeconfig: rollcall })
}

async function list<T>(path: string): Promise<T[]> {
  return succeeded(await client.get(path), path).items as T[]
}

type ReportedPod = {
  spec: { containers: { image: string }[] }
  status: {
    phase: string
    conditions?: { type: string; reason?: string }[]
    containerStatuses?: { ready: boolean; restartCount: number; state: { waiting?: { reason: string } } }[]
  }
}

function podsOf(name: string): Promise<ReportedPod[]> {
  return list<ReportedPod>(`/api/v1/namespaces/shop/pods?labelSelector=app=${name}`)
}

/** What is reported of the only container of the only pod. */
async function stateOf(name: string) {
  const [pod] = await podsOf(name)
  const container = pod?.status.containerStatuses?.[0]
  return {
    phase: pod?.status.phase,
    ready: container?.ready,
    waiting: container?.state.waiting?.reason ?? null,
    restarts: container?.restartCount,
  }
}

/** Polls until there is a value, which it returns. */
async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const value = await look()
    if (value !== undefined) return value
    if (Date.now() > deadline) throw new Error(`not within 20 s: ${look}`)
    await delay(20)
  }
}

/** Whether a process is there and not merely waiting for its parent to hear that it ended. */
async function isRunning(pid: number): Promise<boolean> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=', '-p', String(pid)]).catch(() => ({ stdout: '' }))
  return stdout !== '' && !stdout.startsWith('Z')
}
