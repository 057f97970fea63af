import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

function rollcall(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(root, 'src/main.ts'), ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: join(root, 'nowhere') },
  })
}

describe('the command line', { timeout: 60_000 }, () => {
  test('says its version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    expect(rollcall('--version')).toMatchObject({ status: 0, stdout: `${version}\n` })
  })

  test('asks whether a misspelt command was meant', () => {
    const { status, stderr } = rollcall('docter')
    expect(stderr).toBe('There is no command "docter".\n\nDid you mean `rollcall doctor`?\n')
    expect(status).toBe(2)
  })

  test('lists the commands where none is near', () => {
    const { status, stderr } = rollcall('config', 'check')
    expect(stderr).toMatch(/^There is no command "config"\.\n\nUsage: rollcall <command>/)
    expect(status).toBe(2)
  })

  test.each([
    ['pause', 'web-production-14'],
    ['restore', 'deployment/web'],
  ])('%s without a kubeconfig says so in the same words, as bad usage', (...command) => {
    const { status, stdout, stderr } = rollcall(...command)
    expect(stderr).toMatch(/^No usable kubeconfig: .*\nSet KUBECONFIG to a kubeconfig file\.\n$/)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })
})
