// `npm test`, `npm run e2e` and `npm run bench` on a fresh clone: installs the dependencies where they are missing,
// then runs on the project's own Node, whichever one npm itself runs on. Plain JavaScript, because an old Node runs it.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

const installed = 'node_modules/.package-lock.json'
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync('package-lock.json').mtimeMs) {
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
}
run('node_modules/.bin/node', process.argv.slice(2))

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}
