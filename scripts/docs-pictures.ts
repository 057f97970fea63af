/**
 * `npm run docs:pictures`: the pictures of README and guides, from the playground in a real Chromium.
 * `--out DIR` writes them elsewhere.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { startPlayground } from '../demo/server/server.ts'
import { startWorld } from '../demo/world.ts'
import { launchChromium } from './chromium.ts'
import { record } from './gif.ts'

const { values } = parseArgs({ options: { out: { type: 'string', default: 'docs/pictures' } } })
/** A dialog stands this long before somebody answers it. */
const readingMs = 700
const still = { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.5 } satisfies BrowserContextOptions

await mkdir(values.out, { recursive: true })
await using started = new AsyncDisposableStack()
const world = await startWorld({ readyDelayMs: [300, 900], pace: { soak: '1s' } })
started.defer(() => world.stop())
const { url, stop } = await startPlayground(world, { port: 0 })
started.defer(stop)
const browser = await launchChromium()
started.defer(() => browser.close())

await animated(browser)
await stills(browser)

/** A whole upgrade, from the command to the last batch. */
async function animated(chromium: Browser): Promise<void> {
  const page = await open(chromium, { viewport: { width: 1120, height: 660 }, deviceScaleFactor: 1 })
  const recording = record(() => page.screenshot())
  await page
    .getByRole('combobox', { name: /^Message/ })
    .pressSequentially('/upgrade web 1.5.0 in production --reason "fix checkout rounding"', { delay: 15 })
  await page.keyboard.press('Enter')
  await approve(page, 'alice')
  await approve(page, 'bob')
  await become(page, 'carol')
  for (const next of [3, 5, 10]) await decide(page, `Continue to ${next} of 10`, 'Continue')
  await page.getByText('succeeded').first().waitFor({ timeout: 60_000 })
  await page.locator('.revision-ready', { hasText: '10/10 ready' }).waitFor()
  await save('upgrade.gif', await recording.stop())
  await page.context().close()
}

async function stills(chromium: Browser): Promise<void> {
  const page = await open(chromium, still)
  await type(page, '/upgrade checkout 5.3.0 in production --reason "new payment provider"')
  await become(page, 'alice')
  await question(page, 'Approve').click()
  await page.getByRole('dialog').waitFor()
  await save('approval.png', await page.screenshot())
  await page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click()
  await approve(page, 'bob')
  await become(page, 'carol')
  await decide(page, 'Continue to 2 of 8', 'Continue')
  await question(page, 'Continue to 4 of 8').waitFor({ timeout: 60_000 })
  await save('channel.png', await page.screenshot())
  await theSame(chromium, page, 'dark.png', { ...still, colorScheme: 'dark' })
  await theSame(chromium, page, 'phone.png', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 })

  await become(page, 'dana')
  await type(page, '/upgrade api 4.0.0-crash in production --reason "faster search"')
  await approve(page, 'alice')
  await approve(page, 'bob')
  await page.getByText('api-production-1 rolled back').first().waitFor({ timeout: 60_000 })
  await page.locator('.audit-lines').getByText('rolled back').waitFor()
  await page.locator('.revision-kind', { hasText: 'running' }).waitFor()
  await save('rollback.png', await page.screenshot())

  await become(page, 'dana')
  await type(page, '/upgrade search 2.11.1 in production --reason "index after a restart"')
  await become(page, 'alice')
  await page.getByRole('button', { name: 'Rollcall, Home' }).click()
  await page.locator('.home').getByRole('button', { name: 'Approve' }).waitFor({ timeout: 60_000 })
  await save('home.png', await page.screenshot())
}

/** What another browser shows of the thread that is open now. */
async function theSame(chromium: Browser, shown: Page, name: string, options: BrowserContextOptions): Promise<void> {
  const page = await open(chromium, options)
  await page.evaluate((person) => sessionStorage.setItem('rollcall-person', person), world.people.carol.id)
  await page.reload()
  await page.getByRole('button', { name: /repl/ }).last().waitFor()
  if (await page.getByRole('region', { name: 'Thread' }).isHidden()) {
    await page.getByRole('button', { name: /repl/ }).last().click()
  }
  await question(page, 'Continue to 4 of 8').scrollIntoViewIfNeeded()
  await save(name, await page.screenshot())
  await page.context().close()
  await shown.bringToFront()
}

async function open(chromium: Browser, options: BrowserContextOptions): Promise<Page> {
  // Whoever looks at a page that stands still looks at it longer; the animation shows the changes all the same.
  const context = await chromium.newContext({ reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  await page.goto(url)
  await page.getByRole('combobox', { name: /^Message/ }).waitFor()
  return page
}

async function type(page: Page, line: string): Promise<void> {
  const composer = page.getByRole('combobox', { name: /^Message/ })
  await composer.fill(line)
  await composer.press('Enter')
}

async function become(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${name} `, 'i') }).click()
}

async function approve(page: Page, name: string): Promise<void> {
  await become(page, name)
  await decide(page, 'Approve', 'Approve')
}

/** Presses a button of the open question and says yes, slowly enough to be followed. */
async function decide(page: Page, button: string, yes: string): Promise<void> {
  await question(page, button).click({ timeout: 60_000 })
  const dialog = page.getByRole('dialog')
  await dialog.waitFor()
  await page.waitForTimeout(readingMs)
  await dialog.getByRole('button', { name: yes, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

function question(page: Page, button: string) {
  return page.getByRole('region', { name: 'Thread' }).getByRole('button', { name: button, exact: true }).last()
}

async function save(name: string, content: Uint8Array): Promise<void> {
  const path = join(values.out, name)
  await writeFile(path, content)
  console.log(`${path}  ${Math.round(content.length / 1024)} kB`)
}
