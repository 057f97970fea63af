import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Action } from '../../src/engine/surface.ts'
import { messagesIn } from '../../src/messages/languages.ts'
import { controlsOf } from '../../src/slack/views/controls.ts'
import { type HomeItem, homeView } from '../../src/slack/views/home.ts'
import { locales } from '../../src/upgrade/locale.ts'
import { phases } from '../../src/upgrade/phase.ts'
import { bounded } from '../../src/upgrade/printable.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { anUpgradeIn, aPolicy, noon, slackUser } from '../an-upgrade.ts'
import { anyText } from '../any-text.ts'
import { validateView } from '../fakes/slack/slack.ts'
import { fuzzRuns } from '../fuzz-runs.ts'
import { harmOfPayload } from '../harmless.ts'
import { anItem } from './a-home.ts'

const aText = anyText(40)
const aCount = fc.oneof(fc.nat(20), fc.constantFrom(0, 1, 1_000_000_000, Number.MAX_SAFE_INTEGER))

const anItemOfHostility: fc.Arbitrary<HomeItem> = fc
  .record({
    phase: fc.constantFrom(...phases),
    reason: aText,
    service: aText,
    image: aText,
    user: fc.oneof(aText, fc.constant('U0DANA')),
    why: aText,
    quorum: fc.integer({ min: 1, max: 1_000_000_000 }),
    updated: aCount,
    total: aCount,
  })
  .map(({ phase, reason, service, image, user, why, quorum, updated, total }) => {
    const policy = aPolicy({ approval: { quorum, separateRequester: true, expiresAfterMs: 3e12 } })
    const upgrade = anUpgradeIn(phase, { policy })
    const by = slackUser(user)
    const hostile: Upgrade = bounded({
      ...upgrade,
      request: { ...upgrade.request, reason, service, image, version: image, by, irreversible: why },
      ...(upgrade.hold && { hold: { ...upgrade.hold, reason: why, code: why } }),
      ...(upgrade.result && { result: { ...upgrade.result, reason: why, code: why, by } }),
    })
    const { question, live } = controlsOf(hostile)
    const actions: Action[] = [...new Set([...question, ...live])]
    const item = anItem(hostile, actions)
    return { ...item, progress: { ...item.progress, updated, total, ready: updated } }
  })

const aPlace = fc.record({
  service: aText,
  environment: aText,
  permissions: fc.subarray(['request', 'approve', 'operate', 'respond', 'accept'] as const).map((all) => [...all]),
})

/** IDs are made of names that the configuration has checked, and of a number. */
function numbered(items: readonly HomeItem[]): HomeItem[] {
  return items.map((item, index) => ({ ...item, upgrade: { ...item.upgrade, id: `web-production-${index}` } }))
}

const aHome = fc
  .record({
    items: fc.array(anItemOfHostility, { maxLength: 40 }),
    places: fc.array(aPlace, { maxLength: 40 }),
    freezes: fc.array(
      fc.record({ scope: fc.constant('all' as const), by: aText, reason: aText, since: fc.constant(noon) }),
    ),
    repeat: fc.constantFrom(1, 1, 1, 5),
    locale: fc.constantFrom(...locales),
  })
  .map(({ items, places, freezes, repeat, locale }) => {
    const all = numbered(Array.from({ length: repeat }, () => items).flat())
    const third = Math.ceil(all.length / 3)
    return {
      locale,
      home: {
        for: 'member' as const,
        admins: { roles: [], users: ['U0ROOT'], groups: [] },
        waiting: all.slice(0, third),
        underWay: all.slice(third, 2 * third),
        wrong: { channels: [], reviews: all.slice(2 * third) },
        freezes,
        closed: places,
        ended: all.filter(({ upgrade }) => upgrade.result),
        places,
        services: places.map(({ service, environment }) => ({ name: service, environments: [environment] })),
      },
    }
  })

test('whatever people and images say, and however much there is: Slack takes every Home tab, and none can do harm', () => {
  fc.assert(
    fc.property(aHome, ({ home, locale }) => {
      const view = homeView(home, messagesIn(locale))
      expect(validateView(view)).toEqual([])
      expect(harmOfPayload(view.blocks)).toEqual([])
      expect(Buffer.byteLength(JSON.stringify(view))).toBeLessThan(250_000)
    }),
    { numRuns: fuzzRuns(150) },
  )
})
