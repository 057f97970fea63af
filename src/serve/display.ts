import type { Redis } from 'ioredis'
import { drawChart } from '../chart/draw-chart.ts'
import type { Upgrades } from '../engine/ports.ts'
import { slackTold } from '../engine/slack-told.ts'
import type { Surface } from '../engine/surface.ts'
import type { Jobs } from '../jobs/queues.ts'
import type { Messages } from '../messages/en.ts'
import { type AdminParts, tellOfNotices, tellOfScope, troubleToldOf } from '../slack/admins.ts'
import { type Looks, sharedBudget } from '../slack/budget.ts'
import type { Channels } from '../slack/channels.ts'
import { createHomeTabs, type HomeTabs } from '../slack/home.ts'
import type { Languages } from '../slack/language.ts'
import { createNotices } from '../slack/notices.ts'
import { createProposals } from '../slack/proposals.ts'
import { filesScope } from '../slack/report-files.ts'
import { sendFile } from '../slack/send-file.ts'
import type { Note, Shown } from '../slack/shown.ts'
import { createSync } from '../slack/sync.ts'
import { redisHomes } from '../store/homes.ts'
import { redisProposals } from '../store/proposals.ts'
import { redisLines, redisShown, redisTurns } from '../store/slack-state.ts'
import type { Place } from '../upgrade/proposals.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import type { BackgroundWork } from './background-work.ts'

export type DisplayParts = {
  store: Redis
  surface: Surface
  upgrades: Upgrades
  queue: Jobs
  toAdmins: AdminParts & { messages: Messages }
  /** What administrators were told about a channel. */
  told: { all(channel: string): Promise<string[]> }
  channels: Channels
  looks: Looks
  background: BackgroundWork
  localeOf: NonNullable<Languages['localeOf']>
  linkTo(upgrade: Upgrade): Promise<string | undefined>
}

/** What brings Slack into line with the store. */
export type Display = {
  /** An upgrade's messages, and then those to its stakeholders. */
  show(id: string): Promise<void>
  /** What is proposed in a place; milliseconds until that has to be tried again, if it has to. */
  showProposals(place: Place): Promise<number | undefined>
  /** Everybody's Home tab. */
  showHomes(): Promise<void>
  /** Whatever has changed may stand on somebody's Home tab. */
  homesChanged(): void
  homes: HomeTabs
  shown: Shown
}

export function slackDisplay(parts: DisplayParts): Display {
  const { store, surface, upgrades, queue, toAdmins, background, localeOf, linkTo } = parts
  const { client, messages, log } = toAdmins
  const shown = redisShown<Note>(store)
  const budget = sharedBudget(redisLines(store), parts.looks)
  const homes = createHomeTabs({
    client,
    surface,
    homes: redisHomes(store),
    budget,
    messages,
    localeOf,
    log,
    linkTo,
    lost: async (channel) => troubleToldOf(await parts.told.all(channel)),
    again: (delayMs) => queue.homes(delayMs),
  })
  const files = {
    draw: drawChart,
    send: sendFile,
    notAllowed: () => background.add(tellOfScope(toAdmins, filesScope)),
  }
  const suspect = (channel: string) => background.add(parts.channels.suspect(channel))
  const showing = { client, surface, shown, budget, messages, log, files, background: background.add, suspect }
  const sync = createSync(showing)
  const notices = createNotices({ ...showing, lost: (to, why) => tellOfNotices(toAdmins, to, why) })
  const showProposals = createProposals({ ...showing, proposals: redisProposals(store) })
  const inTurn = redisTurns(store)

  function homesChanged(): void {
    queue.homes().catch((error: unknown) => log.warn({ err: error }, 'Home tabs are not looked at'))
  }

  async function showHomes(): Promise<void> {
    const { busyMs } = await inTurn('homes', () => homes.sync())
    if (busyMs) await queue.homes(busyMs)
  }

  /** One at a time for each upgrade, since two would post the same message. */
  async function show(id: string): Promise<void> {
    homesChanged()
    const { busyMs } = await inTurn(`show:${id}`, async () => {
      const shownNow = await sync(id)
      const isOver = shownNow.state === 'shown' && shownNow.isOver
      // What has ended asks nobody any more, and is not done with before everybody knows.
      const synced = isOver ? await notices(id) : shownNow
      if (!isOver) background.add(tellStakeholders(id))
      if (synced.state === 'later') {
        await slackTold({ upgrades }, id, synced.at)
        await queue.show(id, Math.max(1, synced.at - Date.now()))
      } else if (synced.isOver) await slackTold({ upgrades }, id)
    })
    // Whoever is at it shows this too, unless it dies.
    if (busyMs) await queue.show(id, busyMs)
  }

  /** Nobody who decides waits for those who only want to know. */
  async function tellStakeholders(id: string): Promise<void> {
    try {
      if (!(await surface.find(id))?.policy.notify) return
      const { busyMs } = await inTurn(`notices:${id}`, async () => {
        const told = await notices(id)
        if (told.state === 'later') await queue.show(id, Math.max(1, told.at - Date.now()))
      })
      if (busyMs) await queue.show(id, busyMs)
    } catch (error) {
      log.warn({ upgrade: id, err: error }, `${id}: stakeholders are told with the next look`)
    }
  }

  return { show, showProposals, showHomes, homesChanged, homes, shown }
}
