import { describe, expect, test } from 'vitest'
import type { TagsLook } from '../../src/engine/ports.ts'
import { versions } from '../../src/engine/versions.ts'
import type { ImagePolicy } from '../../src/upgrade/image.ts'
import { aPolicy } from '../an-upgrade.ts'

const asking: ImagePolicy = {
  ...{ resolve: 'required', forbidTags: ['latest'], requireSemver: false },
  ...{ forbidDowngrade: false, forbidMajorJump: false, allowedRegistries: [] },
}

/** What of these tags somebody may choose for web. */
function versionsWith(look: TagsLook | Promise<TagsLook>, imagePolicy: ImagePolicy | undefined = asking) {
  const asked: string[] = []
  const images = {
    look: () => expect.fail('no version was named'),
    async tags(image: string) {
      asked.push(image)
      return look
    },
  }
  const policy = aPolicy(imagePolicy && { imagePolicy })
  const config = {
    hash: 'h',
    services: () => [{ name: 'web', environments: ['production'] }],
    policyFor: () => policy,
  } as never
  return { asked, found: versions({ images, config: () => config }, 'web') }
}

describe('versions to choose from', () => {
  test('are the newest first by their numbers, and what has none after them', async () => {
    const tags = ['1.9.0', 'main-2', 'v1.10.0', '1.10.0-rc.1', 'main-10', '2.0.0', '1.10.0-rc.2']
    const { found, asked } = versionsWith({ state: 'found', tags })
    expect(await found).toEqual(['2.0.0', 'v1.10.0', '1.10.0-rc.2', '1.10.0-rc.1', '1.9.0', 'main-10', 'main-2'])
    expect(asked).toEqual(['registry.example.com/shop/web'])
  })

  test('are those that the policy takes', async () => {
    const tags = ['latest', '1.5.0', 'main']
    expect(await versionsWith({ state: 'found', tags }).found).toEqual(['1.5.0', 'main'])
    expect(await versionsWith({ state: 'found', tags }, { ...asking, requireSemver: true }).found).toEqual(['1.5.0'])
  })

  test('are unknown where the configuration has the registry left alone, and it is', async () => {
    const { found, asked } = versionsWith({ state: 'found', tags: ['1.5.0'] }, { ...asking, resolve: 'off' })
    expect(await found).toBeUndefined()
    expect(asked).toEqual([])
  })

  test('are unknown where the registry does not say', async () => {
    expect(
      await versionsWith({ state: 'unknown', code: 'REGISTRY_UNAVAILABLE', message: 'away' }).found,
    ).toBeUndefined()
    expect(await versionsWith({ state: 'busy' }).found).toBeUndefined()
  })

  test('are not waited for longer than somebody waits for a list', async () => {
    const since = performance.now()
    expect(await versionsWith(new Promise(() => {})).found).toBeUndefined()
    expect(performance.now() - since).toBeGreaterThan(1_000)
  })
})
