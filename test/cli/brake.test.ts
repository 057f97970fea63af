import { describe, expect, test } from 'vitest'
import { pause, rollback } from '../../src/cli/brake.ts'
import type { Io } from '../../src/cli/io.ts'

const commands = { pause, rollback }
const io: Io = { out: () => {}, err: () => {}, env: {} }

describe.each(Object.entries(commands))('rollcall %s', (name, run) => {
  test.each([
    ['no ID', [], `${name} takes the ID of one upgrade, such as web-production-14.`],
    ['two IDs', ['a-1', 'b-1'], 'takes the ID of one upgrade'],
    ['no number of seconds', ['a-1', '--wait', 'long'], '--wait takes seconds, from 0 to 600: not "long".'],
    ['a time before now', ['a-1', '--wait', '-1'], /--wait/],
    ['an hour', ['a-1', '--wait', '3600'], '--wait takes seconds'],
    [
      'a workload without its namespace',
      ['a-1', '--deployment', 'web'],
      '--deployment takes NAMESPACE/NAME: not "web".',
    ],
    ['a kind of workload', ['a-1', '--deployment', 'a/b/c'], '--deployment takes NAMESPACE/NAME'],
    ['an option that there is not', ['a-1', '--resaon', 'x'], '--resaon'],
  ])('does not take %s', async (_, argv, message) => {
    await expect(run(argv, io)).rejects.toThrow(message)
  })

  test('needs a kubeconfig', async () => {
    const env = { KUBECONFIG: '/nowhere' }
    await expect(run(['a-1'], { ...io, env })).rejects.toMatchObject({ code: 'CONTEXT_NOT_FOUND' })
  })
})
