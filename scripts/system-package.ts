import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The first of these commands that is on PATH. */
export function findOnPath(candidates: readonly string[], env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env.PATH ?? '').split(delimiter)
  return candidates.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path))
}

/**
 * Installs a package of Debian or Ubuntu, where that needs no password.
 *
 * @returns whether it is installed now
 */
export function installWithApt(name: string, env: NodeJS.ProcessEnv = process.env): boolean {
  const root = process.getuid?.() === 0
  const sudo = !root && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : []
  if (!findOnPath(['apt-get'], env) || (!root && sudo.length === 0)) return false
  console.error(`Installing ${name} with apt-get …`)
  const run = (args: string[]) => {
    const [command = '', ...rest] = [...sudo, 'apt-get', ...args]
    const quiet = { ...env, DEBIAN_FRONTEND: 'noninteractive' }
    return spawnSync(command, rest, { stdio: ['ignore', 'ignore', 'inherit'], env: quiet }).status === 0
  }
  run(['update', '-qq'])
  return run(['install', '-y', '-qq', '--no-install-recommends', name])
}
