/** The playground in a real Chromium, and what a person does in front of it. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { type Playground, startPlayground } from '../../../demo/server/server.ts'
import { startWorld, type World } from '../../../demo/world.ts'
import { launchChromium } from '../../../scripts/chromium.ts'

export type Stand = {
  world: World
  playground: Playground
  browser: Browser
  /** A fresh tab on a path; `complaints` gathers what the browser objects to, the Content-Security-Policy first. */
  open(path: string, options?: BrowserContextOptions): Promise<{ page: Page; complaints: string[] }>
  stop(): Promise<void>
}

/** Pods come up quickly, and there is no soak: people are what the tests wait for. */
export async function startStand(): Promise<Stand> {
  await using started = new AsyncDisposableStack()
  const world = await startWorld({
    readyDelayMs: [30, 120],
    pace: { soak: '0s', readyTimeout: '5s', grace: '1s' },
  })
  started.defer(() => world.stop())
  const playground = await startPlayground(world, { port: 0 })
  started.defer(() => playground.stop())
  const browser = await launchChromium()
  started.defer(() => browser.close())
  const running = started.move()
  return {
    world,
    playground,
    browser,
    async open(path, options = {}) {
      const context = await browser.newContext({ viewport: desktop, reducedMotion: 'reduce', ...options })
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
      })
      page.on('pageerror', (error) => complaints.push(error.message))
      await page.goto(playground.url + path)
      return { page, complaints }
    },
    stop: () => running.disposeAsync(),
  }
}

/** For what comes about by itself, on a machine that has other things to do too. */
export const patiently = { timeout: 20_000 }

export const desktop = { width: 1280, height: 800 }
export const phone = { width: 390, height: 844 }

/** The composer of the channel. */
export function composer(page: Page): Locator {
  return page.getByRole('combobox', { name: 'Message #releases, or /upgrade' })
}

export async function become(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${name} `, 'i') }).click()
}

export async function type(page: Page, line: string): Promise<void> {
  await composer(page).fill(line)
  await composer(page).press('Enter')
}

/** The open thread; of this upgrade, and of no other. */
export function thread(page: Page, id: string): Locator {
  return page.getByRole('region', { name: 'Thread' }).and(page.locator(`[data-upgrade="${id}"]`))
}

/** The live message of an upgrade, in the channel. */
export function live(page: Page, id: string): Locator {
  return page.getByRole('log', { name: 'Messages', exact: true }).locator(`[data-upgrade="${id}"]`).first()
}

/** Presses a button of an upgrade's thread and says yes to its dialog. */
export async function confirm(page: Page, id: string, button: string | RegExp, yes: string): Promise<void> {
  await thread(page, id).getByRole('button', { name: button }).last().click()
  await page.getByRole('dialog').getByRole('button', { name: yes, exact: true }).click()
}

/** How many pods run on the new revision, by the tiles beside the channel. */
export function newPods(page: Page): Locator {
  return page.locator('.revision-new .pod-ready')
}

/**
 * Goes to an element with the Tab key alone, as somebody without a mouse does; the focus must be seen there.
 */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor()
  for (let presses = 0; presses < 150; presses++) {
    const arrived = await target.evaluate((element) => element === document.activeElement).catch(() => false)
    if (arrived) {
      const ring = await target.evaluate((element) => {
        const shown = [element, element.closest('.composer-row')].filter((one) => one !== null)
        return shown.some(
          (one) => getComputedStyle(one).outlineStyle !== 'none' || getComputedStyle(one).boxShadow !== 'none',
        )
      })
      expect(ring, `the focus is seen on ${target}`).toBe(true)
      return
    }
    await page.keyboard.press('Tab')
  }
  throw new Error(`the Tab key never reaches ${target}`)
}

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** What axe-core finds serious or critical, one line each. */
export async function seriousIssues(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(axe, 'utf8'))
  const results = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  )
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`))
}

/** Elements whose text or buttons do not fit where they stand; what scrolls sideways by design is left alone. */
export function overflowing(page: Page, within: string): Promise<string[]> {
  return page.evaluate((selector) => {
    const found: string[] = []
    const isOnlyHeard = (element: Element): boolean =>
      getComputedStyle(element).clipPath !== 'none' ||
      (element.parentElement !== null && isOnlyHeard(element.parentElement))
    const describe = (element: Element) =>
      `${element.tagName.toLowerCase()}.${element.className} «${element.textContent?.slice(0, 60)}»`
    if (document.documentElement.scrollWidth > document.documentElement.clientWidth)
      found.push('the page scrolls sideways')
    for (const frame of document.querySelectorAll(selector)) {
      const box = frame.getBoundingClientRect()
      for (const element of frame.querySelectorAll('*')) {
        if (element.closest('pre, svg') || isOnlyHeard(element)) continue
        const { display } = getComputedStyle(element)
        const { left, right, bottom, width } = element.getBoundingClientRect()
        if (width === 0) continue
        if (left < box.left - 1 || right > box.right + 1) found.push(`outside its box: ${describe(element)}`)
        else if (display !== 'inline' && element.scrollWidth > element.clientWidth + 1)
          found.push(`cut: ${describe(element)}`)
        else if (element.tagName === 'BUTTON' && element.scrollHeight > element.clientHeight + 1) {
          found.push(`cut: ${describe(element)}`)
        } else if (bottom > box.bottom + 1 && getComputedStyle(frame).overflow === 'hidden') {
          found.push(`below its box: ${describe(element)}`)
        }
      }
    }
    return found
  }, within)
}
