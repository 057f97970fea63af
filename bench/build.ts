import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** `npm run build`, in a second or two. */
export function build(): void {
  const { status } = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error('the build failed')
}

/**
 * What users run, as arguments of Node: the image's command. Taking types off while loading costs time and memory, and
 * the options say how much of it there may be.
 */
export function built(): string[] {
  const dockerfile = readFileSync(resolve(root, 'Dockerfile'), 'utf8')
  const [, command = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? []
  const [node, ...options] = JSON.parse(command) as string[]
  const main = options.pop()
  if (node !== 'node' || !main) throw new Error(`the Dockerfile does not start Node: ENTRYPOINT ${command}`)
  return [...options, resolve(root, main)]
}
