import { describe, expect, it } from 'vitest'
import { createLog } from '../../src/observability/log.ts'

function logged(write: (log: ReturnType<typeof createLog>) => void, secrets: string[] = []): string {
  const lines: string[] = []
  write(createLog('info', { secrets, destination: { write: (line) => void lines.push(line) } }))
  return lines.join('')
}

describe('a log line', () => {
  it.each(['token', 'authorization', 'response_url', 'trigger_id', 'signingSecret', 'headers'])(
    'never shows a field that is called %s, however deep it lies',
    (name) => {
      const secret = { [name]: 'canary' }
      const text = logged((log) => {
        log.info(secret, 'at the top')
        log.info({ body: secret }, 'below')
        log.info({ request: { body: secret } }, 'further below')
      })
      expect(text.match(/\[secret\]/g)).toHaveLength(3)
      expect(text).not.toContain('canary')
    },
  )

  it('tells of an error its name, code, message and stack, and nothing else that it carries', () => {
    const error = Object.assign(new Error('it broke', { cause: new Error('no route') }), {
      code: 'E_BROKEN',
      config: { token: 'canary-1' },
      data: { response_url: 'canary-2' },
    })
    const line = JSON.parse(logged((log) => log.error({ err: error }, 'oh'))) as { err: object }
    expect(line.err).toMatchObject({ type: 'Error', code: 'E_BROKEN', message: 'it broke', cause: 'no route' })
    expect(Object.keys(line.err).sort()).toEqual(['cause', 'code', 'message', 'stack', 'type'])
  })

  it('never shows a known secret, not even within a message or a stack', () => {
    const text = logged(
      (log) => log.warn({ err: new Error('401 for xoxb-"canary"') }, 'with xoxb-"canary" in it'),
      ['xoxb-"canary"', ''],
    )
    expect(text).not.toContain('canary')
    expect(JSON.parse(text)).toMatchObject({ msg: 'with [secret] in it' })
  })

  it('shows what cannot be seen on a terminal, or would steer it, as an escape, and stays the same JSON', () => {
    const name = 'web\u001b[31m\u202e\u200b\u009b0m\u2028x'
    const text = logged((log) => log.info({ name }, 'a line'))
    expect(text).not.toMatch(/[^\n\x20-\x7e]/)
    expect(text.trimEnd()).not.toContain('\n')
    expect(JSON.parse(text)).toMatchObject({ name })
  })
})
