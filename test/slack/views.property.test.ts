import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Observation } from '../../src/engine/ports.ts'
import { en } from '../../src/messages/en.ts'
import { incidentCodes } from '../../src/messages/incidents.ts'
import { plainText } from '../../src/messages/plain-text.ts'
import { messagesOf } from '../../src/slack/views/messages.ts'
import { findingCodes } from '../../src/targets/workload/finding-codes.ts'
import { phases } from '../../src/upgrade/phase.ts'
import { bounded, printable } from '../../src/upgrade/printable.ts'
import type { Finding, Incident, Prospect, Upgrade } from '../../src/upgrade/upgrade.ts'
import { rolledBackEvidence, rolledBackStory } from '../a-story.ts'
import { anUpgradeIn, carol, noon, slackUser, someFacts } from '../an-upgrade.ts'
import { anyText, unseen } from '../any-text.ts'
import { validateBlocks } from '../fakes/slack/slack.ts'
import { fuzzRuns } from '../fuzz-runs.ts'
import { harmOfMarkup, harmOfPayload } from '../harmless.ts'

const aText = anyText(20)

/** What fills the sentences of findings and incidents, under the names that they look for. */
const detailNames = [
  'why',
  'what',
  'request',
  'range',
  'pods',
  'open',
  'names',
  'looked',
  'key',
  'bound',
  'pod',
  'U0ALICE',
  'allowed',
  'application',
  'autoscaler',
  'budget',
  'cause',
  'changed',
  'channel',
  'container',
  'containers',
  'fields',
  'free',
  'from',
  'gate',
  'how',
  'image',
  'kind',
  'manager',
  'mark',
  'max',
  'message',
  'min',
  'name',
  'namespace',
  'needed',
  'patch',
  'quota',
  'ready',
  'readyTimeoutSeconds',
  'reason',
  'release',
  'resource',
  'rested',
  'seconds',
  'stamp',
  'to',
  'total',
  'unavailable',
  'updated',
  'upgrade',
  'value',
  'verb',
  'wanted',
]
const aDetail = fc.dictionary(fc.constantFrom(...detailNames), fc.oneof(aText, fc.nat()), { maxKeys: 12 })

const aFinding: fc.Arbitrary<Finding> = fc.record({
  severity: fc.constantFrom('block' as const, 'warn' as const, 'note' as const),
  code: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...Object.keys(findingCodes)) },
    { weight: 1, arbitrary: aText },
  ),
  detail: aDetail,
})

const anIncident: fc.Arbitrary<Incident> = fc.record({
  at: fc.constant(noon),
  code: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...incidentCodes) }, { weight: 1, arbitrary: aText }),
  detail: aDetail,
})

const anObservation: fc.Arbitrary<Observation> = fc.record({
  total: fc.nat(20),
  updated: fc.nat(20),
  ready: fc.nat(20),
  stable: fc.array(aText, { maxLength: 2 }),
  pods: fc.array(
    fc.record({
      name: aText,
      ready: fc.boolean(),
      createdAt: fc.constant(noon),
      restarts: fc.nat(9),
      waiting: aText,
      terminated: aText,
      unschedulable: aText,
      displaced: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
})

const aProspect: fc.Arbitrary<Prospect> = fc.record({
  changes: fc.array(
    fc.record(
      { path: aText, change: fc.constantFrom('changed' as const, 'added' as const), from: aText, to: aText },
      { requiredKeys: ['path', 'change'] },
    ),
    { maxLength: 12 },
  ),
  back: aText,
  past: fc.record({
    upgrades: fc.nat(3),
    last: fc.record({ id: aText, outcome: fc.constantFrom('succeeded' as const, 'rolledBack' as const) }),
    roundMs: fc.nat(1_000_000_000),
    batches: fc.integer({ min: 1, max: 9 }),
    back: fc.record({ id: aText, ms: fc.nat(1_000_000_000) }),
  }),
})

/** An upgrade of which everything that comes from people, clusters and images is hostile. */
const anUpgrade = fc
  .record({
    phase: fc.constantFrom(...phases),
    reason: aText,
    image: aText,
    from: aText,
    user: fc.oneof(aText, fc.constant('U0DANA')),
    why: aText,
    findings: fc.array(aFinding, { maxLength: 4 }),
    prospect: fc.option(aProspect, { nil: undefined }),
    incidents: fc.array(anIncident, { maxLength: 3 }),
  })
  .map(({ phase, reason, image, from, user, why, findings, prospect, incidents: told }): Upgrade => {
    const by = slackUser(user)
    const facts = someFacts({ image: from })
    const upgrade = anUpgradeIn(phase, bounded({ facts, findings, incidents: told, ...(prospect && { prospect }) }))
    return bounded({
      ...upgrade,
      request: { ...upgrade.request, reason, image, version: image, by },
      ...(upgrade.hold && { hold: { ...upgrade.hold, reason: why, code: why } }),
      ...(upgrade.result && { result: { ...upgrade.result, reason: why, code: why, by, findings } }),
      ...(upgrade.turnedBack && { turnedBack: { ...upgrade.turnedBack, reason: why, by: carol } }),
      answers: [{ step: 0, action: 'rejected' as const, by, at: noon, reason: why }],
    })
  })

const told = { entries: rolledBackStory().entries, evidence: rolledBackEvidence() }

test('whatever people, labels, images and pods say: Slack takes every message, and none can do harm', () => {
  fc.assert(
    fc.property(anUpgrade, anObservation, (upgrade, observation) => {
      for (const { text, blocks, metadata } of messagesOf(upgrade, {
        messages: en,
        observation,
        told,
      })) {
        expect(harmOfMarkup(text)).toEqual([])
        expect(harmOfPayload(blocks)).toEqual([])
        expect(validateBlocks(blocks)).toEqual([])
        expect(JSON.stringify(blocks).length).toBeLessThan(13_000)
        expect(text.trim()).not.toBe('')
        expect(text.length).toBeLessThanOrEqual(4_000)
        expect(harmOfPayload(metadata.event_payload, 'event_payload')).toEqual([])
        expect(Buffer.byteLength(JSON.stringify(metadata))).toBeLessThan(16_384)
        expect(printable(plainText({ mrkdwn: text }))).not.toMatch(unseen)
      }
    }),
    { numRuns: fuzzRuns(300) },
  )
})
