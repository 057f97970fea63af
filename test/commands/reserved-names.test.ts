import { expect, test } from 'vitest'
import { commands } from '../../src/commands/index.ts'
import { reservedServiceNames } from '../../src/config/names.ts'

test('no service can have the name of a command, which would hide it', () => {
  expect(reservedServiceNames).toEqual(expect.arrayContaining(Object.keys(commands)))
})
