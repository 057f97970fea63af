import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { live, overflowing, patiently, phone, type Stand, seriousIssues, startStand, type } from './stand.ts'

describe('the form of a request, in a browser', () => {
  let stand: Stand

  beforeAll(async () => {
    stand = await startStand()
  })

  afterAll(async () => {
    await stand?.stop()
  })

  const form = (page: Page) => page.getByRole('dialog', { name: 'Request an upgrade' })
  const plan = (page: Page) => page.getByRole('dialog', { name: 'The plan' })
  const field = (page: Page, name: string) => form(page).getByRole('combobox', { name })

  /** Types into a field and takes the first of what is offered. */
  async function choose(page: Page, name: string, text: string): Promise<void> {
    await field(page, name).fill(text)
    await form(page).getByRole('listbox').getByRole('option').first().waitFor()
    await field(page, name).press('Enter')
  }

  it('leads from the service to the plan and to the upgrade', async () => {
    const { page, complaints } = await stand.open('/')
    await type(page, '/upgrade')
    await choose(page, 'Service', 'chec')
    await field(page, 'Environment').selectOption('production')
    await choose(page, 'Version', '5.3.0')
    await form(page).getByRole('textbox', { name: 'Batches' }).fill('1, 100%')
    await form(page).getByRole('textbox', { name: 'Reason' }).fill('new payment provider')
    await form(page).getByRole('button', { name: 'Show the plan' }).click()
    await plan(page).getByText('Nothing stands in the way').waitFor(patiently)
    expect(await overflowing(page, 'dialog:not(.is-covered)')).toEqual([])
    expect(await seriousIssues(page)).toEqual([])
    await plan(page).getByRole('button', { name: 'Request', exact: true }).click()
    await page.getByRole('dialog', { name: 'Requested' }).getByRole('button', { name: 'Done' }).click()
    await expect.poll(() => page.getByRole('dialog').count(), patiently).toBe(0)
    await live(page, 'checkout-production-1').getByText('new payment provider').first().waitFor(patiently)
    expect(complaints).toEqual([])
  })

  it('says what is wrong at each field, and keeps what was entered', async () => {
    const { page, complaints } = await stand.open('/')
    await type(page, '/upgrade')
    await choose(page, 'Service', 'search')
    await field(page, 'Environment').selectOption('production')
    await choose(page, 'Version', 'not a version')
    await form(page).getByRole('textbox', { name: 'Batches' }).fill('some')
    await form(page).getByRole('button', { name: 'Show the plan' }).click()
    await form(page).getByText('not a version is no version').waitFor()
    await form(page).getByText('some is no list of batches').waitFor()
    expect(await overflowing(page, 'dialog')).toEqual([])
    expect(await seriousIssues(page)).toEqual([])

    await choose(page, 'Version', '2.11.1')
    await form(page).getByRole('textbox', { name: 'Batches' }).fill('')
    await form(page).getByRole('button', { name: 'Show the plan' }).click()
    await plan(page).getByRole('button', { name: 'Back' }).click()
    expect(await field(page, 'Service').inputValue()).toBe('search')
    expect(await field(page, 'Version').inputValue()).toBe('2.11.1')
    await form(page).getByRole('button', { name: 'Cancel' }).click()
    await form(page).waitFor({ state: 'detached' })
    expect(complaints).toEqual([])
  })

  it('offers nothing to whoever may request nothing, and fits a phone', async () => {
    const { page } = await stand.open('/', { viewport: phone })
    await page.getByRole('combobox', { name: 'You are' }).selectOption('U0NINA')
    await type(page, '/upgrade')
    await field(page, 'Service').click()
    await form(page).getByRole('listbox').getByText('No results').waitFor()
    expect(await overflowing(page, 'dialog')).toEqual([])
  })

  it('closes the list on Escape, and then the form', async () => {
    const { page } = await stand.open('/')
    await type(page, '/upgrade')
    await field(page, 'Service').fill('web')
    await form(page).getByRole('listbox').getByRole('option').first().waitFor()
    await field(page, 'Service').press('Escape')
    await form(page).getByRole('listbox').waitFor({ state: 'detached' })
    await field(page, 'Service').press('Escape')
    await form(page).waitFor({ state: 'detached' })
  })
})
