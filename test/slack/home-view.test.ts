import { describe, expect, test } from 'vitest'
import { en } from '../../src/messages/en.ts'
import { messagesIn } from '../../src/messages/languages.ts'
import { readButtonValue } from '../../src/slack/button-value.ts'
import { type Home, homeView } from '../../src/slack/views/home.ts'
import { after, alice, anUpgrade, anUpgradeIn, aPolicy, noon } from '../an-upgrade.ts'
import { interactiveElements, validateView, visibleText } from '../fakes/slack/slack.ts'
import { aHome, anItem } from './a-home.ts'

const textOf = (home: Home) => visibleText(homeView(home, en).blocks)
const buttonsOf = (home: Home) =>
  interactiveElements(homeView(home, en).blocks).map(({ blockId, actionId }) => `${blockId}: ${actionId}`)

/** Upgrades of one service each, svc0 and so on. */
function many(count: number) {
  return Array.from({ length: count }, (_, index) => {
    const upgrade = anUpgrade()
    const service = `svc${index}`
    return { ...upgrade, id: `${service}-production-1`, request: { ...upgrade.request, service } }
  })
}

describe('the Home tab', () => {
  test('puts what waits for somebody first, then all else', () => {
    const held = { ...anUpgradeIn('paused'), id: 'api-production-3' }
    const home = aHome({
      waiting: [anItem({ ...anUpgrade(), approvals: [{ by: alice, at: noon, planHash: 'x' }] }, ['approve', 'reject'])],
      underWay: [anItem(held, ['rollback'])],
      freezes: [{ scope: 'environment:staging', by: 'U0ROOT', reason: 'the sale', since: noon }],
      closed: [{ service: 'night', environment: 'production', opensAt: after(3_600_000) }],
      ended: [{ upgrade: { ...anUpgradeIn('succeeded'), id: 'web-production-13' }, url: undefined }],
      places: [
        { service: 'web', environment: 'production', permissions: ['request', 'approve'] },
        { service: 'api', environment: 'production', permissions: ['request', 'approve'] },
        { service: 'api', environment: 'staging', permissions: [] },
      ],
    })
    expect(textOf(home)).toMatchSnapshot()
    expect(validateView(homeView(home, en))).toEqual([])
  })

  test('of somebody whom nothing concerns says what to type, and it is a command that works', () => {
    const home = aHome()
    expect(textOf(home)).toMatchSnapshot()
    expect(textOf(home)).toContain('/upgrade web 1.2.3 in production')
    const past = { ...anUpgradeIn('succeeded'), id: 'web-production-13' }
    expect(textOf(aHome({ ended: [{ upgrade: past, url: undefined }] }))).toContain('/upgrade web 1.5.0 in production')
    const one = [{ name: 'web', environments: ['production'] }]
    expect(textOf(aHome({ services: one }))).toContain('`/upgrade web 1.2.3`')
  })

  test('of somebody without a role says who can give them one, and offers no form', () => {
    const home = aHome({ places: [] })
    expect(textOf(home)).toMatchSnapshot()
    expect(buttonsOf(home)).toEqual(['home: commands'])
  })

  test.each([undefined, { roles: ['admins'], users: ['U0ROOT'], groups: [] }])(
    'of somebody from outside says whom they can ask, and nothing of what goes on (%#)',
    (admins) => {
      const home: Home = { for: 'outsider', admins }
      expect(textOf(home)).toMatchSnapshot()
      expect(buttonsOf(home)).toEqual([])
      expect(validateView(homeView(home, en))).toEqual([])
    },
  )

  test('of an administrator says what looks wrong, and what is to be signed off', () => {
    const policy = aPolicy({ breakGlass: true })
    const broken = { ...anUpgradeIn('succeeded', { policy }), reviewDue: after(86_400_000) }
    const home = aHome({
      wrong: {
        channels: [{ channel: 'C0RELEASES', trouble: 'CHANNEL_ARCHIVED' }],
        reviews: [anItem(broken, ['review'])],
      },
    })
    expect(textOf(home)).toMatchSnapshot()
    expect(buttonsOf(home)).toContain('review/web-production-14: review')
    expect(textOf(aHome({ wrong: { channels: [], reviews: [] } }))).not.toContain('wrong')
  })

  test('binds what leads forward to the step and the plan that stand beside it, and asks once', () => {
    const upgrade = anUpgradeIn('awaitingContinue')
    const { blocks } = homeView(aHome({ waiting: [anItem(upgrade, ['continue', 'pause', 'rollback'])] }), en)
    const [go] = interactiveElements(blocks).filter(({ actionId }) => actionId === 'continue')
    expect(readButtonValue(String(go?.element.value))).toEqual({
      upgrade: upgrade.id,
      seen: { step: upgrade.at.step, planHash: upgrade.plan?.hash },
    })
    expect(go?.element.confirm).toMatchObject({ text: { text: expect.stringContaining('production') } })
  })

  test('shows so many of 200 in full, some more in a line, and of the rest how many there are', () => {
    const all = many(200)
    const home = aHome({
      waiting: all.slice(0, 60).map((upgrade) => anItem(upgrade, ['approve', 'reject'])),
      underWay: all.slice(60).map((upgrade) => anItem(upgrade, ['cancel'])),
      closed: all.map(({ request }) => ({ service: request.service, environment: 'production', opensAt: noon })),
      ended: all.map((upgrade) => ({ upgrade: { ...anUpgradeIn('succeeded'), id: upgrade.id }, url: undefined })),
      places: all.map(({ request }, index) => ({
        service: request.service,
        environment: `e${index % 30}`,
        permissions: ['request'],
      })),
    })
    const view = homeView(home, en)
    expect(validateView(view)).toEqual([])
    expect(Buffer.byteLength(JSON.stringify(view))).toBeLessThan(250_000)
    const text = textOf(home)
    expect(text).toContain('and 32 more: `/upgrade list`')
    expect(text).toContain('and 108 more: `/upgrade list`')
    expect(text).toContain('192 more')
    expect(text).toContain('and 15 more')
    expect(buttonsOf(home).filter((one) => one.endsWith('approve'))).toHaveLength(8)
  })

  test('is there in Chinese, too', () => {
    expect(visibleText(homeView(aHome(), messagesIn('zh')).blocks)).toMatchSnapshot()
  })
})
