import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  become,
  composer,
  confirm,
  live,
  newPods,
  patiently,
  type Stand,
  startStand,
  tabTo,
  thread,
  type,
} from './stand.ts'

describe('the playground in a browser', () => {
  let stand: Stand

  beforeAll(async () => {
    stand = await startStand()
  })

  afterAll(async () => {
    await stand?.stop()
  })

  it('takes an upgrade through two approvals and two batches and rolls it back, with the mouse', async () => {
    const id = 'web-production-1'
    const { page, complaints } = await stand.open('/')
    await type(page, '/upgrade web 1.5.0 in production --reason "fix checkout rounding"')
    await page.getByText('is being checked').waitFor()
    await confirm(page, id, 'Approve', 'Approve')
    await page.getByText("wants somebody else's yes").waitFor()
    await become(page, 'alice')
    await expect.poll(() => page.getByText("wants somebody else's yes").count(), patiently).toBe(0)
    await confirm(page, id, 'Approve', 'Approve')
    await live(page, id).getByText('1 more approval').or(page.getByText('one more approval')).first().waitFor()
    await become(page, 'bob')
    await confirm(page, id, 'Approve', 'Approve')
    await thread(page, id).getByRole('button', { name: 'Continue to 3 of 10' }).waitFor()
    await expect.poll(() => newPods(page).count(), patiently).toBe(1)
    await become(page, 'carol')
    await confirm(page, id, 'Continue to 3 of 10', 'Continue')
    await thread(page, id).getByRole('button', { name: 'Continue to 5 of 10' }).waitFor()
    await expect.poll(() => newPods(page).count(), patiently).toBe(3)
    await page.getByText('rollcall.dev/upgrade').waitFor()
    await confirm(page, id, 'Roll back', 'Roll back')
    const why = page.getByRole('dialog')
    await why.getByLabel('Reason').fill('checkout is slower')
    await why.getByRole('button', { name: 'Save' }).click()
    await live(page, id)
      .getByText(/Rolled back by .*checkout is slower/)
      .waitFor()
    await expect.poll(() => newPods(page).count(), patiently).toBe(0)
    await page.getByText('chain intact').waitFor()
    expect(complaints).toEqual([])
  })

  it('does the same with the keyboard alone', async () => {
    const id = 'api-production-1'
    const { page, complaints } = await stand.open('/')
    const press = async (button: string, yes: string) => {
      await tabTo(page, thread(page, id).getByRole('button', { name: button }).last())
      await page.keyboard.press('Enter')
      const dialog = page.getByRole('dialog')
      await tabTo(page, dialog.getByRole('button', { name: yes, exact: true }))
      await page.keyboard.press('Enter')
      await dialog.waitFor({ state: 'detached' })
    }
    const turnInto = async (name: string) => {
      await tabTo(page, page.getByRole('button', { name: new RegExp(`^${name} `, 'i') }))
      await page.keyboard.press('Space')
    }
    await tabTo(page, composer(page))
    await page.keyboard.type('/up')
    await page.keyboard.press('Tab')
    await page.keyboard.type('api 3.9')
    await page.keyboard.press('Tab')
    await page.keyboard.type('in p')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    expect(await composer(page).inputValue()).toBe('/upgrade api 3.9.0 in production ')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Enter')
    await thread(page, id).getByRole('button', { name: 'Approve' }).waitFor()
    await turnInto('alice')
    await press('Approve', 'Approve')
    await turnInto('bob')
    await press('Approve', 'Approve')
    await turnInto('carol')
    await press('Continue to 2 of 6', 'Continue')
    await press('Continue to 3 of 6', 'Continue')
    await thread(page, id).getByRole('button', { name: 'Continue to 6 of 6' }).waitFor()
    await press('Roll back', 'Roll back')
    await page.getByRole('dialog').getByLabel('Reason').waitFor()
    await page.keyboard.press('Escape')
    await live(page, id).getByText('Rolled back by').waitFor()
    expect(complaints).toEqual([])
  })

  it('shows the chart of a release that its gates took back, with words for those who do not see it', async () => {
    const id = 'search-production-1'
    const { page, complaints } = await stand.open('/')
    await type(page, '/upgrade search 2.13.0-errors in production')
    await become(page, 'alice')
    await confirm(page, id, 'Approve', 'Approve')
    await become(page, 'bob')
    await confirm(page, id, 'Approve', 'Approve')
    await live(page, id).getByText('Rolled back by').waitFor()
    const chart = page.getByRole('img', {
      name: /^search 2\.11\.0 → 2\.13\.0-errors in production: error-rate from .* \(limit 1 %\)/,
    })
    await chart.waitFor({ timeout: 120_000 })
    await expect.poll(() => chart.evaluate((picture: HTMLImageElement) => picture.naturalWidth), patiently).toBe(1_040)
    const timeline = await page.request.get(
      await page.getByRole('link', { name: 'Every step' }).evaluate((link: HTMLAnchorElement) => link.href),
    )
    expect(timeline.headers()['content-type']).toBe('text/plain; charset=utf-8')
    expect(await timeline.text()).toContain(',gate failed,rollcall,rollingBack,')
    expect(complaints).toEqual([])
  })

  it('closes a dialog on Escape, does nothing then, and gives the focus back to the button', async () => {
    const id = 'checkout-production-1'
    const { page } = await stand.open('/')
    await type(page, '/upgrade checkout 5.3.0 in production')
    const approve = thread(page, id).getByRole('button', { name: 'Approve' })
    await approve.waitFor()
    await become(page, 'alice')
    await approve.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.closest('dialog, body')?.tagName)).toBe('DIALOG')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await approve.evaluate((element) => element === document.activeElement)).toBe(true)
    await live(page, id).getByText('2 more approvals').waitFor()
  })

  it('leaves a dialog open that somebody reads while the message below it is edited', async () => {
    const id = 'recommendations-production-1'
    const { slack, channel, people } = stand.world
    const { page } = await stand.open('/')
    await type(page, '/upgrade recommendations 0.9.5 in production')
    const approve = thread(page, id).getByRole('button', { name: 'Approve' })
    await approve.waitFor()
    await become(page, 'alice')
    await approve.click()
    const dialog = page.getByRole('dialog', { name: 'Approve the start?' })
    await dialog.waitFor()
    const question = slack
      .messages(channel)
      .find(({ metadata }) => metadata?.event_type === 'rollcall_question' && metadata.event_payload.id === id)
    const ts = question?.ts ?? ''
    await slack.click({ user: people.bob.id, channel, ts, actionId: 'approve', confirm: true })
    await thread(page, id)
      .getByText('Approved by')
      .first()
      .waitFor({ ...patiently, state: 'attached' })
    expect(await dialog.isVisible()).toBe(true)
    await dialog.getByRole('button', { name: 'Approve', exact: true }).click()
    await live(page, id).getByText('approved by').waitFor()
  })

  it('asks for the reason of a rejection in a modal, and will not send an empty one', async () => {
    const id = 'search-production-2'
    const { page, complaints } = await stand.open('/')
    await type(page, '/upgrade search 2.11.1 in production')
    await become(page, 'bob')
    await thread(page, id).getByRole('button', { name: 'Reject' }).click()
    const modal = page.getByRole('dialog', { name: 'Reject the upgrade' })
    await modal.getByRole('button', { name: 'Reject', exact: true }).click()
    await page.getByText('is required').waitFor()
    await modal.getByRole('textbox', { name: 'Reason' }).fill('not on a Friday')
    await modal.getByRole('button', { name: 'Reject', exact: true }).click()
    await modal.waitFor({ state: 'detached' })
    await live(page, id).getByText('Rejected by').waitFor()
    expect(complaints).toEqual([])
  })

  it('shows an answer only to the person who asked', async () => {
    const { page } = await stand.open('/')
    await become(page, 'nina')
    await type(page, '/upgrade whoami')
    await page.getByText('Only visible to you').waitFor()
    await become(page, 'oscar')
    await expect.poll(() => page.getByText('Only visible to you').count(), patiently).toBe(0)
  })

  it('shows what a phone’s notification says instead of the blocks', async () => {
    const id = 'search-production-2'
    const { page } = await stand.open('/')
    await page.getByRole('checkbox', { name: 'Plain text' }).check()
    const text = await live(page, id).textContent()
    expect(text).toContain('search-production-2: Rejected by @bob')
    expect(await live(page, id).getByRole('heading').count()).toBe(0)
  })

  it('brings the killed worker back, and loses nothing meanwhile', async () => {
    const { page } = await stand.open('/')
    await page.getByRole('button', { name: 'Kill the worker' }).click()
    await page.getByText('Rollcall is not running').waitFor()
    await type(page, '/upgrade list')
    await page.getByText('/upgrade failed with the error "dispatch_failed"').waitFor()
    await page.getByRole('button', { name: 'Start the worker' }).click()
    await page.getByRole('button', { name: 'Kill the worker' }).waitFor()
    await type(page, '/upgrade status checkout')
    await page.getByText('checkout-production-1').first().waitFor()
  })

  it('shows that somebody scaled past Rollcall, and the hold that comes of it', async () => {
    const id = 'checkout-production-1'
    const { page } = await stand.open('/')
    await become(page, 'alice')
    await type(page, '/upgrade approve checkout-production-1')
    const ephemeral = page.locator('.channel .is-ephemeral').last()
    await ephemeral.getByRole('button', { name: 'Approve' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click()
    await live(page, id).getByText('more approval from').waitFor()
    await become(page, 'bob')
    await live(page, id).getByRole('button', { name: /repl/ }).click()
    await confirm(page, id, 'Approve', 'Approve')
    await thread(page, id)
      .getByRole('button', { name: /Continue to/ })
      .waitFor()
    await page.getByRole('combobox', { name: 'Workload' }).selectOption('shop/checkout')
    await page.getByRole('button', { name: 'Scale +2' }).click()
    await thread(page, id).getByText('Somebody scaled 8 → 10').first().waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('cannot rollback a paused deployment').waitFor()
  })

  it('tells what came of every other trouble', async () => {
    const { page } = await stand.open('/')
    for (const [cause, shown, mend] of [
      ['Disconnect Slack', 'Slack is disconnected', 'Connect Slack'],
      ['Stop Redis', 'Redis is away', 'Start Redis'],
    ] as const) {
      await page.getByRole('button', { name: cause }).click()
      await page.locator('.outages', { hasText: shown }).waitFor()
      await page.getByRole('button', { name: mend }).click()
      await expect.poll(() => page.locator('.outages').count(), patiently).toBe(0)
    }
    await page.getByRole('combobox', { name: 'Workload' }).selectOption('shop/notifications')
    await page.getByRole('button', { name: 'Crash a pod' }).click()
    await page.locator('.pod', { hasText: '↻1' }).first().waitFor()
    await page.getByRole('button', { name: 'Set image' }).click()
    await page
      .locator('.revision-new', { hasText: 'hotfix' })
      .or(page.locator('.revision', { hasText: 'hotfix' }))
      .first()
      .waitFor()
  })
})
