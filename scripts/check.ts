/** Lint, format and import rules, then types: of Node's code, and of what runs in a browser. */
import { spawnSync } from 'node:child_process'

for (const [name, args] of [
  ['biome', ['ci', '.']],
  ['tsc', ['--noEmit']],
  ['tsc', ['--noEmit', '-p', 'demo/page']],
  ['tsc', ['--noEmit', '-p', 'test/e2e/playground']],
] as const) {
  const { status } = spawnSync(`node_modules/.bin/${name}`, [...args], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
