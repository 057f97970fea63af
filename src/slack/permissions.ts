import type { WebClient } from '@slack/web-api'
import type { Messages } from '../messages/en.ts'

/** One change in who may do what; `config/permissions-diff.ts` makes them. */
export type PermissionChange = {
  service: string
  environment: string
  permission: string
  added: string[]
  removed: string[]
}

/** Tells the channel who may do what from now on. */
export async function postPermissions(
  client: WebClient,
  messages: Messages,
  channel: string,
  changes: readonly PermissionChange[],
): Promise<void> {
  const { mrkdwn: text } = messages.permissionsChanged(changes)
  await client.chat.postMessage({ channel, text, unfurl_links: false, unfurl_media: false })
}
