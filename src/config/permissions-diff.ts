import { grantsOf, Permission, type Policy } from '../upgrade/policy.ts'
import { policyFor } from './resolve.ts'
import type { Config } from './schema.ts'

/**
 * One change in who may do what. `added` and `removed` hold Slack IDs for a permission, the old and the new value for
 * a rule of the approval, and accounts joined by `=` for `people`. `people` and `admins` hold for every service (`*`).
 */
export type PermissionChange = {
  service: string
  environment: string
  permission: Permission | 'accept' | 'pipelines' | 'quorum' | 'separateRequester' | 'breakGlass' | 'people' | 'admins'
  added: string[]
  removed: string[]
}

/** What a new configuration changes in permissions: people and groups, not the names of the roles they hold. */
export function permissionsDiff(before: Config, after: Config): PermissionChange[] {
  const places = new Map(
    [before, after].flatMap(placesOf).map((place) => [`${place.service}/${place.environment}`, place] as const),
  )
  const changes = [...places.values()].flatMap(({ service, environment }) => {
    const then = rulesOf(policyFor(before, service, environment))
    const now = rulesOf(policyFor(after, service, environment))
    return ruleNames.map((permission) => ({
      service,
      environment,
      permission,
      ...diff(then[permission], now[permission]),
    }))
  })
  const everywhere = { service: '*', environment: '*' }
  return [
    { ...everywhere, permission: 'people' as const, ...diff(accountsOf(before), accountsOf(after)) },
    { ...everywhere, permission: 'admins' as const, ...diff(adminsOf(before), adminsOf(after)) },
    ...changes,
  ].filter(({ added, removed }) => added.length + removed.length > 0)
}

const ruleNames = [...Permission.options, 'accept', 'pipelines', 'quorum', 'separateRequester', 'breakGlass'] as const

function rulesOf(policy: Policy | undefined): Record<(typeof ruleNames)[number], string[]> {
  const named = (permission: Permission) =>
    policy?.permissions[permission].flatMap(({ users, groups }) => [...users, ...groups]) ?? []
  return {
    request: named('request'),
    approve: named('approve'),
    operate: named('operate'),
    respond: named('respond'),
    accept: policy ? grantsOf(policy, 'accept').flatMap(({ users, groups }) => [...users, ...groups]) : [],
    pipelines: policy?.pipelines ?? [],
    quorum: policy ? [`${policy.approval.quorum}`] : [],
    separateRequester: policy ? [`${policy.approval.separateRequester}`] : [],
    breakGlass: policy?.breakGlass ? ['true'] : [],
  }
}

function placesOf({ services }: Config): { service: string; environment: string }[] {
  return Object.entries(services).flatMap(([service, { environments }]) =>
    Object.keys(environments).map((environment) => ({ service, environment })),
  )
}

function accountsOf({ people }: Config): string[] {
  return people.map((accounts) => [...accounts].sort().join('='))
}

function adminsOf({ admins, roles }: Config): string[] {
  const role = admins === undefined ? undefined : roles[admins]
  return role ? [...role.users, ...role.groups] : []
}

function diff(before: string[], after: string[]): { added: string[]; removed: string[] } {
  return {
    added: [...new Set(after)].filter((one) => !before.includes(one)),
    removed: [...new Set(before)].filter((one) => !after.includes(one)),
  }
}
