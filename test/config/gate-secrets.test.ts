import { expect, test } from 'vitest'
import { needGateSecrets } from '../../src/config/gate-secrets.ts'
import { parseConfig } from '../../src/config/load.ts'
import { changed } from './a-config.ts'

const { config } = parseConfig(
  changed(
    ['{ context: prod-eu }', '{ context: prod-eu, prometheus: { url: "http://p", tokenEnv: GATE_EU } }'],
    [
      '[{ type: rollout, grace: 30s }]',
      '[{ type: prometheus, query: x, max: 1, url: "http://q", tokenEnv: GATE_OWN }, { type: http, url: "http://a" }]',
    ],
  ),
  { file: 'rollcall.yaml' },
)

test('a configuration is not taken up while a secret that it names is not set', () => {
  expect(() => needGateSecrets(config, { GATE_EU: 'x', GATE_OWN: 'y' })).not.toThrow()
  expect(() => needGateSecrets(config, { GATE_OTHER: 'x' })).toThrow(
    expect.objectContaining({
      code: 'ENVIRONMENT_INVALID',
      message: 'Gates need secrets that are not set: GATE_EU, GATE_OWN.',
    }),
  )
})
