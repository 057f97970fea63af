import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { become, confirm, live, patiently, type Stand, startStand, thread } from './stand.ts'

describe('what asks and warns beside people', () => {
  let stand: Stand

  beforeAll(async () => {
    stand = await startStand()
  })

  afterAll(async () => {
    await stand?.stop()
  })

  it('is a pipeline that waits for the result, and an alert that holds what it asked for', async () => {
    const id = 'web-production-1'
    const { page, complaints } = await stand.open('/')
    await page.getByRole('button', { name: 'Ask for 1.5.0' }).click()
    const output = page.getByRole('log', { name: 'Output of the pipeline' })
    await output.getByText(`${id}: asked for`).waitFor()
    for (const name of ['dana', 'alice', 'bob']) {
      await become(page, name)
      await confirm(page, id, 'Approve', 'Approve')
      await thread(page, id).getByText(`@${name}`).first().waitFor()
    }
    await thread(page, id).getByRole('button', { name: 'Continue to 3 of 10' }).waitFor()

    await page.getByRole('button', { name: 'Fire an alert' }).click()
    await thread(page, id).getByText('began to fire after the start').first().waitFor()
    await live(page, id).getByText('HighErrorRate').waitFor()
    await page.getByRole('button', { name: 'Resolve the alert' }).click()
    await page.getByText('HighErrorRate is over for web').waitFor()

    await become(page, 'oscar')
    await confirm(page, id, 'Roll back', 'Roll back')
    await page.keyboard.press('Escape')
    await expect.poll(() => page.getByText('ended with exit code 3').count(), patiently).toBe(1)
    expect(await output.textContent()).toContain(`${id}: rolledBack`)
    expect(complaints).toEqual([])
  })
})
