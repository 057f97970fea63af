import { keys } from '../store/keys.ts'
import { redisArrivals } from '../store/slack-state.ts'
import { type Check, finding } from './check.ts'
import { reachedRedis } from './redis.ts'
import type { Finding } from './report.ts'
import type { Setup } from './setup.ts'

const clicks = ['block_actions', 'view_submission', 'view_closed', 'shortcut', 'message_action', 'block_suggestion']

/** What an app's settings send where, Slack tells nobody; but what has arrived, Rollcall notes. */
export function arrivalsCheck(setup: Setup): Check {
  return { area: 'slack', whether: 'commands and clicks arrive', run: () => arrivals(setup) }
}

async function arrivals(setup: Setup): Promise<Finding[]> {
  const redis = await reachedRedis(setup)
  const arrived = await redisArrivals(redis).all()
  if (clicks.some((kind) => arrived.has(kind))) return []
  const overSocket = Boolean(setup.env.SLACK_APP_TOKEN?.trim())
  if (!arrived.has('command')) {
    return [
      finding('SLACK_NOTHING_ARRIVED', {
        found: 'No command of Slack has ever arrived.',
        remedy: `Type this in the channel. If Slack says «not a valid command», add it at https://api.slack.com/apps, your app: Slash Commands${overSocket ? '' : '; if it says dispatch_failed, correct its Request URL there'}.`,
        command: '/upgrade whoami',
      }),
    ]
  }
  // Since the first note an upgrade has come to its end, so somebody had buttons to press.
  const ended = await redis.zcount(keys.ended, arrived.get('since') ?? 0, '+inf')
  if (ended === 0) return []
  return [
    finding('SLACK_NO_CLICKS_ARRIVED', {
      found: `Commands arrive and ${ended === 1 ? 'an upgrade has' : `${ended} upgrades have`} ended, but no click has ever arrived.`,
      remedy: overSocket
        ? 'At https://api.slack.com/apps, your app: Interactivity & Shortcuts → Interactivity → On.'
        : 'At https://api.slack.com/apps, your app: Interactivity & Shortcuts → Interactivity → On, with the same Request URL as the command.',
    }),
  ]
}
