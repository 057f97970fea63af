import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { locales } from '../../../src/upgrade/locale.ts'
import { desktop, overflowing, phone, type Stand, startStand } from './stand.ts'

describe('the gallery', () => {
  let stand: Stand

  beforeAll(async () => {
    stand = await startStand()
  })

  afterAll(async () => {
    await stand?.stop()
  })

  it.each([desktop, phone].flatMap((viewport) => locales.map((locale) => ({ locale, ...viewport }))))(
    'fits $width pixels in $locale: no text outside its box, no cut button, at most 50 blocks',
    async ({ locale, ...viewport }) => {
      const { page, complaints } = await stand.open(`/gallery?locale=${locale}`, { viewport })
      await page.locator('.exhibit').first().waitFor()
      expect(await page.locator('.exhibit').count()).toBeGreaterThan(150)
      expect(await overflowing(page, '.exhibit')).toEqual([])
      const blocks = await page
        .locator('.exhibit')
        .evaluateAll((all) => all.map((one) => Number((one as HTMLElement).dataset.blocks)))
      expect(Math.max(...blocks)).toBeLessThanOrEqual(50)
      expect(complaints).toEqual([])
    },
  )

  it('turns to the other language where it is, and marks what is in it', async () => {
    const { page, complaints } = await stand.open('/gallery#plans')
    await page.locator('.exhibit').first().waitFor()
    await page.getByRole('button', { name: '中文' }).click()
    await page.getByRole('button', { name: '批准' }).first().waitFor()
    expect(new URL(page.url()).search + new URL(page.url()).hash).toBe('?locale=zh#plans')
    expect(await page.getByText('等待').first().evaluate(languageOf)).toBe('zh-CN')
    expect(await page.locator('.exhibit-title').first().evaluate(languageOf)).toBe('en')
    await page.reload()
    await page.getByRole('button', { name: '批准' }).first().waitFor()
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByRole('button', { name: 'Approve' }).first().waitFor()
    expect(complaints).toEqual([])
  })

  it('would find a text that is cut', async () => {
    const { page } = await stand.open('/gallery', { viewport: phone })
    const exhibit = page.locator('.exhibit').first()
    await exhibit
      .locator('.button')
      .first()
      .evaluate((button) => {
        button.setAttribute('class', 'button')
        ;(button as HTMLElement).style.maxWidth = '20px'
        ;(button as HTMLElement).style.whiteSpace = 'nowrap'
      })
    expect(await overflowing(page, '.exhibit')).toContainEqual(expect.stringContaining('cut: button'))
  })
})

/** As a screen reader takes it: what the nearest element says. */
function languageOf(element: Element): string | null | undefined {
  return element.closest('[lang]')?.getAttribute('lang')
}
