import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { audit } from '../../src/cli/audit.ts'
import { pause, rollback } from '../../src/cli/brake.ts'
import { doctor } from '../../src/cli/doctor.ts'
import { history } from '../../src/cli/history.ts'
import type { Io } from '../../src/cli/io.ts'
import { plan } from '../../src/cli/plan.ts'
import { request } from '../../src/cli/request.ts'
import { restore } from '../../src/cli/restore.ts'
import { validate } from '../../src/cli/validate.ts'
import { serve } from '../../src/serve.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/reference/cli.md'), 'utf8')

const commands = { serve, validate, doctor, request, plan, pause, rollback, restore, history, audit }

test('the page of the command line shows which commands there are', () => {
  const overview = execFileSync(process.execPath, [join(root, 'src/main.ts'), '--help'], { encoding: 'utf8' })

  expect([...overview.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name)).toEqual(Object.keys(commands))
  expect(page).toContain(block(overview))
})

test.each(Object.entries(commands))('the page of the command line shows what %s --help prints', async (_, command) => {
  const lines: string[] = []
  const io: Io = { out: (text) => lines.push(text), err: () => {}, env: {} }

  expect(await command(['--help'], io)).toBe(0)

  expect(page).toContain(block(lines.join('\n')))
})

function block(text: string): string {
  return `\n\`\`\`\n${text.trimEnd()}\n\`\`\`\n`
}
