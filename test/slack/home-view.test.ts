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

  describe.each(['en', 'zh'] as const)('in %s', (locale) => {
    const said = (home: Home) => visibleText(homeView(home, messagesIn(locale)).blocks)
    const pages = [1, 2].map((nth) => ({ of: 0, at: after(nth * 300_000), users: [], groups: ['S0ONCALL'] }))
    const incidents = [{ at: noon, code: 'ROLLBACK_STUCK', detail: { cause: 'NOT_READY' } }]
    const paged = { ...anUpgradeIn('rollingBack'), incidents, pages }
    const words = { en: 'On-call was paged 2 times', zh: '已呼叫值班 2 次' }[locale]
    const takenOver = { at: noon, sequence: 9, pods: 3 }

    test('says that on-call is paged and nobody is on it, and no more once somebody is', () => {
      expect(said(aHome({ underWay: [anItem(paged, ['acknowledge'])] }))).toContain(words)
      expect(buttonsOf(aHome({ underWay: [anItem(paged, ['acknowledge'])] }))).toContain(
        `live/${paged.id}: acknowledge`,
      )
      const acknowledged = { by: alice, at: after(400_000) }
      const taken = { ...paged, incidents: incidents.map((one) => ({ ...one, acknowledged })) }
      expect(said(aHome({ underWay: [anItem(taken)] }))).not.toContain(words)
      expect(said(aHome({ underWay: [anItem({ ...paged, pages: [] })] }))).not.toContain(words)
    })

    test('says so of a pause under an alert, and of a rollback that has failed', () => {
      const alert = [
        { at: noon, code: 'ON_ALERT', detail: { name: 'HighErrorRate', severity: 'critical', action: 'hold' } },
      ]
      const held = { ...anUpgradeIn('paused'), incidents: alert, pages }
      const waits = said(aHome({ waiting: [anItem(held, ['resume'])] }))
      expect(waits).toContain(words)
      expect(waits).toContain('HighErrorRate')
      const by = { kind: 'system' as const, reason: 'NOT_READY' }
      const gaveUp = [{ at: noon, code: 'ROLLBACK_FAILED', detail: {} }]
      const failed = { ...paged, incidents: gaveUp, result: { outcome: 'failed' as const, at: noon, by } }
      expect(said(aHome({ ended: [{ upgrade: failed, url: undefined }] }))).toContain(words)
    })

    test('says of one that was taken over that earlier approvals are void, until it has ended', () => {
      const says = { en: 'Taken over from the workload', zh: '现由工作负载接管' }[locale]
      const asked = { ...anUpgrade(), takenOver }
      expect(said(aHome({ waiting: [anItem(asked, ['approve'])] }))).toContain(says)
      expect(said(aHome({ underWay: [anItem({ ...anUpgradeIn('progressing'), takenOver })] }))).toContain(says)
      const over = { ...anUpgradeIn('succeeded'), takenOver }
      expect(said(aHome({ ended: [{ upgrade: over, url: undefined }] }))).not.toContain(says)
    })
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
