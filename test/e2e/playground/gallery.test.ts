import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rooms } from '../../../demo/gallery/gallery.ts'
import { en } from '../../../src/messages/en.ts'
import { phases } from '../../../src/upgrade/phase.ts'
import { validateBlocks } from '../../fakes/slack/slack.ts'
import { desktop, overflowing, phone, type Stand, startStand } from './stand.ts'

describe('the gallery', () => {
  let stand: Stand

  beforeAll(async () => {
    stand = await startStand()
  })

  afterAll(async () => {
    await stand?.stop()
  })

  it('has every phase, finding, incident, gate and command, and only what Slack takes', async () => {
    const exhibits = (await rooms()).flatMap((room) => room.exhibits)
    const titles = exhibits.map(({ title }) => title)
    for (const phase of phases) expect(titles).toContain(`${phase}: live`)
    for (const code of Object.keys(en.findings)) expect(titles).toContain(code)
    for (const code of Object.keys(en.incidents)) expect(titles).toContain(`${code}: incident:0`)
    for (const code of Object.keys(en.gateWords)) expect(titles).toContain(`${code}: live`)
    for (const name of Object.keys(en.help)) expect(titles).toContain(`/upgrade help ${name}`)
    for (const { title, blocks } of exhibits) expect(validateBlocks(blocks), title).toEqual([])
  })

  it.each([desktop, phone])(
    'fits $width pixels: no text outside its box, no cut button, at most 50 blocks',
    async (viewport) => {
      const { page, complaints } = await stand.open('/gallery', { viewport })
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
