import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { validate } from '../../src/cli/validate.ts'
import { changed, valid } from '../config/a-config.ts'

let folder: string
let file: string
let kubeconfig: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-validate-'))
  file = join(folder, 'rollcall.yaml')
  kubeconfig = join(folder, 'kubeconfig')
  await writeFile(file, valid)
  await writeFile(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'prod-eu', context: { cluster: 'c', user: 'u' } }],
    }),
  )
})

afterEach(() => rm(folder, { recursive: true }))

async function run(argv: string[], env: NodeJS.ProcessEnv) {
  const out: string[] = []
  const code = await validate(argv, { out: (text) => out.push(text), err: (text) => out.push(text), env })
  return { code, out: out.join('\n') }
}

test('a valid file is summed up, place by place', async () => {
  expect(await run([file], { KUBECONFIG: kubeconfig })).toEqual({
    code: 0,
    out: `${file} is valid.
  api in production: Deployment shop/api on eu, rolling 1, 25%, 50%, 100%, one approval
  web in production: Deployment shop/web on eu, rolling 1, 50%, 2 approvals`,
  })
})

test('ROLLCALL_CONFIG says which file, unless one is given', async () => {
  expect(await run([], { ROLLCALL_CONFIG: file, KUBECONFIG: kubeconfig })).toMatchObject({ code: 0 })
})

test('contexts are among the problems', async () => {
  await writeFile(file, changed(['context: prod-eu', 'context: prod-us'], ['C0WEB', 'web']))

  await expect(run([file], { KUBECONFIG: kubeconfig })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/clusters\.eu\.context: found "prod-us".*\n.*services\.web\.channel/),
  })
})

test('without a kubeconfig it says that contexts were not checked', async () => {
  const { code, out } = await run([file], { KUBECONFIG: join(folder, 'none') })

  expect(code).toBe(0)
  expect(out).toContain('Contexts were not checked: No usable kubeconfig: ENOENT')
})

test('the command ends with 2 and one message on stderr', async () => {
  await writeFile(file, changed(['version: 1', 'version: 2']))

  const { status, stdout, stderr } = spawnSync(process.execPath, ['src/main.ts', 'validate', file], {
    encoding: 'utf8',
  })

  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain(`${file}:1:1  version: found 2; allowed: 1`)
})
