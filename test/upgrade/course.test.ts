import { expect, test } from 'vitest'
import { courseOf } from '../../src/upgrade/course.ts'
import { aStory, rolledBackStory, succeededStory } from '../a-story.ts'
import { after, alice, aPolicy, bob, carol } from '../an-upgrade.ts'

test('each batch has when it began, was reached, soaked, checked, and who let it go on', () => {
  const { batches, back } = courseOf(succeededStory().entries)
  expect(batches.map(({ pods }) => pods)).toEqual([1, 3, 5, 10])
  expect(batches[0]).toEqual({
    pods: 1,
    began: after(61_000),
    reached: after(81_000),
    soaked: after(201_000),
    checked: after(202_000),
    continued: { by: carol, at: after(230_000) },
  })
  expect(batches[3]).toMatchObject({ checked: after(741_000) })
  expect(batches[3]?.continued).toBeUndefined()
  expect(back).toBeUndefined()
})

test('a batch that was turned back has no end, and the way back has one', () => {
  const { batches, back } = courseOf(rolledBackStory().entries)
  expect(batches[1]).toEqual({ pods: 3, began: after(244_000), reached: after(268_000) })
  expect(back).toEqual({ began: after(360_000), ended: after(374_000) })
})

test('a pause in the middle of a move begins no batch anew', () => {
  const { entries } = aStory(
    aPolicy(),
    [30, { type: 'approved', by: alice, planHash: '' }],
    [60, { type: 'approved', by: bob, planHash: '' }],
    [61, { type: 'started', approvers: [alice, bob] }],
    [70, { type: 'paused', by: carol }],
    [90, { type: 'resumed', by: carol }],
    [95, { type: 'reached', updated: 1, ready: 10, total: 10, generation: 1 }],
  )
  expect(courseOf(entries).batches).toEqual([{ pods: 1, began: after(61_000), reached: after(95_000) }])
})

test('what never started has no batches', () => {
  expect(courseOf(aStory(aPolicy()).entries)).toEqual({ batches: [] })
})
