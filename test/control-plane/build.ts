import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, constants, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What a folder of assets holds, and the Go package that each command is built from. */
const commands = {
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
}

/**
 * The folder with etcd, kube-apiserver, kube-controller-manager and kubectl: `KUBEBUILDER_ASSETS` when it is set
 * (https://book.kubebuilder.io/reference/envtest), else a folder below the user's cache, which is filled on first use.
 * Building takes some ten minutes on two cores; progress goes to stderr.
 */
export async function controlPlaneAssets(): Promise<string> {
  const given = process.env.KUBEBUILDER_ASSETS
  if (given) {
    const missing = await missingCommands(given)
    if (missing.length === 0) return given
    throw new Error(
      `KUBEBUILDER_ASSETS=${given} has no ${missing.join(', ')}. envtest's archives leave out kube-controller-manager: ` +
        'put the one of the same version there, or unset KUBEBUILDER_ASSETS to have all of it built.',
    )
  }
  const { version, key } = await pinned()
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rollcall', 'control-plane')
  const assets = join(cache, key)
  if ((await missingCommands(assets)).length === 0) return assets

  await mkdir(cache, { recursive: true })
  const building = await mkdtemp(join(cache, '.building-'))
  try {
    console.error(`building the control plane ${version} into ${assets} (once, about ten minutes)`)
    await goBuild(building, version)
    await rename(building, assets)
  } catch (cause) {
    // Somebody else may have been first: a folder is not renamed over one that has content.
    if ((await missingCommands(assets)).length > 0) throw cause
  } finally {
    await rm(building, { recursive: true, force: true })
  }
  return assets
}

/** The Kubernetes version in go.mod, and a name for a build of exactly these sources for this machine. */
async function pinned(): Promise<{ version: string; key: string }> {
  const [goMod = '', goSum = ''] = await Promise.all(
    ['go.mod', 'go.sum'].map((name) => readFile(join(import.meta.dirname, name), 'utf8')),
  )
  const version = /k8s\.io\/kubernetes (v\S+)/.exec(goMod)?.[1]
  if (!version) throw new Error('go.mod does not require k8s.io/kubernetes')
  const sources = [goMod, goSum, ...buildArguments(version)]
  const hash = createHash('sha256').update(sources.join('\n')).digest('hex').slice(0, 12)
  return { version, key: `${version}-${process.platform}-${process.arch}-${hash}` }
}

async function missingCommands(assets: string): Promise<string[]> {
  const present = await Promise.all(
    Object.keys(commands).map((name) =>
      access(join(assets, name), constants.X_OK).then(
        () => [],
        () => [name],
      ),
    ),
  )
  return present.flat()
}

function buildArguments(version: string): string[] {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? []
  const stamp = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' }
  const variables = Object.entries(stamp).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
  return ['-trimpath', `-ldflags=-s -w ${variables.join(' ')}`]
}

async function goBuild(folder: string, version: string): Promise<void> {
  // One invocation, so that the packages that the commands share are compiled and held in memory once.
  await run('go', ['build', ...buildArguments(version), '-o', `${folder}/`, ...Object.values(commands)])
  // The command of a module's root is named for its folder.
  await rename(join(folder, 'server'), join(folder, 'etcd'))
}

function run(command: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: import.meta.dirname,
      env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
      stdio: ['ignore', 2, 2],
    })
    child.on('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'ENOENT'
          ? new Error(
              'The control plane is built with Go, and there is no `go` on PATH. Install Go 1.26 or later ' +
                '(https://go.dev/dl), or set KUBEBUILDER_ASSETS to a folder that has the commands.',
              { cause },
            )
          : cause,
      ),
    )
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`\`${command} ${args[0]}\` ended with ${code}; its words are above`)),
    )
  })
}

if (import.meta.main) console.log(await controlPlaneAssets())
