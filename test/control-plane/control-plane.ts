import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type ApiClient, apiClient, type Connection, succeeded } from './api-client.ts'
import { controlPlaneAssets } from './build.ts'

/** A Kubernetes control plane of one's own: the real API server and the real controllers, without nodes. */
export type ControlPlane = {
  /** `https://127.0.0.1:<port>` */
  url: string
  /** Path of the PEM that the API server's certificate is verified with. */
  caFile: string
  /** Path of a kubeconfig of a member of `system:masters`. */
  adminKubeconfig: string
  /**
   * The same rights, for `apiClient` and `startFakeKubelet`; and the API server's own certificate for a kubelet to serve
   * with, since nobody here asks whose it is. PEM.
   */
  admin: Connection & { serving: { cert: string; key: string } }
  /** As `/version` says it: `v1.36.3`. */
  version: string
  /** Where logs (`<command>.log`) and kubeconfigs are. */
  dir: string
  /** Of the processes that run now, by command. */
  pids(): Record<string, number>
  /** Writes a kubeconfig with a token of an existing ServiceAccount, valid for a day, and returns its path. */
  kubeconfigFor(account: { serviceAccount: string; namespace: string }): Promise<string>
  /** Runs the kubectl of the same version and returns its stdout. Throws with its stderr. */
  kubectl(args: string[], options?: { input?: string; kubeconfig?: string }): Promise<string>
  /** Freezes the controllers, as a long garbage collection or a starved machine does; nothing is lost. */
  pauseControllers(): void
  resumeControllers(): void
  /** Kills the controllers and starts them anew, with empty caches. */
  restartControllers(): Promise<void>
  /** Kills the API server, and starts it anew after `downMs` without one. What it stored is there, every watch is cut. */
  restartApiServer(downMs: number): Promise<void>
  /** Ends every process and, unless `dir` was given, removes the files. */
  stop(): Promise<void>
}

/**
 * What decides about workloads and what they need, and no more: every controller adds to the time to start. Those of
 * nodes are left out on purpose, they would evict all pods whenever a busy machine delays a heartbeat.
 */
const controllers = [
  'deployment-controller',
  'replicaset-controller',
  'statefulset-controller',
  'daemonset-controller',
  'endpoints-controller',
  'endpointslice-controller',
  'disruption-controller',
  'horizontal-pod-autoscaler-controller',
  'resourcequota-controller',
  'namespace-controller',
  'serviceaccount-controller',
  'root-ca-certificate-publisher-controller',
  'job-controller',
  'garbage-collector-controller',
]

/**
 * Starts etcd, kube-apiserver (TLS, RBAC) and kube-controller-manager on free loopback ports, in some seconds.
 * There are no nodes and no scheduler: `startFakeKubelet` stands in for both.
 * @param options.assets folder with the commands; built or taken from the cache when not given
 * @param options.dir where to put files; kept by `stop`. A temporary folder when not given
 */
export async function startControlPlane(options: { assets?: string; dir?: string } = {}): Promise<ControlPlane> {
  const assets = options.assets ?? (await controlPlaneAssets())
  if (options.dir) await mkdir(options.dir, { recursive: true })
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'control-plane-')))
  const processes = new Map<string, Managed>()
  const start = (name: string, flags: Record<string, string | number | boolean>): Managed => {
    const managed = startProcess(join(assets, name), name, flags, dir)
    processes.set(name, managed)
    return managed
  }
  const stop = async () => {
    // Nothing here is worth a graceful shutdown, for which the API server would wait for its watchers.
    await Promise.all([...processes.values()].map((managed) => managed.kill()))
    if (!options.dir) await rm(dir, { recursive: true, force: true })
  }
  try {
    const [port, etcdPort, peerPort] = await freePorts(3)
    const url = `https://127.0.0.1:${port}`
    const etcdUrl = `http://127.0.0.1:${etcdPort}`
    const adminToken = randomBytes(16).toString('hex')
    const caFile = join(dir, 'apiserver.crt')
    const adminKubeconfig = join(dir, 'admin.kubeconfig')
    const keyFile = join(dir, 'service-accounts.key')
    const tokenFile = join(dir, 'tokens.csv')
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(keyFile, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 })
    await writeFile(tokenFile, `${adminToken},admin,admin,system:masters\n`, { mode: 0o600 })

    start('etcd', {
      'data-dir': join(dir, 'etcd'),
      'listen-client-urls': etcdUrl,
      'advertise-client-urls': etcdUrl,
      'listen-peer-urls': `http://127.0.0.1:${peerPort}`,
      'unsafe-no-fsync': true,
      'log-level': 'warn',
    })
    const startApiServer = () =>
      start('kube-apiserver', {
        'etcd-servers': etcdUrl,
        // Signs itself a certificate here, and appends its CA to it: clients take the file as theirs.
        'cert-dir': dir,
        'bind-address': '127.0.0.1',
        'secure-port': port ?? 0,
        'authorization-mode': 'RBAC',
        'token-auth-file': tokenFile,
        'service-account-issuer': url,
        'service-account-key-file': keyFile,
        'service-account-signing-key-file': keyFile,
        'service-cluster-ip-range': '10.0.0.0/16',
        profiling: false,
      })
    const ca = await untilServing(startApiServer(), url, adminToken, caFile)
    const serving = { cert: ca, key: await readFile(join(dir, 'apiserver.key'), 'utf8') }
    const admin = { url, ca, token: adminToken, serving }
    await writeFile(adminKubeconfig, kubeconfig(admin), { mode: 0o600 })
    const client = apiClient(admin)
    const startControllers = () =>
      start('kube-controller-manager', {
        kubeconfig: adminKubeconfig,
        controllers: controllers.join(','),
        // As in a cluster that kubeadm made: each controller has its own ServiceAccount, rights and request budget.
        'use-service-account-credentials': true,
        'service-account-private-key-file': keyFile,
        'root-ca-file': caFile,
        'secure-port': 0,
        'leader-elect': false,
      })
    await untilControlling(startControllers(), client)

    return {
      url,
      caFile,
      adminKubeconfig,
      admin,
      version: String(succeeded(await client.get('/version'), 'version').gitVersion),
      dir,
      pids: () => Object.fromEntries([...processes].map(([name, { child }]) => [name, child.pid ?? 0])),
      kubeconfigFor: async ({ serviceAccount, namespace }) => {
        const answer = await client.post(`/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`, {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { expirationSeconds: 24 * 3600 },
        })
        const issued = succeeded(answer, `token of ${namespace}/${serviceAccount}`)
        const path = join(dir, `${namespace}.${serviceAccount}.kubeconfig`)
        await writeFile(path, kubeconfig({ url, ca, token: String(issued.status?.token) }), { mode: 0o600 })
        return path
      },
      kubectl: (args, { input, kubeconfig = adminKubeconfig } = {}) =>
        runKubectl(join(assets, 'kubectl'), ['--kubeconfig', kubeconfig, ...args], dir, input),
      pauseControllers: () => processes.get('kube-controller-manager')?.child.kill('SIGSTOP'),
      resumeControllers: () => processes.get('kube-controller-manager')?.child.kill('SIGCONT'),
      restartControllers: async () => {
        await processes.get('kube-controller-manager')?.kill()
        await untilControlling(startControllers(), client)
      },
      restartApiServer: async (downMs) => {
        await processes.get('kube-apiserver')?.kill()
        await delay(downMs)
        await untilServing(startApiServer(), url, adminToken, caFile)
      },
      stop: async () => {
        client.close()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

type Managed = { child: ChildProcess; name: string; kill(): Promise<void>; lastWords(): Promise<string> }

/** Starts a process that ends with this one, however this one ends. */
function startProcess(
  command: string,
  name: string,
  flags: Record<string, string | number | boolean>,
  dir: string,
): Managed {
  const log = join(dir, `${name}.log`)
  const output = openSync(log, 'a')
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)
  const child = spawn(command, args, { stdio: ['ignore', output, output] })
  closeSync(output)
  // The pipe closes when this process ends, even by SIGKILL, which no handler in here would see. A group of its own
  // keeps the watchdog out of reach of Ctrl-C.
  const watchdog = spawn('sh', ['-c', 'cat >/dev/null; kill -KILL "$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('exit', () => resolve())
  })
  // Not its pipe but the watchdog itself goes, before the process ID can belong to somebody else.
  ended.then(() => process.kill(-(watchdog.pid ?? Number.NaN), 'SIGKILL'))
  return {
    child,
    name,
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
    lastWords: async () => (await readFile(log, 'utf8')).split('\n').slice(-15).join('\n'),
  }
}

const startDeadlineMs = 60_000

/** Polls `ready` until it yields a value; a process that ends, or needs too long, fails with the end of its log. */
async function untilReady<T>(managed: Managed, ready: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + startDeadlineMs
  for (;;) {
    const value = await ready()
    if (value !== undefined) return value
    const { exitCode, signalCode } = managed.child
    const over = exitCode ?? signalCode ?? (Date.now() > deadline ? `not ready within ${startDeadlineMs} ms` : null)
    if (over !== null) throw new Error(`${managed.name}: ${over}. Its log ends with:\n${await managed.lastWords()}`)
    await delay(50)
  }
}

/** Waits until the API server has all its own objects (namespaces, default roles), and returns its CA. */
function untilServing(apiServer: Managed, url: string, token: string, caFile: string): Promise<string> {
  return untilReady(apiServer, async () => {
    const ca = await readFile(caFile, 'utf8').catch(() => '')
    if (!ca) return undefined
    const client = apiClient({ url, ca, token })
    const answer = await client.get('/readyz').catch(() => undefined)
    client.close()
    return answer?.status === 200 ? ca : undefined
  })
}

/** Waits until the controllers have made what every pod needs: its namespace's ServiceAccount. */
function untilControlling(controllers: Managed, client: ApiClient): Promise<true> {
  return untilReady(controllers, async () => {
    const { status } = await client.get('/api/v1/namespaces/default/serviceaccounts/default')
    return status === 200 ? true : undefined
  })
}

/** Ports that were free a moment ago, each a different one. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.flatMap((server) => {
    const address = server.address()
    return typeof address === 'object' && address ? [address.port] : []
  })
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

/** A kubeconfig as JSON, which is YAML as well. */
function kubeconfig({ url, ca, token }: Connection): string {
  const name = 'control-plane'
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
    'current-context': name,
  })
}

function runKubectl(command: string, args: string[], home: string, input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // HOME holds kubectl's discovery cache, which must not outlive the cluster.
    const options = { env: { ...process.env, HOME: home }, maxBuffer: 64 * 1024 * 1024 }
    const child = execFile(command, args, options, (error, stdout, stderr) =>
      error ? reject(new Error(`kubectl ${args.slice(2).join(' ')}: ${stderr}`, { cause: error })) : resolve(stdout),
    )
    child.stdin?.end(input)
  })
}
