import { expect, test } from 'vitest'
import { podPlacement } from './pod-placement.ts'

const { signal } = new AbortController()
const ignore = async () => undefined

test('pods are spread over the nodes, and may ask for one', async () => {
  const placement = podPlacement(['a', 'b'], 2)

  expect(await placement.place('1', 'b', ignore, signal)).toBe('b')
  expect(await placement.place('2', undefined, ignore, signal)).toBe('a')
})

test('a pod that fits nowhere is told so, and gets the place of one that goes', async () => {
  const placement = podPlacement(['a', 'b'], 1)
  placement.assign('1', 'a')
  placement.assign('2', 'b')
  const told = Promise.withResolvers<void>()

  const placed = placement.place('3', undefined, async () => told.resolve(), signal)
  await told.promise
  placement.release('2')

  expect(await placed).toBe('b')
})

test('a pod that is deleted while it waits takes no place', async () => {
  const placement = podPlacement(['a'], 1)
  placement.assign('1', 'a')
  const deletion = new AbortController()

  const placed = placement.place('2', undefined, ignore, deletion.signal)
  deletion.abort()

  await expect(placed).rejects.toThrow()
  placement.release('1')
  expect(await placement.place('3', undefined, ignore, signal)).toBe('a')
})
