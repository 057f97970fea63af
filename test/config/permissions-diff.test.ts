import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import { permissionsDiff } from '../../src/config/permissions-diff.ts'
import { changed, valid } from './a-config.ts'

function diff(...changes: [string, string][]) {
  const parse = (text: string) => parseConfig(text, { file: 'rollcall.yaml' }).config
  return permissionsDiff(parse(valid), parse(changed(...changes)))
}

const place = { service: 'web', environment: 'production' }

describe('what a new file changes in permissions', () => {
  test('nothing', () => {
    expect(diff(['soak: 1m', 'soak: 2m'])).toEqual([])
  })

  test('the members of a role, wherever it is used', () => {
    expect(diff(['[U0ALICE, U0BOB]', '[U0BOB, U0EVE]'])).toEqual([
      { service: 'api', environment: 'production', permission: 'approve', added: ['U0EVE'], removed: ['U0ALICE'] },
      { ...place, permission: 'approve', added: ['U0EVE'], removed: ['U0ALICE'] },
    ])
  })

  test('the roles of a permission, as the people and groups that they stand for', () => {
    expect(diff(['respond: [developers]', 'respond: [platform]'])).toEqual([
      { ...place, permission: 'respond', added: ['U0CAROL', 'S0PLATFORM'], removed: ['S0DEVS'] },
    ])
  })

  test('another name for the same people is no change', () => {
    expect(
      diff(
        ['  platform: {', '  infra: {'],
        ['operate: [platform] }', 'operate: [infra] }'],
        ['operate: [platform], r', 'operate: [infra], r'],
      ),
    ).toEqual([])
  })

  test('who signs off', () => {
    const listed = '[{ type: rollout, grace: 30s }, { type: acceptance, by: [platform] }]'
    expect(diff(['[{ type: rollout, grace: 30s }]', listed])).toEqual([
      { ...place, permission: 'accept', added: ['U0CAROL', 'S0PLATFORM'], removed: [] },
    ])
  })

  test('how many have to approve, and whether the requester counts', () => {
    expect(diff(['quorum: 2, separateRequester: false', 'quorum: 1, separateRequester: true'])).toEqual([
      { ...place, permission: 'quorum', added: ['1'], removed: ['2'] },
      { ...place, permission: 'separateRequester', added: ['true'], removed: ['false'] },
    ])
  })

  test('who counts as one human', () => {
    expect(diff(['people: [[U0BOB, U0BOBADMIN]]', 'people: []'])).toEqual([
      { service: '*', environment: '*', permission: 'people', added: [], removed: ['U0BOB=U0BOBADMIN'] },
    ])
  })

  test('who looks after Rollcall', () => {
    expect(diff(['people: [[', 'admins: platform\npeople: [['])).toEqual([
      { service: '*', environment: '*', permission: 'admins', added: ['U0CAROL', 'S0PLATFORM'], removed: [] },
    ])
  })

  test('a place that comes and one that goes', () => {
    const changes = diff(['  web:\n', '  shop:\n'])

    expect(changes.filter(({ permission }) => permission === 'respond')).toEqual([
      { ...place, permission: 'respond', added: [], removed: ['S0DEVS'] },
      { service: 'shop', environment: 'production', permission: 'respond', added: ['S0DEVS'], removed: [] },
    ])
  })
})
