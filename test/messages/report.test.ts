import { describe, expect, test } from 'vitest'
import { en } from '../../src/messages/en.ts'
import type { Evidence } from '../../src/upgrade/evidence.ts'
import type { GateReport } from '../../src/upgrade/upgrade.ts'
import { aStory, errorRate, rolledBackEvidence, rolledBackStory, succeededStory } from '../a-story.ts'
import { after, alice, anUpgradeIn, aPolicy, bob, noon } from '../an-upgrade.ts'

const nothingMeasured: Evidence = { series: {}, reports: [] }

function reported(story = rolledBackStory(), evidence: Evidence = rolledBackEvidence()): string[] {
  return en.report(story.upgrade, { entries: story.entries, evidence }).mrkdwn.split('\n')
}

describe('the report', () => {
  test('has a line for each batch, and for the way back', () => {
    expect(reported().slice(0, 4)).toEqual([
      '*Batches*',
      expect.stringMatching(
        /^• 1 of 10: Ready in 18 s, soaked 2 min, gates 3 s, continued after 40 s by <@U0CAROL> \(/,
      ),
      '• 3 of 10: Ready in 24 s',
      '• back: 14 s',
    ])
  })

  test('says so when there was never a pod too few', () => {
    expect(reported()).toContain('*Capacity* never fewer than 10 of 10 Ready · downtime 0 s')
  })

  test('says how few pods there were, and for how long there were none', () => {
    const capacity = { least: 0, wanted: 10, belowMs: 95_000, downMs: 12_000 }
    expect(reported(succeededStory(), { ...nothingMeasured, capacity })).toContain(
      '*Capacity* at least 0 of 10 Ready, fewer than wanted for 1 min 35 s · downtime 12 s',
    )
  })

  test('does not claim a capacity that nobody saw', () => {
    expect(reported(succeededStory(), nothingMeasured).join()).not.toContain('Capacity')
  })

  test('has a figure at the end, its limit, and the one before the first change', () => {
    expect(reported().slice(-2)).toEqual(['*Gates*', '✖ error-rate: 12 % (limit 1 %), 0.2 % before'])
  })

  test('shows gates of any kind: those that checks passed, and those that stopped it', () => {
    const story = rolledBackStory()
    const accepted: GateReport = {
      gate: 'looks-right',
      verdict: 'passed',
      code: 'HTTP_OK',
      detail: { host: 'h', status: 200 },
    }
    const refused: GateReport = {
      ...accepted,
      gate: 'regression',
      verdict: 'failed',
      code: 'HTTP_STATUS',
      detail: { host: 'h', status: 500, wanted: '200' },
    }
    const measured = [...story.upgrade.measured, { ...accepted, step: 4, at: noon }]
    const [first, ...entries] = story.entries
    if (!first) throw new Error('no entries')
    const stopped = { ...first, action: 'gateFailed', detail: { report: refused } }
    const lines = reported({ upgrade: { ...story.upgrade, measured }, entries: [first, stopped, ...entries] })
    expect(lines).toContain('✔ looks-right: h answered 200')
    expect(lines).toContain('✖ regression: h answered 500, not 200')
  })

  test('stays short: of many gates the first eight', () => {
    const reports = Array.from({ length: 30 }, (_, index) => ({ ...errorRate, gate: `gate-${index}` }))
    const lines = reported(succeededStory(), { series: {}, reports })
    expect(lines.filter((line) => line.startsWith('✖'))).toHaveLength(8)
    expect(lines.at(-1)).toBe('• and 22 more')
  })

  test('is empty where nothing was changed', () => {
    expect(en.report(anUpgradeIn('rejected'), { entries: [], evidence: rolledBackEvidence() }).mrkdwn).toBe('')
  })
})

describe('the chart', () => {
  test('begins with the start and ends with the upgrade; what was measured outside of that is left out', () => {
    const { upgrade, entries } = rolledBackStory()
    const early = { at: noon, value: 9, verdict: 'failed' as const }
    const evidence = rolledBackEvidence()
    const series = { 'error-rate': [early, ...(evidence.series['error-rate'] ?? [])] }
    const chart = en.chart(upgrade, { entries, evidence: { ...evidence, series } })
    expect([chart?.from, chart?.to]).toEqual([Date.parse(after(61_000)), Date.parse(after(374_000))])
    expect(chart?.panels[0]?.points.map(({ value }) => value)).not.toContain(9)
  })

  test('has the gates that failed first, and six at most', () => {
    const { upgrade, entries } = rolledBackStory()
    const series = Object.fromEntries(
      Array.from({ length: 9 }, (_, index) => [
        `gate-${index}`,
        [{ at: after(100_000), value: index, verdict: index === 8 ? ('failed' as const) : ('passed' as const) }],
      ]),
    )
    const reports = Object.keys(series).map((gate) => ({ ...errorRate, gate }))
    const chart = en.chart(upgrade, { entries, evidence: { series, reports } })
    expect(chart?.panels.map(({ name }) => name)).toEqual(['gate-8', 'gate-0', 'gate-1', 'gate-2', 'gate-3', 'gate-4'])
  })

  test('is none where no figures were measured, or nothing was changed', () => {
    const { upgrade, entries } = succeededStory()
    expect(en.chart(upgrade, { entries, evidence: nothingMeasured })).toBeUndefined()
    const approved = aStory(
      aPolicy(),
      [30, { type: 'approved', by: alice, planHash: '' }],
      [31, { type: 'rejected', by: bob }],
    )
    expect(en.chart(approved.upgrade, { entries: approved.entries, evidence: rolledBackEvidence() })).toBeUndefined()
  })
})
