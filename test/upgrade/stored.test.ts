import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/upgrade/events.ts'
import { nextTask } from '../../src/upgrade/next-task.ts'
import { phaseOf, phases } from '../../src/upgrade/phase.ts'
import { isRefusal } from '../../src/upgrade/refusal.ts'
import { readStored } from '../../src/upgrade/stored.ts'
import { transition } from '../../src/upgrade/transition.ts'
import type { Upgrade } from '../../src/upgrade/upgrade.ts'
import { alice, anUpgrade, bob, carol, noon } from '../an-upgrade.ts'

/** One upgrade in each phase, as the release with schema 1 stored it. Never to be written anew. */
const stored = readFileSync(join(import.meta.dirname, 'fixtures/schema-1.jsonl'), 'utf8')
  .trim()
  .split('\n')

function read(text: string): Upgrade {
  const found = readStored(text)
  if ('unreadable' in found) throw new Error(found.unreadable)
  return found.upgrade
}

/** The fact that does what the upgrade owes. */
function owed(upgrade: Upgrade): Event {
  if (upgrade.hold) return { type: 'resumed', by: carol }
  const task = nextTask(upgrade)
  switch (task.do) {
    case 'prepare':
      return { type: 'prepared', plan: anUpgrade().plan as NonNullable<Upgrade['plan']> }
    case 'pursue':
      return { type: 'reached', updated: 1, ready: 10, total: 10, generation: 7 }
    case 'soak':
      return { type: 'soaked' }
    case 'measure':
      return { type: 'checked', reports: [] }
    case 'recheck':
      return { type: 'started', approvers: [alice, bob] }
    case 'wait': {
      if (phaseOf(upgrade) !== 'awaitingApproval') return { type: 'continued', by: carol }
      const by = upgrade.approvals.length === 0 ? alice : bob
      return { type: 'approved', by, planHash: upgrade.plan?.hash ?? '' }
    }
    default:
      throw new Error(`nothing is owed: ${task.do}`)
  }
}

describe('an upgrade that the release before stored', () => {
  it('is there for every phase', () => {
    const known = phases.filter((phase) => phase !== 'scheduled')
    expect(stored.map((text) => phaseOf(read(text)))).toEqual(known)
  })

  it.each(stored.map((text) => [phaseOf(read(text)), text] as const))(
    '%s is read and brought to its end',
    (_, text) => {
      let upgrade = read(text)
      const { policy, ...same } = JSON.parse(text)
      expect(upgrade).toEqual({
        ...same,
        policy: {
          ...policy,
          rollbackWindowMs: 0,
          breakGlass: false,
          admins: [],
          onAlert: 'notify',
          gates: { ...policy.gates, measured: [] },
        },
        measured: [],
        schema: 2,
      })
      for (let steps = 0; !upgrade.result && steps < 50; steps++) {
        const next = transition(upgrade, owed(upgrade), noon)
        if (isRefusal(next)) throw new Error(JSON.stringify(next))
        upgrade = next
      }
      expect(upgrade.result?.outcome).toBeDefined()
      expect(read(JSON.stringify(upgrade))).toEqual(upgrade)
    },
  )
})

describe('what this release does not read', () => {
  it.each([
    ['a newer schema', { ...anUpgrade(), schema: 3 }, 'schema 3 is newer than 2'],
    ['a schema before the last one', { ...anUpgrade(), schema: 0 }, 'schema'],
    ['a field that it does not know', { ...anUpgrade(), mood: 'fine' }, ''],
    ['something else altogether', 42, 'no JSON object'],
  ])('is %s', (_, value, why) => {
    expect(readStored(JSON.stringify(value))).toEqual({ unreadable: why })
  })

  it('is a text that was cut', () => {
    expect(readStored('{"schema":2,')).toEqual({ unreadable: 'no JSON object' })
  })
})
