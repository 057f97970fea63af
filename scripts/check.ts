/** Lint, format and import rules, then types. */
import { spawnSync } from 'node:child_process'

for (const [name, args] of [
  ['biome', ['ci', '.']],
  ['tsc', ['--noEmit']],
] as const) {
  const { status } = spawnSync(`node_modules/.bin/${name}`, [...args], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
