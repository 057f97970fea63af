import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Stand, startStand } from './stand.ts'

let stand: Stand

beforeAll(async () => {
  stand = await startStand()
})

afterAll(async () => {
  await stand?.stop()
})

it('the tour runs through on the page, and every step comes true', async () => {
  const { page, complaints } = await stand.open('/?tour')
  const tour = page.getByRole('region', { name: 'Guided tour' })
  const over = tour.getByRole('heading', { name: 'That was the tour' })
  const problem = tour.locator('.error')
  const next = tour.getByRole('button').last()
  await tour.getByText('1 of ').waitFor()
  for (let presses = 0; presses < 120 && !(await over.isVisible()); presses++) {
    await next.click()
    await expect.poll(async () => (await over.isVisible()) || (await next.isEnabled()), { timeout: 60_000 }).toBe(true)
    expect(await problem.allTextContents()).toEqual([])
  }
  await over.waitFor()
  expect(complaints).toEqual([])
})
