import { createHmac, randomUUID } from 'node:crypto'
import { boundedFetch, type Fetched, jsonOf } from '../gates/bounded-fetch.ts'
import { type Check, finding, Unmet } from './check.ts'
import type { Finding } from './report.ts'
import type { Setup } from './setup.ts'

const path = '/slack/events'
const timeoutMs = 5_000

/** Only over HTTP: with Socket Mode there is no such address. */
export function requestUrlChecks(setup: Setup): Check[] {
  if (setup.env.SLACK_APP_TOKEN?.trim()) return []
  return [{ area: 'slack', whether: 'Slack gets through to Rollcall', run: () => requestUrl(setup) }]
}

/**
 * Does as Slack does when an address is typed into an app's settings: it sends a challenge, signed, and expects it back.
 * Only a Rollcall with the same signing secret answers that, and nothing but that comes of it.
 * https://docs.slack.dev/reference/events/url_verification
 */
async function requestUrl({ requestUrl: given, given: { SLACK_SIGNING_SECRET: secret }, now }: Setup) {
  if (given === undefined) return [untried()]
  const url = addressOf(given)
  if (!url) return [insecure(given)]
  if (secret === undefined) throw new Unmet('VARIABLE_INVALID')
  const signed = await challenge(url, secret, now()).catch((error: unknown) => error)
  if (signed instanceof Error) {
    return [
      finding('SLACK_REQUEST_URL_UNREACHABLE', {
        where: url.href,
        found: `${signed.message}.`,
        remedy: 'Check DNS, the certificate, the Ingress and its Service, and that Rollcall runs. This must answer ok:',
        command: `curl ${new URL('/healthz', url)}`,
      }),
    ]
  }
  const { answer, isEcho } = signed as Awaited<ReturnType<typeof challenge>>
  if (!isEcho) return [refused(url, answer)]
  const { isEcho: toAnybody } = await challenge(url, `not ${secret}`, now())
  return toAnybody
    ? [
        finding('SLACK_REQUEST_URL_UNVERIFIED', {
          where: url.href,
          found: `${url.href} answers a challenge that is signed with another secret.`,
          remedy: 'Something in front of Rollcall answers in its place. Let it pass requests on as they are.',
        }),
      ]
    : []
}

function untried(): Finding {
  return finding('SLACK_REQUEST_URL_UNTRIED', {
    found: 'Slack sends to an address of Rollcall’s, and it was not said which.',
    remedy: `Say which, and it is tried as Slack would. It stands in the app’s settings under Slash Commands.`,
    command: `rollcall doctor --url https://rollcall.example.com${path}`,
  })
}

function insecure(given: string): Finding {
  return finding('SLACK_REQUEST_URL_INSECURE', {
    where: given,
    found: `${given} is no https address.`,
    remedy: `Put a certificate in front of Rollcall (deploy/kubernetes.yaml has an Ingress), and use https://<your host>${path}; or use Socket Mode, which needs no address.`,
  })
}

/** On the machine itself it may be tried without a certificate. */
function addressOf(given: string): URL | undefined {
  const url = URL.parse(given)
  const isHere = url?.protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  if (!url || (url.protocol !== 'https:' && !isHere)) return undefined
  if (url.pathname === '/') url.pathname = path
  return url
}

async function challenge(url: URL, secret: string, nowMs: number): Promise<{ answer: Fetched; isEcho: boolean }> {
  const expected = randomUUID()
  const body = JSON.stringify({ type: 'url_verification', challenge: expected, token: '' })
  const timestamp = Math.floor(nowMs / 1_000)
  const digest = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')
  const answer = await boundedFetch(url.href, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-slack-request-timestamp': String(timestamp),
      'x-slack-signature': `v0=${digest}`,
    },
    body,
    signal: AbortSignal.timeout(timeoutMs),
    mostBytes: 10_000,
  })
  const said: unknown = jsonOf(answer)
  const echo: unknown = typeof said === 'object' && said !== null ? Reflect.get(said, 'challenge') : answer.body
  return { answer, isEcho: answer.status === 200 && echo === expected }
}

function refused(url: URL, { status, headers }: Fetched): Finding {
  if (status === 401) {
    return finding('SLACK_SIGNING_SECRET_DIFFERS', {
      where: url.href,
      found: `${url.href} refuses what is signed with SLACK_SIGNING_SECRET as it is here (401).`,
      remedy:
        'Compare it with your app’s Basic Information → Signing Secret, here and there; both clocks must be right too.',
    })
  }
  const location = headers.get('location')
  return finding('SLACK_REQUEST_URL_ELSEWHERE', {
    where: url.href,
    found: `${url.href} answers with status ${status}${location ? ` and sends on to ${location}` : ''}, and not with what it was sent.`,
    remedy: `The address ends in ${path}, and a proxy in front of Rollcall must neither redirect nor ask for a login there.`,
  })
}
