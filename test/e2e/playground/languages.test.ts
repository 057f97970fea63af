import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { become, type Stand, seriousIssues, startStand, thread, type } from './stand.ts'

describe('the playground in Chinese', () => {
  let stand: Stand

  beforeAll(async () => {
    stand = await startStand()
  })

  afterAll(async () => {
    await stand?.stop()
  })

  it('asks in the language of the channel, and answers each person in their own', async () => {
    const { page, complaints } = await stand.open('/', { viewport: { width: 1_700, height: 900 } })
    await speak(page, '#releases')
    await type(page, '/upgrade web 1.5.0 in production --reason "修复结账金额取整"')
    await page.getByText('is being checked').waitFor()
    const asked = thread(page, 'web-production-1')
    await asked.getByText('开始 web-production-1？').waitFor()
    expect(await asked.getByText('需要 release-managers').evaluate(languageOf)).toBe('zh-CN')
    await asked.getByRole('button', { name: '批准' }).click()
    await page.getByRole('dialog', { name: '批准开始升级？' }).getByRole('button', { name: '批准' }).click()
    const refused = page.getByText("wants somebody else's yes")
    await refused.waitFor()
    expect(await refused.evaluate(languageOf)).toBe('en-US')

    await become(page, 'alice')
    await speak(page, 'alice')
    const column = page.getByRole('region', { name: '消息列' })
    await column.getByRole('button', { name: '批准', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: '批准' }).click()
    await column
      .getByText(/@alice 已批准/)
      .first()
      .waitFor()
    const commands = page.getByRole('combobox', { name: '给 #releases 发消息，或输入 /upgrade' })
    await commands.fill('/upgrade approve web-production-1')
    await commands.press('Enter')
    const own = page.locator('.channel .is-ephemeral').last()
    await own.getByText('继续推进须看过当前状态再决定').waitFor()
    await own.getByText('仅对你可见').waitFor()
    expect(await seriousIssues(page)).toEqual([])

    await page.getByRole('button', { name: 'Rollcall, Home' }).click()
    await page.getByRole('main').getByText('你的权限').waitFor()
    expect(complaints).toEqual([])
  })
})

/** Rollcall is started anew for it. */
async function speak(page: Page, whose: string): Promise<void> {
  const switched: Locator = page.getByRole('group', { name: `Language of ${whose}` })
  const button = switched.getByRole('button', { name: '中文' })
  await button.click()
  await page.getByText('The language is set').waitFor()
  await expect.poll(() => button.getAttribute('aria-pressed')).toBe('true')
  await expect.poll(() => button.isEnabled()).toBe(true)
}

/** As a screen reader takes it: what the nearest element says. */
function languageOf(element: Element): string | null | undefined {
  return element.closest('[lang]')?.getAttribute('lang')
}
