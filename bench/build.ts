import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What users run: the JavaScript that the container image holds. Taking types off while loading costs time and memory. */
export const builtMain = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** `npm run build`, in a second or two. */
export function build(): void {
  const { status } = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error('the build failed')
}
