import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { commandLine } from '../../src/commands/command-line.ts'
import { answer, commands, decides } from '../../src/commands/index.ts'
import { longestCommand, parse } from '../../src/commands/parse.ts'
import { en } from '../../src/messages/en.ts'
import { clean, clipMarkup, escapeMrkdwn } from '../../src/messages/escape.ts'
import { renderReply } from '../../src/slack/views/reply.ts'
import { seal } from '../../src/upgrade/audit-chain.ts'
import { anUpgradeIn, aPolicy, dana, noon } from '../an-upgrade.ts'
import { anyText, unseen } from '../any-text.ts'
import { validateBlocks } from '../fakes/slack/slack.ts'
import { fuzzRuns } from '../fuzz-runs.ts'
import { harmOfMarkup, harmOfPayload } from '../harmless.ts'
import { InMemorySurface } from './in-memory-surface.ts'

const phases = ['awaitingApproval', 'progressing', 'awaitingContinue', 'paused', 'succeeded'] as const

/** Words that mean something, among anything else. */
const aCommand = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...Object.keys(commands), 'web', 'api', 'in', 'production', 'staging') },
      { weight: 3, arbitrary: fc.constantFrom('1.5.0', `sha256:${'a'.repeat(64)}`, 'web-production-14', 'web:1.5.0') },
      {
        weight: 3,
        arbitrary: fc.constantFrom('--reason', '--batches', '1,25%,100%', '--strategy', 'rolling', '--csv'),
      },
      { weight: 1, arbitrary: fc.constantFrom('"', '“', "'", '—reason', '--', '=', '--reason=') },
      { weight: 4, arbitrary: anyText(12) },
    ),
    { maxLength: 8 },
  )
  .map((words) => words.join(' '))

function aSurface(phase: (typeof phases)[number]): InMemorySurface {
  const surface = new InMemorySurface()
  surface.policies = [
    aPolicy({ overrides: ['strategy', 'batches'] }),
    aPolicy({ service: 'api', environment: 'staging' }),
  ]
  const upgrade = anUpgradeIn(phase)
  const entry = { actor: dana, action: 'paused', target: '<!here>', outcome: 'done', from: {}, to: {} } as const
  const where = { requestId: 'r', chain: upgrade.id, sequence: 1, previousHash: '', at: noon }
  surface.chain.push(seal({ ...entry, ...where, reason: '<@U0VICTIM> \u202e' }))
  return surface.put(upgrade)
}

const stops = new Set(['pause', 'rollback', 'cancel'])

describe('whatever is typed behind /upgrade', () => {
  test('is read without an error, and what is written of it reads as itself', () => {
    const written = (text: string) => {
      const { words, options } = parse(text)
      return commandLine(words, options).slice('/upgrade '.length)
    }
    // Whoever types it has it sent by Slack, which writes entities.
    const sent = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    fc.assert(
      fc.property(aCommand, (text) => {
        const once = written(text)
        expect(written(sent(once))).toBe(once)
      }),
      { numRuns: fuzzRuns(10_000) },
    )
  })

  test('is answered in a message that Slack takes and that can do no harm', async () => {
    await fc.assert(
      fc.asyncProperty(aCommand, fc.constantFrom(...phases), async (text, phase) => {
        const surface = aSurface(phase)
        const reply = await answer(text, {
          surface,
          messages: en,
          by: dana,
          requestId: 'r1',
          linkTo: async () => 'https://acme.slack.com/archives/C0RELEASES/p1',
        })
        const { text: said, blocks } = renderReply(reply, en)
        expect(harmOfMarkup(said)).toEqual([])
        expect(harmOfPayload(blocks)).toEqual([])
        expect(validateBlocks(blocks)).toEqual([])
        expect(said.length).toBeGreaterThan(0)
        expect(said.length).toBeLessThanOrEqual(4_000)

        // Text never leads forward, and asks only for what exists.
        for (const decision of surface.decisions) {
          expect(stops.has(decision.action)).toBe(true)
          expect(decision.seen).toBeUndefined()
          expect(decision.upgrade).toBe('web-production-14')
          expect(decides(text)).toBe(true)
        }
        for (const { service, environment, version, reason = '' } of surface.requests) {
          expect(surface.policyFor(service, environment)).toBeDefined()
          expect(version).toMatch(/^(sha256:[0-9a-f]{64}|[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$/)
          expect(reason.length).toBeLessThanOrEqual(longestCommand)
        }
        expect(surface.decisions.length + surface.requests.length).toBeLessThanOrEqual(1)
      }),
      { numRuns: fuzzRuns(1_000) },
    )
  })
})

describe('any text', () => {
  test('is clean once it was cleaned, and within its limit', () => {
    fc.assert(
      fc.property(anyText(), fc.integer({ min: 1, max: 400 }), (text, limit) => {
        const cleaned = clean(text, limit)
        expect(clean(cleaned, limit)).toBe(cleaned)
        expect(cleaned).not.toMatch(unseen)
        expect(cleaned).not.toMatch(/\s\s|[\n\r\t]/)
        expect(cleaned.length).toBeLessThanOrEqual(limit)
      }),
      { numRuns: fuzzRuns(10_000) },
    )
  })

  test('is harmless wherever finished markup is cut', () => {
    fc.assert(
      fc.property(anyText(), fc.integer({ min: 1, max: 400 }), (text, limit) => {
        const cut = clipMarkup(`<@U0ALICE> ${escapeMrkdwn(text)} <@U0BOB>`, limit)
        expect(cut.length).toBeLessThanOrEqual(limit)
        expect(harmOfMarkup(cut)).toEqual([])
      }),
      { numRuns: fuzzRuns(10_000) },
    )
  })
})
