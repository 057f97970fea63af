import { describe, expect, it } from 'vitest'
import { rooms } from '../../demo/gallery/gallery.ts'
import { messagesIn } from '../../src/messages/languages.ts'
import { locales } from '../../src/upgrade/locale.ts'
import { phases } from '../../src/upgrade/phase.ts'
import { validateBlocks } from '../fakes/slack/slack.ts'

describe.each(locales)('the gallery in %s', (locale) => {
  const messages = messagesIn(locale)
  const hung = rooms(messages).then((all) => all.flatMap(({ exhibits }) => exhibits))

  it('has every phase, finding, incident, gate and command', async () => {
    const titles = (await hung).map(({ title }) => title)
    for (const phase of phases) expect(titles).toContain(`${phase}: live`)
    for (const code of Object.keys(messages.findings)) expect(titles).toContain(code)
    for (const code of Object.keys(messages.incidents)) expect(titles).toContain(`${code}: incident:0`)
    for (const code of Object.keys(messages.gateWords)) expect(titles).toContain(`${code}: live`)
    for (const name of Object.keys(messages.help)) expect(titles).toContain(`/upgrade help ${name}`)
  })

  it('has only what Slack takes', async () => {
    for (const { title, blocks } of await hung) expect(validateBlocks(blocks), title).toEqual([])
  })

  it('misses no fact that a sentence names', async () => {
    const gaps = (await hung).filter(({ text, blocks, view }) =>
      /[ （(]\?[ ）)]/.test(JSON.stringify([text, blocks, view])),
    )
    expect(gaps.map(({ title }) => title)).toEqual([])
  })
})

describe('the gallery in Chinese', () => {
  it('shows the same as in English, and all of it in Chinese', async () => {
    const [english, chinese] = await Promise.all(
      (['en', 'zh'] as const).map(async (locale) =>
        (await rooms(messagesIn(locale))).flatMap(({ exhibits }) => exhibits),
      ),
    )
    expect(chinese?.map(({ id }) => id)).toEqual(english?.map(({ id }) => id))
    const foreign = chinese?.filter((one) => !/\p{Script=Han}/u.test(JSON.stringify([one.text, one.blocks, one.view])))
    // What a cluster says stays as it comes.
    expect(foreign?.map(({ title }) => title)).toEqual(['TARGET_UNAVAILABLE'])
  })
})
