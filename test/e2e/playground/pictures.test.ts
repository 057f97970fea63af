import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, expect, it } from 'vitest'

let out: string

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'pictures-'))
})

afterAll(async () => {
  await rm(out, { recursive: true, force: true })
})

it('npm run docs:pictures makes every picture, and an animation that a README can bear', async () => {
  await promisify(execFile)(process.execPath, ['scripts/docs-pictures.ts', '--out', out])
  for (const name of ['approval', 'channel', 'dark', 'phone', 'rollback', 'home']) {
    const { width, data } = PNG.sync.read(await readFile(join(out, `${name}.png`)))
    expect(width, name).toBeGreaterThanOrEqual(780)
    expect(new Set(new Uint32Array(data.buffer, data.byteOffset, data.length / 4)).size, name).toBeGreaterThan(100)
  }
  const animation = await readFile(join(out, 'upgrade.gif'))
  expect(animation.subarray(0, 6).toString('latin1')).toBe('GIF89a')
  expect(animation.readUInt16LE(6)).toBeLessThanOrEqual(1280)
  expect(animation.length).toBeLessThan(1_500_000)
})
