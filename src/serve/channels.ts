import type { Queue, Upgrades } from '../engine/ports.ts'
import type { Messages } from '../messages/en.ts'
import { type AdminParts, tellOfChannel } from '../slack/admins.ts'
import { type Channels, slackChannels } from '../slack/channels.ts'

/** Looks after the channels of upgrades: a lost one stops what is shown there, and the admins hear of it. */
export function watchedChannels(
  toAdmins: AdminParts & { messages: Messages },
  { upgrades, queue }: { upgrades: Pick<Upgrades, 'active'>; queue: Pick<Queue, 'reconcile'> },
): Channels {
  const { client, log } = toAdmins
  const underWay = async (channel: string) =>
    (await upgrades.active()).flatMap(({ id, policy }) => (policy.channel === channel ? [id] : []))
  return slackChannels({
    client,
    async onKnown(channel, trouble, isNew) {
      if (trouble && isNew) {
        log.error({ channel, code: trouble }, `${channel} is lost; nothing shown there goes forward`)
        for (const id of await underWay(channel)) await queue.reconcile(id)
      }
      await tellOfChannel({ ...toAdmins, underWay }, channel, trouble)
    },
  })
}
