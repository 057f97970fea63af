import { PNG } from 'pngjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTour } from '../../demo/guide.ts'
import type { Screen } from '../../demo/screen.ts'
import { showTour } from '../../demo/terminal.ts'
import type { Step } from '../../demo/tour.ts'
import { startWorld, type World } from '../../demo/world.ts'
import type { Message } from '../fakes/slack/slack.ts'
import { desk } from '../shop.ts'

describe('the world of the demo', { timeout: 60_000 }, () => {
  let world: World
  let people: ReturnType<typeof desk>

  beforeAll(async () => {
    world = await startWorld({ readyDelayMs: [20, 60], pace: { soak: '0s', readyTimeout: '3s', grace: '1s' } })
    people = desk(world.slack)
  })

  afterAll(() => world?.stop())

  async function approved(request: string, id: string): Promise<void> {
    await people.type(world.people.dana.id, request)
    await people.approve(id)
  }

  /** The question after this one. */
  function next({ ts }: Message): Promise<Message> {
    return world.slack.waitForMessage(
      (one) =>
        one.metadata?.event_payload.kind === 'continue' && one.metadata.event_payload.open === true && one.ts > ts,
      { timeoutMs: 20_000, what: 'the next question' },
    )
  }

  it('has a shop that stands still: six services, every pod of them Ready in both environments', () => {
    const deployments = world.cluster.store.list('deployments')
    expect(deployments).toHaveLength(12)
    expect(new Set(deployments.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['shop', 'shop-staging']))
    for (const { spec, status } of deployments as { spec?: { replicas: number }; status?: object }[]) {
      expect(status).toMatchObject({ availableReplicas: spec?.replicas })
    }
  })

  it('upgrades staging on the word of the developer who asked', async () => {
    await people.type(world.people.dana.id, 'api 3.9.0 in staging')
    await people.press(world.people.dana.id, await people.question('api-staging-1', 'start'), 'approve')
    await people.live('api-staging-1', 'succeeded')
  })

  it('counts no guest, whatever group he is in', async () => {
    const asked = await people.type(world.people.gus.id, 'api 3.9.0 in production')
    expect((await asked.reply()).text).toContain('Guest')
  })

  it.each([
    ['checkout', '5.4.0-flap'],
    ['api', '4.0.0-crash'],
    ['recommendations', '1.0.0-oom'],
  ])('rolls %s %s back, because the gate on its pods trips', async (service, version) => {
    const id = `${service}-production-1`
    await approved(`${service} ${version} in production`, id)
    await people.live(id, 'rolledBack')
  })

  it('rolls search 2.13.0-errors back, because of its error rate, and shows that in a chart', async () => {
    const id = 'search-production-1'
    await approved('search 2.13.0-errors in production', id)
    await people.live(id, 'rolledBack')
    const shared = await world.slack.waitForMessage(({ files }) => files?.[0]?.name === `${id}.png`, {
      timeoutMs: 120_000,
    })
    const [chart] = shared.files ?? []
    expect(chart?.alt).toMatch(/error-rate from .* to 12 % \(limit 1 %\).* It was rolled back\.$/)
    expect(PNG.sync.read(chart?.bytes ?? Buffer.alloc(0)).width).toBe(1_040)
  }, 180_000)

  it('loses nothing when Rollcall is killed', async () => {
    await approved('checkout 5.3.0 in production', 'checkout-production-2')
    const question = await people.question('checkout-production-2', 'continue')
    await world.killRollcall()
    expect(world.rollcall).toBeUndefined()
    expect((await people.press(world.people.carol.id, question, 'continue')).outcome).not.toBe('acknowledged')
    await world.restartRollcall()
    expect(world.rollcall?.pid).toBeGreaterThan(0)
    expect((await people.press(world.people.carol.id, question, 'continue')).outcome).toBe('acknowledged')
    await next(question)
  })

  it('acknowledges nothing while Redis is away, and goes on when it is back', async () => {
    const question = await people.question('checkout-production-2', 'continue')
    await world.stopRedis()
    const pressed = await people.press(world.people.carol.id, question, 'continue')
    await world.startRedis()
    expect(pressed.outcome).not.toBe('acknowledged')
    await people.press(world.people.carol.id, question, 'continue')
    await next(question)
  })

  it('cuts Slack off and connects it again', async () => {
    const question = await people.question('checkout-production-2', 'continue')
    world.disconnectSlack()
    const cut = await people.press(world.people.carol.id, question, 'continue')
    expect(cut.outcome).not.toBe('acknowledged')
    world.connectSlack()
    await people.press(world.people.carol.id, question, 'continue')
    await people.live('checkout-production-2', 'succeeded')
  })

  describe('a tour of it', () => {
    const step = (holds: () => Promise<void>): Step => ({
      title: 'A step',
      told: 'What is told.',
      actions: [],
      check: { claim: 'This is so.', holds },
    })

    async function take(...steps: Step[]): Promise<{ held: boolean; printed: string }> {
      const printed: string[] = []
      const screen: Screen = {
        isTerminal: false,
        width: 80,
        paint: (_, text) => text,
        print: (...lines) => void printed.push(...lines),
        status: () => {},
      }
      const held = await showTour(startTour(world, 1_000), steps, screen, new AbortController().signal)
      return { held, printed: printed.join('\n') }
    }

    it('succeeds when every step holds', async () => {
      const { held, printed } = await take(step(async () => {}))
      expect(held).toBe(true)
      expect(printed).toContain('✔ This is so.')
    })

    it('ends at the first step that does not hold', async () => {
      let later = false
      const { held, printed } = await take(
        step(async () => Promise.reject(new Error('it is not'))),
        step(async () => {
          later = true
        }),
      )
      expect(held).toBe(false)
      expect(later).toBe(false)
      expect(printed).toContain('✘ This does not hold: This is so.')
      expect(printed).toContain('it is not')
    })
  })
})
