import { expect, test } from 'vitest'
import { needGateSecrets } from '../../src/config/gate-secrets.ts'
import { parseConfig } from '../../src/config/load.ts'
import { changed } from './a-config.ts'

const { config } = parseConfig(
  changed(
    [
      '{ context: prod-eu }',
      `{ prometheus: { url: "http://p", tokenEnv: GATE_EU }, alertmanager: { url: "http://m", tokenEnv: GATE_AM } }`,
    ],
    [
      '[{ type: rollout, grace: 30s }]',
      `[{ type: prometheus, query: x, max: 1, url: "http://q", tokenEnv: GATE_OWN }, { type: http, url: "http://a" },
          { type: webhook, url: "http://w", secretEnv: GATE_ORDERS }]`,
    ],
  ),
  { file: 'rollcall.yaml' },
)
const GATE_ORDERS = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'

function told(secrets: Record<string, string>): string | undefined {
  try {
    needGateSecrets(config, secrets)
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENVIRONMENT_INVALID' })
    return String(error)
  }
}

test('a configuration is not taken up while a secret that it names is not set', () => {
  expect(told({ GATE_AM: 'z', GATE_EU: 'x', GATE_OWN: 'y', GATE_ORDERS })).toBeUndefined()
  expect(told({ GATE_OTHER: 'x', GATE_ORDERS })).toMatch(
    /GATE_EU is not set.*\n.*GATE_AM is not set.*\n.*GATE_OWN is not set/,
  )
})

test.each(['hush', 'whsec_c2hvcnQ=', 'whsec_no base64 at all in these many letters'])(
  'nor while one that requests are signed with is %j, which is not told',
  (secret) => {
    const message = told({ GATE_EU: 'x', GATE_OWN: 'y', GATE_ORDERS: secret })
    expect(message).toContain('GATE_ORDERS does not have its form')
    expect(message).not.toContain(secret)
  },
)
