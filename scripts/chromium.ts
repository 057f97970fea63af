/**
 * A real Chromium for the playground's tests and pictures. In this order: CHROMIUM_PATH, a browser on PATH, apt-get
 * where it needs no password; else an error that says what to install.
 */
import { type Browser, chromium } from 'playwright-core'
import { findOnPath, installWithApt } from './system-package.ts'

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
  const found =
    env.CHROMIUM_PATH || findOnPath(names, env) || (installWithApt('chromium', env) && findOnPath(names, env))
  if (found) return found
  throw new Error(
    'No Chromium: set CHROMIUM_PATH, or install one (Debian and Ubuntu: apt-get install chromium; macOS: brew install --cask chromium).',
  )
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: ensureChromium(), headless: true, args: flags })
}
