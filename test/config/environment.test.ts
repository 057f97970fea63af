import { readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import { describe, expect, test } from 'vitest'
import { readAuditKeys, readEnvironment, readGateSecrets, secretsOf } from '../../src/config/environment.ts'
import { RollcallError } from '../../src/upgrade/error.ts'

const secrets = { SLACK_BOT_TOKEN: 'xoxb-1-2-abc', SLACK_SIGNING_SECRET: '0123456789abcdef0123456789abcdef' }

function messageOf(variables: NodeJS.ProcessEnv): string {
  try {
    readEnvironment(variables)
    return ''
  } catch (error) {
    if (error instanceof RollcallError && error.code === 'ENVIRONMENT_INVALID') return error.message
    throw error
  }
}

describe('the environment', () => {
  test('needs two secrets and has a default for the rest', () => {
    expect(readEnvironment({ ...secrets, PATH: '/bin' })).toEqual({
      ...secrets,
      REDIS_URL: 'redis://127.0.0.1:6379',
      ROLLCALL_CONFIG: './rollcall.yaml',
      PORT: 3000,
      LOG_LEVEL: 'info',
    })
  })

  test('has named tokens of programs, several of a name while one is changed', () => {
    const [one, two, three] = ['a', 'b', 'c'].map((letter) => letter.repeat(31).concat('='))
    const list = `github=${one},github=${two},gitlab-ci=${three}`
    const environment = readEnvironment({ ...secrets, ROLLCALL_API_TOKEN: list })
    expect(environment.ROLLCALL_API_TOKEN).toEqual([
      { name: 'github', token: one },
      { name: 'github', token: two },
      { name: 'gitlab-ci', token: three },
    ])
    expect(secretsOf(environment)).toEqual(expect.arrayContaining([one, two, three]))
  })

  test.each([
    ['without a name', 'hush'.repeat(10)],
    ['that is too short', 'github=hush'],
    ['with a name of capitals', `GitHub=${'hush'.repeat(10)}`],
    ['with a comma at its end', `github=${'hush'.repeat(10)},`],
    ['that two names share', `github=${'hush'.repeat(10)},gitlab=${'hush'.repeat(10)}`],
  ])('a token %s is refused, and not shown', (_, ROLLCALL_WEBHOOK_TOKEN) => {
    const message = messageOf({ ...secrets, ROLLCALL_WEBHOOK_TOKEN })
    expect(message).toContain('ROLLCALL_WEBHOOK_TOKEN does not have its form')
    expect(message).not.toContain('hush')
  })

  test('takes everything that is set', () => {
    const given = {
      ...secrets,
      SLACK_API_URL: 'http://127.0.0.1:4000/api/',
      REDIS_URL: 'rediss://user:pass@redis:6380/1',
      KUBECONFIG: '/etc/kube/config',
      ROLLCALL_CONFIG: '/etc/rollcall.yaml',
      ROLLCALL_AUDIT_KEY: `${'new'.repeat(11)},${'old'.repeat(11)}`,
      PORT: '0',
      LOG_LEVEL: 'debug',
    }

    expect(readEnvironment(given)).toEqual({ ...given, PORT: 0 })
  })

  test('needs no signing secret where Slack is reached by Socket Mode', () => {
    const { SLACK_BOT_TOKEN } = secrets
    const environment = readEnvironment({ SLACK_BOT_TOKEN, SLACK_APP_TOKEN: 'xapp-1-A0APP-1-abc' })
    expect(environment).toMatchObject({ SLACK_APP_TOKEN: 'xapp-1-A0APP-1-abc' })
    expect(readEnvironment({ ...secrets, SLACK_APP_TOKEN: 'xapp-1-A0APP-1-abc' })).toEqual(environment)
  })

  test.each(['xoxb-1-2-abc', 'xapp_hush', 'xapp-1 2'])('%s is no app-level token', (SLACK_APP_TOKEN) => {
    const message = messageOf({ ...secrets, SLACK_APP_TOKEN })
    expect(message).toContain('SLACK_APP_TOKEN does not have its form')
    expect(message).toContain('connections:write')
    expect(message).not.toContain(SLACK_APP_TOKEN)
  })

  test('counts an empty variable as absent', () => {
    expect(readEnvironment({ ...secrets, PORT: '', SLACK_API_URL: ' ', SLACK_APP_TOKEN: '' })).toMatchObject({
      PORT: 3000,
    })
  })

  test('says everything that is wrong at once, how to get it, and never a value', () => {
    const message = messageOf({
      SLACK_BOT_TOKEN: 'xoxp-hush',
      SLACK_API_URL: 'slack.hush',
      REDIS_URL: 'http://:hush@redis',
      ROLLCALL_AUDIT_KEY: `hush,${'long enough'.repeat(5)}`,
      PORT: '65536',
      LOG_LEVEL: 'hush',
    })

    expect(message.split('\n').map((line) => line.split(':')[0])).toEqual([
      'The environment has 7 problems',
      '  SLACK_BOT_TOKEN does not have its form',
      '  SLACK_SIGNING_SECRET is not set',
      '  SLACK_API_URL does not have its form',
      '  REDIS_URL does not have its form',
      '  ROLLCALL_AUDIT_KEY does not have its form',
      '  PORT does not have its form',
      '  LOG_LEVEL does not have its form',
    ])
    expect(message).toContain('api.slack.com/apps')
    expect(message).not.toContain('hush')
  })

  test.each(['3000x', '-1', '70000', '1e3'])('%s is no port', (PORT) => {
    expect(messageOf({ ...secrets, PORT })).toContain('PORT')
  })
})

test('its secrets are known one by one, so that none is ever shown', () => {
  const given = {
    SLACK_BOT_TOKEN: 'xoxb-1-2-abc',
    REDIS_URL: 'rediss://user:p%40ss@redis:6380/1',
    ROLLCALL_AUDIT_KEY: `${'n'.repeat(32)},${'o'.repeat(32)}`,
  }
  const known = ['xoxb-1-2-abc', 'p%40ss', 'p@ss', 'n'.repeat(32), 'o'.repeat(32)]
  const { SLACK_SIGNING_SECRET } = secrets
  const SLACK_APP_TOKEN = 'xapp-1-A0APP-2-abc'
  expect(secretsOf(readEnvironment({ ...given, SLACK_SIGNING_SECRET })).sort()).toEqual(
    [...known, SLACK_SIGNING_SECRET].sort(),
  )
  expect(secretsOf(readEnvironment({ ...given, SLACK_APP_TOKEN })).sort()).toEqual([...known, SLACK_APP_TOKEN].sort())
})

test('gates may use what is named for them, and nothing else', () => {
  const GATE_TOKEN = 'hush'
  expect(readGateSecrets({ ...secrets, GATE_TOKEN, GATE_EMPTY: ' ', gate_x: 'y' })).toEqual({ GATE_TOKEN })
})

describe('the audit keys', () => {
  const [newer, older] = ['a'.repeat(32), 'b'.repeat(40)]

  test('are none without the variable, and in the order in which they stand', () => {
    expect(readAuditKeys({})).toEqual([])
    expect(readAuditKeys({ ROLLCALL_AUDIT_KEY: `${newer},${older}` }).map(({ secret }) => secret)).toEqual([
      newer,
      older,
    ])
  })

  test.each([['a'.repeat(31)], [`${newer},short`], [`${newer},`], [`${newer} ${older}`]])(
    '%j is refused, and not told',
    (ROLLCALL_AUDIT_KEY) => {
      expect(() => readAuditKeys({ ROLLCALL_AUDIT_KEY })).toThrow(/ROLLCALL_AUDIT_KEY .*at least 32 characters/)
      expect(() => readAuditKeys({ ROLLCALL_AUDIT_KEY })).not.toThrow(/aaa|bbb|short/)
    },
  )
})

test('.env.example names every variable, and its defaults are the real ones', async () => {
  const text = await readFile('.env.example', 'utf8')
  const named = parseEnv(text.replace(/^#(?=[A-Z_]+=)/gm, ''))
  const secret = [
    'SLACK_BOT_TOKEN',
    'SLACK_SIGNING_SECRET',
    'SLACK_APP_TOKEN',
    'ROLLCALL_AUDIT_KEY',
    'ROLLCALL_API_TOKEN',
    'ROLLCALL_WEBHOOK_TOKEN',
    'ROLLCALL_REGISTRY_SECRET',
  ]
  const defaultless = [
    ...secret,
    'SLACK_API_URL',
    'KUBECONFIG',
    'REGISTRY_AUTH_FILE',
    'GATE_PROMETHEUS_TOKEN',
    'GATE_WEBHOOK_SECRET',
  ]
  const defaults = Object.fromEntries(Object.entries(named).filter(([name]) => !defaultless.includes(name)))

  expect(Object.keys(named)).toEqual(expect.arrayContaining(defaultless))
  expect(readEnvironment({ ...secrets, ...defaults })).toEqual(readEnvironment(secrets))
  expect(Object.keys(defaults).sort()).toEqual(['LOG_LEVEL', 'PORT', 'REDIS_URL', 'ROLLCALL_CONFIG'])
})
