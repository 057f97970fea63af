import { describe, expect, test } from 'vitest'
import { suggest } from '../../../demo/page/completion.ts'
import type { Workspace } from '../../../demo/server/protocol.ts'

const workspace: Workspace = {
  name: 'shop',
  channel: { id: 'C1', name: 'releases', locale: 'en' },
  bot: 'U0BOT',
  people: [],
  groups: [],
  services: [
    {
      name: 'web',
      environments: ['staging', 'production'],
      runs: '1.4.2',
      versions: [{ tag: '1.5.0', story: 'good' }],
    },
  ],
  commands: [
    { usage: '<service> <version>', what: 'asks' },
    { usage: 'status [<id>|<service>]', what: 'shows' },
    { usage: 'rollback <id>', what: 'goes back' },
  ],
}

const lines = (line: string) => suggest(line, workspace, ['web-production-1']).map((one) => one.line)

describe('completion of /upgrade', () => {
  test.each([
    ['hello', []],
    ['/', ['/upgrade ']],
    ['/upgrade w', ['/upgrade web ']],
    ['/upgrade ', ['/upgrade web ', '/upgrade status ', '/upgrade rollback ']],
    ['/upgrade web ', ['/upgrade web 1.5.0 ']],
    ['/upgrade web 1.5.0 ', ['/upgrade web 1.5.0 in staging ', '/upgrade web 1.5.0 in production ']],
    ['/upgrade web 1.5.0 in p', ['/upgrade web 1.5.0 in production ']],
    ['/upgrade web 1.5.0 in production --r', ['/upgrade web 1.5.0 in production --reason "']],
    ['/upgrade web 1.5.0 in production --reason "x" ', ['/upgrade web 1.5.0 in production --reason "x" --batches ']],
    ['/upgrade rollback ', ['/upgrade rollback web-production-1 ']],
    ['/upgrade status ', ['/upgrade status web-production-1 ', '/upgrade status web ']],
  ])('%j', (line, expected) => {
    expect(lines(line)).toEqual(expected)
  })
})
