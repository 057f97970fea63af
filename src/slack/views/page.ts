import type { KnownBlock } from '@slack/types'
import { byName } from '../../messages/deciders.ts'
import { type Markup, mrkdwn, sentences } from '../../messages/markup.ts'
import { pageCause } from '../../upgrade/paging.ts'
import type { Page, Upgrade } from '../../upgrade/upgrade.ts'
import { buttons, type Shown, section } from './blocks.ts'
import { controlsOf } from './controls.ts'

/** Whether somebody is still called by it: nobody has acknowledged it, and no later one has come. */
export function isOpenPage(upgrade: Upgrade, page: Page): boolean {
  return pageCause(upgrade)?.index === page.of && upgrade.pages?.at(-1) === page
}

/** A new message, because an edit notifies nobody. */
export function pageMessage(page: Page, shown: Shown): { text: Markup; blocks: KnownBlock[]; calls: string[] } {
  const { upgrade, messages } = shown
  if (!isOpenPage(upgrade, page)) {
    const over = messages.pageOver(upgrade, page)
    return { calls: [], text: over, blocks: section(over) }
  }
  const whom = messages.call({ roles: [], users: page.users, groups: page.groups })
  const title = messages.pageTitle(upgrade, page)
  const body = messages.pageBody(upgrade, page)
  return {
    calls: page.users.slice(0, byName),
    text: sentences(whom, title, body),
    blocks: [
      ...section(sentences(whom, mrkdwn`*${title}*`)),
      ...section(body),
      ...buttons([...controlsOf(upgrade).alert, 'acknowledge'], shown),
    ],
  }
}
