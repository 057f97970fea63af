import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'
import { carol, channel, nina, oscar } from '../shop.ts'
import { simulatedCluster } from '../simulated-cluster.ts'
import { openShop, type Shop } from '../upgrade-suite.ts'

const waitMs = 20_000
const strategy = { batches: [1, '100%'], continue: 'auto' }
let shop: Shop

/** oscar is the one to sign off. */
function asking(gate: Record<string, unknown> = {}, onFailure = 'rollback') {
  return { strategy, environment: { gates: [{ type: 'acceptance', by: ['on-call'], ...gate }], onFailure } }
}

beforeAll(async () => {
  const services = {
    web: asking(),
    bad: asking({ during: 'soak' }),
    doubted: asking({ during: 'soak' }, 'hold'),
    lonely: asking({ timeout: '1s' }),
  }
  shop = await openShop(simulatedCluster, services, waitMs)
})

afterAll(async () => {
  await shop?.close()
})

async function requested(service: string) {
  onTestFailed(() => console.error(shop.rollcall.output().split('\n').slice(-30).join('\n')))
  const given = await shop.request(service, '1.5.0')
  await shop.people.approve(given.id)
  return given
}

function told(user: string, text: string) {
  return shop.slack.waitForEphemeral((one) => one.user === user && one.text.includes(text), { timeoutMs: waitMs })
}

test('once all is new, whoever is named says so, and nobody else', async () => {
  const { workload, image, id } = await requested('web')
  const question = await shop.people.question(id, 'accept')
  await workload.restsAt(image, { old: 0, new: 10 })
  expect(question.text).toMatch(/are 10 of 10 as they should be/)
  await shop.people.press(nina, question, 'accept')
  await told(nina, 'You may not accept or decline')
  await shop.people.type(oscar, `accept ${id}`)
  await told(oscar, 'are 10 of 10 as they should be')
  await shop.people.press(oscar, question, 'accept')
  await shop.people.live(id, 'succeeded')
  await shop.slack.waitForMessage(({ text }) => text.includes(`Accepted by <@${oscar}>`), { timeoutMs: waitMs })
  await shop.trailIsIntact()
})

test('a no at the first batch takes it back, and the thread says whose', async () => {
  const { workload, image, id } = await requested('bad')
  const question = await shop.people.question(id, 'accept')
  await workload.restsAt(image, { old: 9, new: 1 })
  await shop.people.press(oscar, question, 'decline')
  await shop.people.live(id, 'rolledBack')
  await workload.restsAt(image, { old: 10, new: 0 })
  await shop.slack.waitForMessage(
    (one) => one.channel === channel && one.text.includes(`<@${oscar}> does not accept it`),
    { timeoutMs: waitMs },
  )
})

test('a no holds where the policy says so, and an operator goes on in spite of it', async () => {
  const { id } = await requested('doubted')
  await shop.people.press(oscar, await shop.people.question(id, 'accept'), 'decline')
  await shop.people.press(carol, await shop.people.live(id, 'paused'), 'resume')
  await shop.people.press(oscar, await shop.people.question(id, 'accept', 5), 'accept')
  await shop.people.live(id, 'succeeded')
})

test('without an answer in time it holds, and whoever resumes goes on without', async () => {
  const { id } = await requested('lonely')
  const held = await shop.people.live(id, 'paused')
  await shop.slack.waitForMessage(({ text }) => text.includes('nobody has said within'), { timeoutMs: waitMs })
  await shop.people.press(carol, held, 'resume')
  await shop.people.live(id, 'succeeded')
})
