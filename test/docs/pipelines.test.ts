import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { request } from '../../src/cli/request.ts'
import { parseConfig } from '../../src/config/load.ts'
import { RequestBody } from '../../src/http/api/schemas.ts'
import { acceptedOf, stateOf } from '../../src/http/api/state.ts'
import { anUpgrade, anUpgradeIn } from '../an-upgrade.ts'
import { shopConfig } from '../shop.ts'

const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/pipelines.md'), 'utf8')

type Seen = { method: string; url: string; headers: Record<string, unknown>; body: string }
const seen: Seen[] = []
let base: string

/** Takes what is asked for, and has it succeed at once. */
const server = createServer((incoming, response) => {
  let body = ''
  incoming.setEncoding('utf8').on('data', (text: string) => {
    body += text
  })
  incoming.on('end', () => {
    const { method = '', url = '', headers } = incoming
    seen.push({ method, url, headers, body })
    const answer = method === 'POST' ? acceptedOf(anUpgrade()) : stateOf(anUpgradeIn('succeeded'), {})
    response.writeHead(method === 'POST' ? 201 : 200).end(JSON.stringify(answer))
  })
})

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

/** The first block of a language below a heading. */
function block(heading: string, language: string): string {
  const section = guide.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const found = new RegExp(`^( *)\`\`\`${language}\\n([^]*?)^ *\`\`\``, 'm').exec(section)
  if (!found) throw new Error(`no ${language} below ${heading}`)
  return (found[2] ?? '').replaceAll(new RegExp(`^${found[1]}`, 'gm'), '')
}

const Strings = z.record(z.string(), z.string())

/** What a step of the CI runs, in the shell and the environment that it has there. */
function run(command: string, env: Record<string, string>): Promise<string[]> {
  expect(command).toMatch(/^node \/app\/dist\/main\.js request /)
  const words = `for word in ${command.replace('node /app/dist/main.js request', '')}; do printf '%s\\n' "$word"; done`
  return new Promise((resolve, reject) => {
    execFile('/bin/sh', ['-c', words], { env }, (error, out) => {
      if (error) reject(error)
      else resolve(out.trimEnd().split('\n'))
    })
  })
}

/** Runs the client with it against a server that says yes, and returns what it asked for. */
async function asked(args: string[], env: Record<string, string>) {
  seen.length = 0
  const io = { out() {}, err() {}, env: { ...env, ROLLCALL_URL: base } }
  expect(await request(args, io)).toBe(0)
  const [post, ...looks] = seen
  expect(looks.length).toBeGreaterThan(0)
  expect(post).toMatchObject({ method: 'POST', headers: { authorization: `Bearer ${env.ROLLCALL_API_TOKEN}` } })
  return { body: RequestBody.parse(JSON.parse(post?.body ?? '')), headers: post?.headers ?? {} }
}

const production = { service: 'web', environment: 'production' }

test('the configuration of the guide is right', () => {
  const first = z.object({ pipelines: z.unknown() }).parse(parse(block('# Pipelines', 'yaml')))
  const second = z.object({ pipelines: z.unknown() }).parse(parse(block('Who asks', 'yaml')))
  for (const { pipelines } of [first, second]) {
    const names = Object.keys(pipelines as object)
    const config = shopConfig({ web: { environment: { permissions: { ...permissions, pipelines: names } } } })
    const read = parseConfig(stringify({ ...config, pipelines }), { file: 'f' })
    expect(Object.keys(read.config.pipelines)).toEqual(names)
  }
})

const permissions = { request: ['developers'], approve: ['release-managers'], operate: ['platform'] }

test('GitHub Actions', async () => {
  const Workflow = z.object({
    permissions: z.object({ 'id-token': z.literal('write') }),
    jobs: z.object({
      production: z.object({ steps: z.tuple([z.object({ env: Strings, run: z.string() })]) }),
    }),
  })
  const [step] = Workflow.parse(parse(block('GitHub Actions', 'yaml'))).jobs.production.steps
  expect(step.env.ROLLCALL_API_TOKEN).toMatch(/^\$\{\{ secrets\.\w+ \}\}$/)
  const given = { GITHUB_REF_NAME: 'v1.5.0', GITHUB_RUN_ID: '7', GITHUB_RUN_ATTEMPT: '1', GITHUB_JOB: 'production' }
  const env = { ...given, ROLLCALL_API_TOKEN: 'secret' }
  const { body, headers } = await asked(await run(step.run.trim(), env), env)
  expect(body).toEqual({ ...production, version: '1.5.0', reason: 'release v1.5.0' })
  expect(headers['idempotency-key']).toBe('7.1.production/web/production/1.5.0')
})

test('GitLab CI', async () => {
  const Job = z.object({
    production: z.object({
      id_tokens: z.object({ ROLLCALL_OIDC_TOKEN: z.object({ aud: z.literal('rollcall') }) }),
      script: z.tuple([z.string()]),
    }),
  })
  const [script] = Job.parse(parse(block('GitLab CI', 'yaml'))).production.script
  const env = { CI_COMMIT_TAG: '1.5.0', CI_JOB_ID: '99', ROLLCALL_OIDC_TOKEN: 'signed', ROLLCALL_API_TOKEN: 'secret' }
  const { body, headers } = await asked(await run(script, env), env)
  expect(body).toEqual({ ...production, version: '1.5.0', reason: 'release 1.5.0' })
  expect(headers).toMatchObject({ 'x-rollcall-identity': 'signed', 'idempotency-key': '99/web/production/1.5.0' })
})

test('Jenkins', async () => {
  const groovy = block('Jenkins', 'groovy')
  const count = (bracket: string) => groovy.split(bracket).length
  expect([count('{'), count('(')]).toEqual([count('}'), count(')')])
  const credentials = [...groovy.matchAll(/^ +(ROLLCALL_\w+) = credentials\('[\w-]+'\)$/gm)].map(([, name]) => name)
  expect(credentials).toEqual(['ROLLCALL_API_TOKEN', 'ROLLCALL_OIDC_TOKEN'])
  const command = /^ +sh '(.*)'$/m.exec(groovy)?.[1] ?? ''
  const env = {
    VERSION: '1.5.0',
    BUILD_TAG: 'jenkins-web-7',
    ROLLCALL_OIDC_TOKEN: 'signed',
    ROLLCALL_API_TOKEN: 'secret',
  }
  const { body, headers } = await asked(await run(command, env), env)
  expect(body).toEqual({ ...production, version: '1.5.0', reason: 'jenkins-web-7' })
  expect(headers).toMatchObject({ 'idempotency-key': 'jenkins-web-7/web/production/1.5.0' })
})

test('Argo CD Notifications', () => {
  const { data } = z.object({ data: Strings }).parse(parse(block('Argo CD Notifications', 'yaml')))
  const Service = z.object({ url: z.string(), headers: z.array(z.object({ name: z.string(), value: z.string() })) })
  const { url, headers } = Service.parse(parse(data['service.webhook.rollcall'] ?? ''))
  expect(new URL(url).pathname).toBe('/api/v1/upgrades')
  expect(headers.map(({ name }) => name)).toEqual(['Authorization', 'Content-Type'])
  const Template = z.object({
    webhook: z.object({ rollcall: z.object({ method: z.literal('POST'), body: z.string() }) }),
  })
  const template = Template.parse(parse(data['template.ask-for-production'] ?? '')).webhook.rollcall.body
  const filled = template.replaceAll(/\{\{.*?\}\}/g, (code) => (code.includes('images') ? '1.5.0' : 'f00d'))
  expect(RequestBody.parse(JSON.parse(filled))).toEqual({
    ...{ ...production, version: '1.5.0' },
    key: 'argocd-f00d-f00d',
    reason: 'healthy in staging, revision f00d',
  })
})

test('curl', () => {
  const command = block('Anything that speaks HTTP', 'sh')
  const data = /--data '(.*)'/.exec(command)?.[1] ?? ''
  expect(RequestBody.parse(JSON.parse(data))).toMatchObject({ ...production, version: '1.5.0' })
  expect([...command.matchAll(/--header "([\w-]+):/g)].map(([, name]) => name)).toEqual([
    'Authorization',
    'Idempotency-Key',
    'Content-Type',
  ])
})
