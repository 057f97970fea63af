/** The least that a Bolt app can do: it acknowledges. What Rollcall takes beyond that is its own. */
import { App, HTTPReceiver } from '@slack/bolt'

const receiver = new HTTPReceiver({
  signingSecret: process.env.SLACK_SIGNING_SECRET ?? '',
  endpoints: '/slack/events',
  customRoutes: [{ path: '/readyz', method: 'GET', handler: (_, response) => void response.end('ok') }],
})
const app = new App({ receiver, authorize: async () => ({ botToken: 'xoxb-none' }) })
app.command('/upgrade', ({ ack }) => ack())
app.action({ type: 'block_actions' }, ({ ack }) => ack())
await receiver.start({ port: Number(process.env.PORT), host: '127.0.0.1' })
