import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { channel, dana } from '../../test/shop.ts'
import { type Ground, openGround, payloadOf, service } from '../ground.ts'
import type { Measure } from '../report.ts'

const replicas = 3
/** How many requests are typed before the next ones are: people are not that fast, and pre-flights take their time. */
const atOnce = 20

/** One process with many upgrades that wait for their approvals, and the watches of all their pods. */
export const memory: Measure = async ({ quick, progress }) => {
  const count = quick ? 100 : 1_000
  const names = Array.from({ length: count }, (_, index) => `waits-${index + 1}`)
  const ground = await openGround(Object.fromEntries(names.map((name) => [name, service({})])), { replicas })
  try {
    const empty = await residentMb(ground.rollcall.pid)
    for (let done = 0; done < count; done += atOnce) {
      progress(`${done} of ${count} upgrades wait`)
      const typed = names
        .slice(done, done + atOnce)
        .map((name) =>
          ground.slack.command({ user: dana, channel, command: '/upgrade', text: `${name} 1.5.0 in production` }),
        )
      await Promise.all(typed)
      await untilAsked(ground, Math.min(count, done + atOnce))
    }
    progress(`${count} upgrades wait`)
    const samples: number[] = []
    for (const until = Date.now() + (quick ? 5_000 : 40_000); Date.now() < until; ) {
      samples.push(await residentMb(ground.rollcall.pid))
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    return [
      {
        id: 'memory',
        what: `memory of one process with ${count} upgrades under way, the most in a while`,
        unit: 'MB',
        limit: { of: 'median', atMost: 256 },
        runs: [[Math.max(...samples)]],
        peer: { what: 'with none', runs: [[empty]] },
        detail: { samples },
      },
    ]
  } finally {
    await ground.stop()
  }
}

/** Waits until so many questions are in Slack. Polls, since looking through all messages at each change would be quadratic. */
async function untilAsked({ slack, rollcall }: Ground, count: number): Promise<void> {
  for (let deadline = Date.now() + 120_000; ; ) {
    const asked = slack.messages(channel).filter((one) => payloadOf(one).kind === 'start').length
    if (asked >= count) return
    if (Date.now() > deadline)
      throw new Error(`${asked} of ${count} are asked for:\n${rollcall.output().slice(-2_000)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Resident set, as the system counts it. */
async function residentMb(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)])
  return Number(stdout) / 1024
}
