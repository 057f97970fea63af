import { createHmac } from 'node:crypto'

/**
 * The headers that prove a request to be Slack's.
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function signatureHeaders(signingSecret: string, body: string, timestampSeconds: number): SignatureHeaders {
  const digest = createHmac('sha256', signingSecret).update(`v0:${timestampSeconds}:${body}`).digest('hex')
  return { 'x-slack-request-timestamp': String(timestampSeconds), 'x-slack-signature': `v0=${digest}` }
}

export type SignatureHeaders = { 'x-slack-request-timestamp': string; 'x-slack-signature': string }
