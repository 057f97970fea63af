import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { become, desktop, overflowing, phone, type Stand, seriousIssues, startStand, thread, type } from './stand.ts'

const themes = ['light', 'dark'] as const

describe('axe-core finds nothing serious', () => {
  let stand: Stand

  beforeAll(async () => {
    stand = await startStand()
    const { page } = await stand.open('/')
    await type(page, '/upgrade web 1.5.0 in production --reason "fix checkout rounding"')
    await thread(page, 'web-production-1').getByRole('button', { name: 'Approve' }).waitFor()
  })

  afterAll(async () => {
    await stand?.stop()
  })

  it.each(themes)('on an empty page and its completion (%s)', async (colorScheme) => {
    const { page } = await stand.open('/', { colorScheme })
    await page.getByRole('combobox', { name: /Message/ }).fill('/upgrade ')
    await page.getByRole('listbox').waitFor()
    expect(await seriousIssues(page)).toEqual([])
  })

  it.each(themes)('on the thread, and on the dialog that a button asks in (%s)', async (colorScheme) => {
    const { page } = await stand.open('/', { colorScheme })
    await become(page, 'alice')
    await thread(page, 'web-production-1').getByRole('button', { name: 'Approve' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await seriousIssues(page)).toEqual([])
    await page.keyboard.press('Escape')
    expect(await seriousIssues(page)).toEqual([])
  })

  it.each(themes)('on a modal (%s)', async (colorScheme) => {
    const { page } = await stand.open('/', { colorScheme })
    await become(page, colorScheme === 'light' ? 'alice' : 'bob')
    await thread(page, 'web-production-1').getByRole('button', { name: 'Reject' }).click()
    const modal = page.getByRole('dialog', { name: 'Reject the upgrade' })
    await modal.waitFor()
    expect(await seriousIssues(page)).toEqual([])
    await page.keyboard.press('Escape')
    await modal.waitFor({ state: 'detached' })
  })

  it.each(themes)('on the Home tab, which fits a phone, too (%s)', async (colorScheme) => {
    const { page } = await stand.open('/', { colorScheme })
    await become(page, 'bob')
    await page.getByRole('button', { name: 'Rollcall, Home' }).click()
    await page.locator('.home').getByRole('button', { name: 'Approve' }).waitFor()
    expect(await seriousIssues(page)).toEqual([])
    await page.setViewportSize(phone)
    expect(await overflowing(page, '.home')).toEqual([])
  })

  it.each(themes)('in the gallery (%s)', async (colorScheme) => {
    const { page } = await stand.open('/gallery', { colorScheme })
    await page.locator('.exhibit').first().waitFor()
    expect(await seriousIssues(page)).toEqual([])
  })

  it.each(themes)('on a phone, chat and cluster (%s)', async (colorScheme) => {
    const { page } = await stand.open('/', { colorScheme, viewport: phone })
    await page.getByRole('log').first().waitFor()
    expect(await seriousIssues(page)).toEqual([])
    await page.getByRole('button', { name: 'Cluster', exact: true }).click()
    expect(await seriousIssues(page)).toEqual([])
  })

  it.each([desktop, phone])('and nothing is cut at $width pixels', async (viewport) => {
    const { page } = await stand.open('/', { viewport })
    await page.locator('.message').first().waitFor()
    expect(await overflowing(page, '.message, .card, .sidebar, .pane-head')).toEqual([])
    if (viewport === phone) await page.getByRole('button', { name: 'Cluster', exact: true }).click()
    expect(await overflowing(page, '.card')).toEqual([])
  })
})
