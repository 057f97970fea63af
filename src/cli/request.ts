import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { batchesOf } from '../commands/place.ts'
import { parseDuration } from '../config/duration.ts'
import type { RequestBody, SeenState } from '../http/api/schemas.ts'
import { upgradesPath } from '../http/api/state.ts'
import * as words from '../messages/en/client.ts'
import { RollcallError } from '../upgrade/error.ts'
import { Outcome } from '../upgrade/upgrade.ts'
import { apiClient } from './api-client.ts'
import { identityToken } from './identity-token.ts'
import { exit, type Io } from './io.ts'

const usage = `Usage: rollcall request SERVICE VERSION [--environment ENVIRONMENT] [--reason TEXT] [--at TIME]
       [--strategy STRATEGY] [--batches 1,25%,100%] [--irreversible WHY] [--downgrade] [--major]
       [--key KEY] [--wait] [--timeout DURATION] [--json]

Asks a running Rollcall for an upgrade, from a pipeline. With --wait it prints how it goes and ends when the upgrade has
ended, or after --timeout (1h). It may be interrupted and run again: within the same job it asks for the same upgrade.

  ROLLCALL_URL          where Rollcall is, such as https://rollcall.example.com
  ROLLCALL_API_TOKEN    the token of this pipeline, without its name
  ROLLCALL_OIDC_TOKEN   a token of the CI that says who runs the pipeline; GitHub Actions is asked for one by itself,
                        for the audience ROLLCALL_OIDC_AUDIENCE (rollcall)

Exit codes: 0 it was asked for, or with --wait has succeeded; 1 it could not be asked for; 2 bad usage;
3 rolled back; 4 failed; 5 rejected; 6 expired; 7 cancelled; 8 --timeout is over, and it goes on without us.`

/** Beside those of every command. */
const ended: Record<Outcome, number> = { succeeded: 0, rolledBack: 3, failed: 4, rejected: 5, expired: 6, cancelled: 7 }
const timedOut = 8

/** Less than proxies in front allow a request to last, seconds. */
const waitSeconds = 30

/** Whoever does not wait for the result waits for no more than this for the answer, milliseconds. */
const askWithinMs = 120_000

const options = {
  environment: { type: 'string' },
  in: { type: 'string' },
  reason: { type: 'string' },
  at: { type: 'string' },
  strategy: { type: 'string' },
  batches: { type: 'string' },
  irreversible: { type: 'string' },
  downgrade: { type: 'boolean' },
  major: { type: 'boolean' },
  key: { type: 'string' },
  wait: { type: 'boolean' },
  timeout: { type: 'string', default: '1h' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** `rollcall request SERVICE VERSION [--wait] …` */
export async function request(argv: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options })
  if (values.help) {
    io.out(usage)
    return exit.ok
  }
  const [service, version, ...more] = positionals
  const timeoutMs = parseDuration(values.timeout)
  if (!service || !version || more.length > 0) throw misused('request takes a service and a version.')
  if (timeoutMs === undefined) throw misused('--timeout takes a duration such as 30m or 2h.')
  const body = bodyOf(service, version, values)
  const client = apiClient(io, { untilMs: Date.now() + (values.wait ? timeoutMs : askWithinMs) })
  const identity = await identityToken(io)
  const accepted = await client.ask(body, { key: values.key ?? keyFor(body, io.env), identity })
  if (accepted === 'late') throw unanswered()
  const show = showing(io, values.json ?? false)
  show.say(words.askedFor(accepted.id, accepted.requester))
  if (!values.wait) {
    show.end(accepted)
    return exit.ok
  }
  for (let after = 0; ; ) {
    const state = await client.read(`${upgradesPath}/${accepted.id}?wait=${waitSeconds}s&after=${after}`)
    if (state === 'late') return timedOut
    show.state(state)
    if (state.result) {
      const outcome = Outcome.safeParse(state.result.outcome)
      return outcome.success ? ended[outcome.data] : exit.failed
    }
    after = state.sequence
  }
}

type Values = { [Name in keyof typeof options]?: string | boolean | undefined }

function bodyOf(service: string, version: string, values: Values): RequestBody {
  const text = (name: keyof typeof options) => {
    const value = values[name]
    return typeof value === 'string' && value !== '' ? { [name]: value } : {}
  }
  const environment = values.environment ?? values.in
  const batches = typeof values.batches === 'string' ? batchesOf(values.batches) : undefined
  if (values.batches !== undefined && !batches) throw misused('--batches takes a list such as 1,25%,100%.')
  // What the words are to be, the server says best.
  return {
    ...{ service, version },
    ...(typeof environment === 'string' && { environment }),
    ...text('reason'),
    ...text('strategy'),
    ...(batches && { batches }),
    ...text('at'),
    ...text('irreversible'),
    ...(values.downgrade && { downgrade: true }),
    ...(values.major && { major: true }),
  }
}

/**
 * A job that is run once more because its runner was lost asks for the same upgrade; one that somebody starts anew asks
 * for a new one.
 */
function keyFor({ service, environment = '', version }: RequestBody, env: NodeJS.ProcessEnv): string {
  const github = env.GITHUB_RUN_ID && `${env.GITHUB_RUN_ID}.${env.GITHUB_RUN_ATTEMPT ?? 1}.${env.GITHUB_JOB ?? ''}`
  const job = github || env.CI_JOB_ID || env.BUILD_TAG
  const of = job ? `${job}/${service}/${environment}/${version}` : randomUUID()
  return of.replaceAll(/[^\x21-\x7e]/g, '_').slice(0, 200)
}

/** People read lines, programs a JSON document for each state on standard output. */
function showing(io: Io, isJson: boolean) {
  let last = ''
  const say = (line: string) => {
    if (line !== last) (isJson ? io.err : io.out)(line)
    last = line
  }
  return {
    say,
    state(state: SeenState) {
      say(words.stateLine(state))
      if (isJson) io.out(JSON.stringify(state))
    },
    end(accepted: object) {
      if (isJson) io.out(JSON.stringify(accepted))
    },
  }
}

function misused(message: string): RollcallError {
  return new RollcallError('USAGE', message, { hint: usage })
}

function unanswered(): RollcallError {
  return new RollcallError(
    'ROLLCALL_UNREACHABLE',
    'Rollcall did not answer in time, and whether it was asked is not known.',
    {
      hint: 'Check ROLLCALL_URL, then run the same command again: with the same --key it asks for the same upgrade.',
      retryable: true,
    },
  )
}
