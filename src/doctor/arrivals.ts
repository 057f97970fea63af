import { keys } from '../store/keys.ts'
import { redisArrivals } from '../store/slack-state.ts'
import { type Check, finding, needed } from './check.ts'
import { codeOfConfig } from './configuration.ts'
import { reachedRedis } from './redis.ts'
import type { Finding } from './report.ts'
import type { Setup } from './setup.ts'

const clicks = ['block_actions', 'view_submission', 'view_closed', 'shortcut', 'message_action', 'block_suggestion']

const inYourApp = 'at https://api.slack.com/apps, your app:'

/** What an app's settings send where, Slack tells nobody; but what has arrived, Rollcall notes. */
export function arrivalsCheck(setup: Setup): Check {
  return { area: 'slack', whether: 'commands and clicks arrive', run: () => arrivals(setup) }
}

async function arrivals(setup: Setup): Promise<Finding[]> {
  const redis = await reachedRedis(setup)
  const arrived = await redisArrivals(redis).all()
  const clicked = clicks.some((kind) => arrived.has(kind))
  const overSocket = Boolean(setup.env.SLACK_APP_TOKEN?.trim())
  if (!clicked && !arrived.has('command')) {
    return [
      finding('SLACK_NOTHING_ARRIVED', {
        found: 'No command of Slack has ever arrived.',
        remedy: `Type this in the channel. If Slack says «not a valid command», add it ${inYourApp} Slash Commands${overSocket ? '' : '; if it says dispatch_failed, correct its Request URL there'}.`,
        command: '/upgrade whoami',
      }),
    ]
  }
  // Since the first note an upgrade has come to its end, so there was something to press, and to reply to.
  const count = await redis.zcount(keys.ended, arrived.get('since') ?? 0, '+inf')
  if (count === 0) return []
  const upgrades = count === 1 ? 'an upgrade has' : `${count} upgrades have`
  const sameUrl = overSocket ? '' : ', with the same Request URL as the command'
  if (!clicked) {
    return [
      finding('SLACK_NO_CLICKS_ARRIVED', {
        found: `Commands arrive and ${upgrades} ended, but no click has ever arrived.`,
        remedy: `Turn it on ${inYourApp} Interactivity & Shortcuts → Interactivity → On${sameUrl}.`,
      }),
    ]
  }
  const { replies } = (await needed(setup.config(), codeOfConfig)).slack
  const hasReply = replies === 'off' || arrived.has('event:message') || arrived.has('event:app_mention')
  const ended = upgrades.replace(/^a/, 'A')
  const subscribe = `${inYourApp} Event Subscriptions${sameUrl}; then Install App → Reinstall.`
  const events = replies === 'any' ? 'message.channels, message.groups and app_mention' : 'app_mention'
  return [
    ...(hasReply
      ? []
      : [
          finding('SLACK_NO_REPLIES_ARRIVED', {
            found: `${ended} ended, and no reply in a thread has ever arrived.`,
            remedy: `Reply «status» in the thread of an upgrade. If nothing answers, subscribe to the bot events ${events} ${subscribe}`,
          }),
        ]),
    ...(arrived.has('event:app_home_opened')
      ? []
      : [
          finding('SLACK_NO_HOME_ARRIVED', {
            found: `${ended} ended, and Slack has never said that somebody looks at the Home tab.`,
            remedy: `Open the app in Slack, tab Home. If it stays empty, turn App Home → Home Tab on, and subscribe to the bot event app_home_opened ${subscribe}`,
          }),
        ]),
  ]
}
