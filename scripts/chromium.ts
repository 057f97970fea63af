/**
 * A real Chromium for the playground's tests and pictures. In this order: CHROMIUM_PATH, a browser on PATH, apt-get
 * where it needs no password; else an error that says what to install.
 */
import { spawnSync } from 'node:child_process'
import { type Browser, chromium } from 'playwright-core'
import { findOnPath } from './redis.ts'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Quiet and offline: it talks to loopback only, and starts without a profile. Playwright gives it a fresh one. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The path of a browser; may install one. */
export function ensureChromium(env: NodeJS.ProcessEnv = process.env): string {
  const found = env.CHROMIUM_PATH || findOnPath(names, env) || (installs(env) && findOnPath(names, env))
  if (found) return found
  throw new Error(
    'No Chromium: set CHROMIUM_PATH, or install one (Debian and Ubuntu: apt-get install chromium; macOS: brew install --cask chromium).',
  )
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: ensureChromium(), headless: true, args: flags })
}

function installs(env: NodeJS.ProcessEnv): boolean {
  const root = process.getuid?.() === 0
  const sudo = !root && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : []
  if (!findOnPath(['apt-get'], env) || (!root && sudo.length === 0)) return false
  console.error('No Chromium found: installing chromium with apt-get …')
  const run = (args: string[]) => {
    const [command = '', ...rest] = [...sudo, 'apt-get', ...args]
    const options = {
      stdio: ['ignore', 'ignore', 'inherit'] as const,
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    }
    return spawnSync(command, rest, { ...options, stdio: [...options.stdio] }).status === 0
  }
  run(['update', '-qq'])
  return run(['install', '-y', '-qq', '--no-install-recommends', 'chromium'])
}
