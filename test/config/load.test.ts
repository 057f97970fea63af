import { generateKeyPairSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadConfig, parseConfig } from '../../src/config/load.ts'
import { reservedServiceNames } from '../../src/config/names.ts'
import { RollcallError } from '../../src/upgrade/error.ts'
import { changed, valid } from './a-config.ts'

type Kubeconfig = NonNullable<Parameters<typeof parseConfig>[1]['kubeconfig']>

function errorOf(text: string, kubeconfig?: Kubeconfig): RollcallError | undefined {
  try {
    parseConfig(text, { file: 'rollcall.yaml', ...(kubeconfig && { kubeconfig }) })
    return undefined
  } catch (error) {
    if (error instanceof RollcallError) return error
    throw error
  }
}

/** The problems, and the text that stands where each one points to. */
function told(text: string, kubeconfig?: Kubeconfig): { at: string; problem: string }[] {
  const [, ...lines] = errorOf(text, kubeconfig)?.message.split('\n') ?? ['']
  return lines.map((told) => {
    const [, line, column, problem = ''] = /^ {2}rollcall\.yaml(?::(\d+):(\d+))? {2}(.*)$/.exec(told) ?? []
    const rest = text
      .split('\n')
      .slice(Number(line) - 1)
      .join('\n')
      .slice(Number(column) - 1)
    return { at: line ? rest : '', problem }
  })
}

function problems(text: string, kubeconfig?: Kubeconfig): string[] {
  return told(text, kubeconfig).map(({ problem }) => problem)
}

const web = 'services.web.environments.production'
const gates = '[{ type: rollout, grace: 30s }]'

function prometheus(keys: string): string {
  return `[{ type: prometheus, ${keys} }]`
}

/** Gates that need digests, in a place that has them. */
function signed(keys: string): string {
  return `[{ type: signature, ${keys} }]\n        imagePolicy: { resolve: required }`
}

function scanned(keys: string): string {
  return `[{ type: scan, ${keys} }]\n        imagePolicy: { resolve: required }`
}

describe('a valid file', () => {
  test('has no problem', () => {
    expect(problems(valid)).toEqual([])
  })

  test('is what the example is', async () => {
    await expect(loadConfig('rollcall.example.yaml')).resolves.toHaveProperty('config.version', 1)
  })

  test('keeps its text, of which the hash is made', async () => {
    const { text } = await loadConfig('rollcall.example.yaml')

    expect(text).toBe(await readFile('rollcall.example.yaml', 'utf8'))
  })

  test('may say things once with anchors', () => {
    const text = changed(
      ['approve: [release-managers], operate: [platform] }', 'approve: &who [release-managers], operate: [platform] }'],
      ['approve: [release-managers], operate: [platform], r', 'approve: *who, operate: [platform], r'],
    )

    expect(problems(text)).toEqual([])
  })
})

describe('one problem', () => {
  const duration = 'a duration from 0s to 365d, such as 90s, 2m, 4h or 14d'
  const pods = 'a number of pods from 1, or a share from "1%" to "100%"'

  test.each<[what: string, change: [from: string, to: string], at: string, problem: string]>([
    [
      'no window at all',
      ['gitops: warn', 'gitops: warn\n        windows: []'],
      'windows: []',
      `${web}.windows: found an empty list; allowed: at least one window; without the key: at any time`,
    ],
    [
      'a window without days',
      ['gitops: warn', 'gitops: warn\n        windows: [{ days: [], from: "01:00", to: "05:00", timezone: UTC }]'],
      'days: []',
      `${web}.windows[0].days: found an empty list; allowed: at least one of mon, tue, wed, thu, fri, sat, sun`,
    ],
    [
      'a day of another name',
      ['gitops: warn', 'gitops: warn\n        windows: [{ days: [mond], from: "01:00", to: "05:00", timezone: UTC }]'],
      'mond',
      `${web}.windows[0].days[0]: found "mond" (did you mean "mon"?); allowed: mon or tue or wed or thu or fri or sat or sun`,
    ],
    [
      'a time without minutes',
      ['gitops: warn', 'gitops: warn\n        windows: [{ days: [mon], from: 1, to: "05:00", timezone: UTC }]'],
      'from: 1',
      `${web}.windows[0].from: found 1; allowed: a time of day from "00:00" to "23:59"`,
    ],
    [
      'a window that would begin at the end of a day',
      ['gitops: warn', 'gitops: warn\n        windows: [{ days: [mon], from: "24:00", to: "05:00", timezone: UTC }]'],
      'from: "24:00"',
      `${web}.windows[0].from: found "24:00"; allowed: a time of day from "00:00" to "23:59"`,
    ],
    [
      'a zone of no name',
      [
        'gitops: warn',
        'gitops: warn\n        windows: [{ days: [mon], from: "01:00", to: "05:00", timezone: Asia/Shangai }]',
      ],
      'timezone: Asia/Shangai',
      `${web}.windows[0].timezone: found "Asia/Shangai" (did you mean "Asia/Shanghai"?); allowed: the name of a time zone such as Europe/Berlin, Asia/Shanghai or UTC`,
    ],
    [
      'an offset for a zone',
      [
        'gitops: warn',
        'gitops: warn\n        windows: [{ days: [mon], from: "01:00", to: "05:00", timezone: "+08:00" }]',
      ],
      'timezone: "+08:00"',
      `${web}.windows[0].timezone: found "+08:00"; allowed: the name of a time zone such as Europe/Berlin, Asia/Shanghai or UTC`,
    ],
    [
      'a window that ends when it begins',
      ['gitops: warn', 'gitops: warn\n        windows: [{ days: [mon], from: "01:00", to: "01:00", timezone: UTC }]'],
      '{ days',
      `${web}.windows[0]: begins and ends at 01:00; for a whole day: from "00:00" to "24:00"`,
    ],
    [
      'quiet hours that end when they begin',
      ['gitops: warn', 'gitops: warn\n        quietHours: [{ from: "22:00", to: "22:00", timezone: UTC }]'],
      '{ from',
      `${web}.quietHours[0]: begins and ends at 22:00; for a whole day: from "00:00" to "24:00"`,
    ],
    [
      'notices to nobody',
      ['gitops: warn', 'gitops: warn\n        notify: [{ on: [result] }]'],
      '{ on: [result]',
      `${web}.notify[0]: needs a \`channel\` or a \`user\`, and not both`,
    ],
    [
      'notices to a channel and a person at once',
      ['channel: C0WEB', 'channel: C0WEB\n    notify: [{ channel: C0NEWS, user: U0MONA }]'],
      '{ channel: C0NEWS',
      'services.web.notify[0]: needs a `channel` or a `user`, and not both',
    ],
    [
      'notices of a level that there is not',
      ['gitops: warn', 'gitops: warn\n        notify: [{ user: U0MONA, on: [results] }]'],
      'results',
      `${web}.notify[0].on[0]: found "results" (did you mean "result"?); allowed: start or decision or result or failure`,
    ],
    [
      'reminders that come at once',
      ['gitops: warn', 'gitops: warn\n        reminders: { after: 2h, escalateAfter: 2h }'],
      'escalateAfter: 2h',
      `${web}.reminders.escalateAfter: found "2h"; allowed: more than after (2h)`,
    ],
    [
      'a first reminder after the second one',
      ['gitops: warn', 'gitops: warn\n        reminders: { after: 3h }'],
      'after: 3h',
      `${web}.reminders.after: found "3h"; allowed: less than escalateAfter (2h)`,
    ],
    ['another version', ['version: 1', 'version: 2'], 'version: 2', 'version: found 2; allowed: 1'],
    [
      'a channel’s name',
      ['channel: C0WEB', 'channel: "#web"'],
      'channel: "#web"',
      'services.web.channel: found "#web"; allowed: a Slack channel ID such as C0RELEASES (channel details, at the bottom)',
    ],
    [
      'a user’s name',
      ['U0CAROL', 'carol'],
      'carol',
      'roles.platform.users[0]: found "carol"; allowed: a Slack user ID such as U0ALICE (profile, ⋮, Copy member ID)',
    ],
    [
      'a user among the groups',
      ['groups: [S0DEVS]', 'groups: [U0DANA]'],
      'U0DANA',
      'roles.developers.groups[0]: found "U0DANA"; allowed: the ID of a Slack user group such as S0DEVS',
    ],
    [
      'a role for nobody',
      ['{ groups: [S0DEVS] }', '{}'],
      'developers: {}',
      'roles.developers: names nobody; needed: users, groups or both',
    ],
    [
      'an empty cluster',
      ['eu: { context: prod-eu }', 'eu:'],
      'eu:\n',
      'clusters.eu: found an empty value; allowed: a mapping of context, prometheus, alertmanager, alertLabels; {} for none of them',
    ],
    [
      'an image with a tag',
      ['shop/web', 'shop/web:1.5.0'],
      'image: reg',
      'services.web.image: found "registry.example.com/shop/web:1.5.0"; allowed: an image repository without tag or digest, such as registry.example.com/shop/web',
    ],
    [
      'a misspelt key, which is not missing as well',
      ['    image: registry.example.com/shop/web', '    imgae: registry.example.com/shop/web'],
      'imgae:',
      'services.web.imgae: unknown key (did you mean "image"?); allowed here: image, channel, onCall, dependsOn, notify, environments',
    ],
    [
      'a key that nobody knows',
      ['gitops: warn', 'colour: red'],
      'colour: red',
      `${web}.colour: unknown key; allowed here: cluster, target, promoteFrom, permissions, approval, reminders, quietHours, paging, notify, strategy, overrides, onFailure, onAlert, breakGlass, rollbackWindow, gitops, imagePolicy, propose, windows, traffic, gates`,
    ],
    [
      'a missing key',
      [
        'cluster: eu\n        target: { kind: Deployment, namespace: shop, name: w',
        'target: { kind: Deployment, namespace: shop, name: w',
      ],
      'production:\n        target',
      `${web}.cluster: missing; needed: a name of lower-case letters, digits and hyphens`,
    ],
    [
      'one word instead of a list',
      ['respond: [developers]', 'respond: developers'],
      'respond: developers',
      `${web}.permissions.respond: found "developers"; allowed: a list`,
    ],
    [
      'a permission that nobody has',
      ['operate: [platform], r', 'operate: [], r'],
      'operate: [], r',
      `${web}.permissions.operate: found an empty list; allowed: at least one role`,
    ],
    [
      'a number as a duration',
      ['soak: 1m', 'soak: 60'],
      'soak: 60',
      `${web}.strategy.soak: found 60; allowed: ${duration}`,
    ],
    [
      'a duration without end',
      ['soak: 1m', 'soak: 366d'],
      'soak: 366d',
      `${web}.strategy.soak: found "366d"; allowed: ${duration}`,
    ],
    [
      'a misspelt choice',
      ['hold: strict', 'hold: stict'],
      'hold: stict',
      `${web}.strategy.hold: found "stict" (did you mean "strict"?); allowed: quiet or strict`,
    ],
    ['a batch of nobody', ['[1, "50%"]', '[0, "50%"]'], '0, ', `${web}.strategy.batches[0]: found 0; allowed: ${pods}`],
    [
      'a batch beyond all',
      ['[1, "50%"]', '[1, "101%"]'],
      '"101%"',
      `${web}.strategy.batches[1]: found "101%"; allowed: ${pods}`,
    ],
    [
      'batches that shrink, in counts',
      ['[1, "50%"]', '[5, "50%", 5]'],
      '5]',
      `${web}.strategy.batches[2]: found 5; allowed: more than the 5 before it, because batches are cumulative`,
    ],
    [
      'batches that shrink, in shares',
      ['[1, "50%"]', '["50%", 1, "25%"]'],
      '"25%"',
      `${web}.strategy.batches[2]: found "25%"; allowed: more than the "50%" before it, because batches are cumulative`,
    ],
    [
      'a batch after all',
      ['[1, "50%"]', '["100%", 20]'],
      '20]',
      `${web}.strategy.batches[1]: found 20; allowed: more than the "100%" before it, because batches are cumulative`,
    ],
    [
      'a gate twice',
      ['[{ type: rollout, grace: 30s }]', '[{ type: rollout }, { type: rollout }]'],
      '{ type: rollout }]',
      `${web}.gates[1]: found a mapping; allowed: the rollout gate once`,
    ],
    [
      'a promotion from nowhere',
      ['onFailure: hold', 'promoteFrom: { environment: staging }\n        onFailure: hold'],
      'environment: staging',
      `${web}.promoteFrom.environment: found "staging"; allowed: another environment of web`,
    ],
    [
      'a promotion from itself',
      ['onFailure: hold', 'promoteFrom: { environment: production }\n        onFailure: hold'],
      'environment: production',
      `${web}.promoteFrom.environment: found "production"; allowed: another environment of web`,
    ],
    [
      'two gates of one name',
      ['[{ type: rollout, grace: 30s }]', '[{ type: http, url: "http://a/" }, { type: http, url: "http://b/" }]'],
      '{ type: http, url: "http://b/" }',
      `${web}.gates[1]: found a mapping; allowed: a name of its own for each gate`,
    ],
    [
      'a gate with the name of another kind',
      ['[{ type: rollout, grace: 30s }]', '[{ type: http, name: rollout, url: "http://a/" }]'],
      '{ type: http, name',
      `${web}.gates[0]: found a mapping; allowed: a name of its own for each gate`,
    ],
    [
      'a gate that asks with a password',
      ['[{ type: rollout, grace: 30s }]', '[{ type: http, url: "http://me:secret@a/" }]'],
      'url: "http://me',
      `${web}.gates[0].url: found "http://me:secret@a/"; allowed: an http or https URL without a user name or password`,
    ],
    [
      'a template that there is not',
      [gates, prometheus('query: "x{{workloda}}", max: 1, url: "http://p"')],
      'query: "x',
      `${web}.gates[0].query: found "x{{workloda}}"; allowed: {{namespace}}, {{workload}}, {{container}}, {{service}}, {{environment}}, {{pods}} as templates; {{workloda}} is none (did you mean {{workload}}?)`,
    ],
    [
      'a value without a limit',
      [gates, prometheus('query: x, url: "http://p"')],
      '{ type: prometheus',
      `${web}.gates[0]: found a mapping; allowed: a limit: min, max, maxIncrease or maxDecrease`,
    ],
    [
      'limits that nothing keeps',
      [gates, prometheus('query: x, url: "http://p", min: 2, max: 1')],
      'min: 2',
      `${web}.gates[0].min: found 2; allowed: at most max, 1`,
    ],
    [
      'a share that is none',
      [gates, prometheus('query: x, url: "http://p", maxIncrease: 0.2')],
      'maxIncrease: 0.2',
      `${web}.gates[0].maxIncrease: found 0.2; allowed: a share of what it is compared with, such as "20%"`,
    ],
    [
      'new pods asked about before there are any',
      [gates, prometheus('query: "{{pods}}", url: "http://p", maxIncrease: 20%')],
      'query: "{{pods}}"',
      `${web}.gates[0].query: found "{{pods}}"; allowed: no {{pods}}, since it is asked before there are new pods too (or compare with \`stable\`)`,
    ],
    [
      'another query that nothing is compared with',
      [gates, prometheus('query: x, url: "http://p", max: 1, stable: y')],
      'stable: y',
      `${web}.gates[0].stable: found "y"; allowed: only with maxIncrease or maxDecrease`,
    ],
    [
      'a token for a URL that it was not meant for',
      [gates, prometheus('query: x, max: 1, url: "http://p", tokenEnv: SLACK_BOT_TOKEN')],
      'tokenEnv: SLACK',
      `${web}.gates[0].tokenEnv: found "SLACK_BOT_TOKEN"; allowed: the name of an environment variable that begins with GATE_, such as GATE_PROMETHEUS_TOKEN`,
    ],
    [
      'a pattern that might take for ever',
      [gates, String.raw`[{ type: logs, max: 0, pattern: '(a+)\1' }]`],
      'pattern:',
      String.raw`${web}.gates[0].pattern: found "(a+)\\1"; allowed: no back reference`,
    ],
    [
      'a pattern that is none',
      [gates, "[{ type: logs, max: 0, pattern: 'ERROR(' }]"],
      'pattern:',
      `${web}.gates[0].pattern: found "ERROR("; allowed: a regular expression`,
    ],
    [
      'lines that nothing limits',
      [gates, '[{ type: logs }]'],
      '{ type: logs',
      `${web}.gates[0]: found a mapping; allowed: a limit: max or maxNew`,
    ],
    [
      'logs that nobody would have looked at',
      [gates, '[{ type: logs, max: 0, window: 5s }]'],
      'window:',
      `${web}.gates[0].window: found "5s"; allowed: at least interval, so that no line is missed`,
    ],
    [
      'logs of pods that are not there yet',
      [gates, '[{ type: logs, max: 0, during: before }]'],
      'during:',
      `${web}.gates[0].during: found "before"; allowed: soak or after: there are no new pods before`,
    ],
    [
      'a gate with nobody to ask',
      [gates, prometheus('query: x, max: 1')],
      '{ type: prometheus',
      `${web}.gates[0]: needs \`url\`, or \`clusters.eu.prometheus\``,
    ],
    [
      'a misspelt key of a gate',
      [gates, '[{ type: http, url: "http://a", ststus: [200] }]'],
      'ststus',
      `${web}.gates[0].ststus: unknown key (did you mean "status"?); allowed here: type, name, during, interval, timeout, url, status, contains`,
    ],
    [
      'a signature by no key',
      [gates, signed('keys: []')],
      'keys: []',
      `${web}.gates[0].keys: found an empty list; allowed: at least one key`,
    ],
    [
      'a key that is none',
      [gates, signed('keys: [cosign.pub]')],
      'cosign.pub',
      `${web}.gates[0].keys[0]: found "cosign.pub"; allowed: a public key in PEM: ECDSA on P-256, RSA from 2048 bits, or Ed25519; or the absolute path of a file that holds one`,
    ],
    [
      'more signatures than keys',
      [gates, signed('keys: [/keys/a.pub], least: 2')],
      'least: 2',
      `${web}.gates[0].least: found 2; allowed: at most 1, the keys`,
    ],
    [
      'a signature over no digest',
      [gates, '[{ type: signature, keys: [/keys/a.pub] }]'],
      '{ type: signature',
      `${web}.gates[0]: needs the registry to be asked: \`registries\`, or \`imagePolicy.resolve: required\``,
    ],
    [
      'a scan with no limit',
      [gates, scanned('limits: {}')],
      'limits: {}',
      `${web}.gates[0].limits: found an empty mapping; allowed: at least one severity`,
    ],
    [
      'a scan with a misspelt severity',
      [gates, scanned('limits: { hihg: 1 }')],
      'hihg',
      `${web}.gates[0].limits.hihg: unknown key (did you mean "high"?); allowed here: critical, high, medium, low, negligible, unknown`,
    ],
    [
      'a vulnerability that is accepted for ever',
      [gates, scanned('ignore: [{ id: CVE-2026-1, reason: x }]')],
      '{ id: CVE',
      `${web}.gates[0].ignore[0].until: missing; needed: a day such as "2026-12-31" (the last one, UTC) or a time such as "2026-12-31T18:00:00Z"`,
    ],
    [
      'a report for no digest',
      [gates, scanned('url: "https://reports.example.com/web.json"')],
      'url: "https://reports',
      `${web}.gates[0].url: found "https://reports.example.com/web.json"; allowed: an http or https URL with {{digest}} in it, such as "https://reports.example.com/{{digest}}.json"`,
    ],
    [
      'keys for what nobody signed',
      [gates, scanned('url: "https://r/{{digest}}", keys: [/keys/a.pub]')],
      'keys: [/keys/a.pub]',
      `${web}.gates[0].keys: found a list; allowed: only without url: what is served is not signed`,
    ],
    [
      'a token for the registry',
      [gates, scanned('tokenEnv: GATE_X')],
      'tokenEnv: GATE_X',
      `${web}.gates[0].tokenEnv: found "GATE_X"; allowed: only with url`,
    ],
    [
      'an unknown role',
      ['operate: [platform], r', 'operate: [platfrom], r'],
      'platfrom',
      `${web}.permissions.operate[0]: found "platfrom" (did you mean "platform"?); allowed: a role: developers, release-managers, platform`,
    ],
    [
      'a role called as every object’s property',
      ['operate: [platform], r', 'operate: [constructor], r'],
      'constructor',
      `${web}.permissions.operate[0]: found "constructor"; allowed: a role: developers, release-managers, platform`,
    ],
    [
      'an unknown cluster',
      [
        'cluster: eu\n        target: { kind: Deployment, namespace: shop, name: w',
        'cluster: us\n        target: { kind: Deployment, namespace: shop, name: w',
      ],
      'cluster: us',
      `${web}.cluster: found "us"; allowed: a cluster: eu`,
    ],
    [
      'an unknown service',
      ['[api]', '[apo]'],
      'apo',
      'services.web.dependsOn[0]: found "apo" (did you mean "api"?); allowed: a service: api, web',
    ],
    [
      'a service that is not in that environment',
      ['environments:\n      production', 'environments:\n      prodution'],
      'api]',
      'services.web.dependsOn[0]: api has no environment production (did you mean "prodution"?); it has: prodution',
    ],
    [
      'a role that is to sign off and is not there',
      [gates, '[{ type: acceptance, by: [platfrom] }]'],
      'platfrom',
      `${web}.gates[0].by[0]: found "platfrom" (did you mean "platform"?); allowed: a role: developers, release-managers, platform`,
    ],
    [
      'somebody who is to sign off before there is anything to see',
      [gates, '[{ type: acceptance, by: [platform], during: before }]'],
      'during: before',
      `${web}.gates[0].during: found "before"; allowed: soak or after, or a list of them`,
    ],
    [
      'an alerts gate with nobody to ask',
      [gates, '[{ type: alerts }]'],
      '{ type: alerts',
      `${web}.gates[0]: needs \`clusters.eu.alertmanager\``,
    ],
    [
      'a label that Prometheus does not know',
      ['{ context: prod-eu }', '{ context: prod-eu, alertLabels: { my-cluster: eu } }'],
      'my-cluster: eu',
      'clusters.eu.alertLabels.my-cluster: found "my-cluster"; allowed: the name of a Prometheus label, such as namespace',
    ],
    [
      'a severity that is none',
      ['people: [[', 'alerts: { minSeverity: critcal }\npeople: [['],
      'minSeverity: critcal',
      'alerts.minSeverity: found "critcal" (did you mean "critical"?); allowed: info or warning or critical',
    ],
    [
      'break-glass that nobody may break',
      ['        overrides: [batches]', '        breakGlass: true\n        overrides: [batches]'],
      'breakGlass: true',
      'services.web.environments.production.breakGlass: needs `admins`, the role that may do it',
    ],
    [
      'admins of a role that is not there',
      ['people: [[', 'admins: platfrom\npeople: [['],
      'admins: platfrom',
      'admins: found "platfrom" (did you mean "platform"?); allowed: a role: developers, release-managers, platform',
    ],
    [
      'a service that waits for itself',
      ['[api]', '[web]'],
      'dependsOn: [web]',
      'services.web.dependsOn: goes in a circle: web → web',
    ],
    [
      'the target of another service',
      ['name: web', 'name: api'],
      'target: { kind: Deployment, namespace: shop, name: api, container: app',
      `${web}.target: Deployment shop/api on eu is the target of services.api.environments.production already`,
    ],
    [
      'more approvals than approvers',
      ['quorum: 2', 'quorum: 3'],
      'quorum: 3',
      `${web}.approval.quorum: found 3; allowed: at most 2, for so many people can approve`,
    ],
    [
      'two accounts of one human for two approvals',
      ['[[U0BOB, U0BOBADMIN]]', '[[U0BOB, U0ALICE]]'],
      'quorum: 2',
      `${web}.approval.quorum: found 2; allowed: at most 1, for so many people can approve`,
    ],
    [
      'an account of two humans',
      ['[[U0BOB, U0BOBADMIN]]', '[[U0BOB, U0BOBADMIN], [U0BOB, U0ROOT]]'],
      'U0BOB, U0ROOT',
      'people[1][0]: U0BOB stands at people[0][0] already; an account belongs to one human',
    ],
    [
      'a service with capitals',
      ['  web:\n', '  Web:\n'],
      'Web:',
      'services.Web: found "Web"; allowed: a name of lower-case letters, digits and hyphens, such as web or eu-1',
    ],
    [
      'an ID too long for a label',
      ['  web:\n', `  ${'w'.repeat(46)}:\n`],
      'production:\n',
      `services.${'w'.repeat(46)}.environments.production: ${'w'.repeat(46)}-production has 57 characters; allowed: at most 56 for service and environment together`,
    ],
    [
      'a registry by its address',
      ['services:\n', 'registries: { "https://registry.example.com": {} }\nservices:\n'],
      '"https://registry',
      'registries["https://registry.example.com"]: found "https://registry.example.com"; allowed: a registry as it stands in image names, in lower case, with its port if it has one; docker.io for Docker Hub',
    ],
    [
      'plain HTTP to another machine',
      ['services:\n', 'registries: { "registry.example.com": { insecure: true } }\nservices:\n'],
      'insecure',
      'registries["registry.example.com"].insecure: found true; allowed: false, since the host is not this machine itself',
    ],
    [
      'the age of images that nobody looks at',
      ['gitops: warn', 'imagePolicy: { maxAge: 90d }'],
      'maxAge',
      `${web}.imagePolicy.maxAge: needs the registry to be asked: \`registries\`, or \`resolve: required\` beside it`,
    ],
    [
      'a changelog with something else in it',
      ['gitops: warn', 'imagePolicy: { changelog: "https://git.example.com/{tag}" }'],
      'changelog',
      `${web}.imagePolicy.changelog: found "https://git.example.com/{tag}"; allowed: an https URL with no placeholders but {from}, {to}, {fromRevision}, {toRevision}`,
    ],
    [
      'a key that stands twice',
      ['  eu: {', '  eu: {}\n  eu: {'],
      'eu: { context',
      'this key stands twice in the same mapping',
    ],
  ])('%s', (_, change, at, problem) => {
    const found = told(changed(change))

    expect(found.map((one) => one.problem)).toEqual([problem])
    expect(found[0]?.at.slice(0, at.length)).toBe(at)
  })

  test('a quorum is not judged where a group may approve, for only Slack knows its size', () => {
    expect(
      problems(changed(['[U0ALICE, U0BOB] }', '[U0ALICE, U0BOB], groups: [S0LEADS] }'], ['quorum: 2', 'quorum: 9'])),
    ).toEqual([])
  })

  test.each(reservedServiceNames)('a service called %s, as a command', (name) => {
    expect(problems(changed(['  web:\n', `  ${name}:\n`]))).toEqual([
      `services.${name}: a service cannot be called ${name}: /upgrade ${name} is a command`,
    ])
  })

  test('a longer circle is told once, with everybody in it', () => {
    const text = changed(['shop/api\n', 'shop/api\n    dependsOn: [web]\n'])

    expect(problems(text)).toEqual(['services.web.dependsOn: goes in a circle: api → web → api'])
  })

  test('two services whose upgrades would be called the same', () => {
    const place = `cluster: eu
        target: { kind: Deployment, namespace: shop, name: NAME, container: c }
        permissions: { request: [developers], approve: [developers], operate: [developers] }`
    const service = (name: string, environment: string) =>
      `  ${name}:\n    image: shop\n    environments:\n      ${environment}:\n        ${place.replace('NAME', name)}\n`

    expect(problems(valid + service('a-b', 'c') + service('a', 'b-c'))).toEqual([
      'services.a.environments.b-c: its upgrades would be called a-b-c-1, as those of services.a-b.environments.c',
    ])
  })

  test('one workload behind two names of a cluster', () => {
    const text = changed(
      ['  eu: { context: prod-eu }\n', '  eu: { context: prod-eu }\n  again: { context: prod-eu }\n'],
      [
        'cluster: eu\n        target: { kind: Deployment, namespace: shop, name: web',
        'cluster: again\n        target: { kind: Deployment, namespace: shop, name: api',
      ],
    )

    expect(problems(text)).toEqual([
      `${web}.target: Deployment shop/api on again is the target of services.api.environments.production already`,
    ])
  })

  test('a context that the kubeconfig has not', () => {
    const kubeconfig = { file: '/home/me/.kube/config', contexts: ['prod-us', 'prod-ue'] }

    expect(problems(valid, kubeconfig)).toEqual([
      'clusters.eu.context: found "prod-eu" (did you mean "prod-ue"?); allowed: a context of /home/me/.kube/config: prod-us, prod-ue',
    ])
    expect(problems(valid, { ...kubeconfig, contexts: ['prod-eu'] })).toEqual([])
    expect(problems(changed(['{ context: prod-eu }', '{}']), kubeconfig)).toEqual([])
  })
})

describe('many problems', () => {
  test('are told at once, in the order of the file, the schema’s and those between places', () => {
    const text = changed(
      ['version: 1', 'version: 2'],
      ['{ groups: [S0DEVS] }', '{}'],
      ['dependsOn: [api]', 'dependsOn: [apo]'],
      ['quorum: 2', 'quorum: 9'],
      ['soak: 1m', 'sok: 1m'],
      ['[1, "50%"]', '["60%", "0%", "50%"]'],
      ['operate: [platform], r', 'operate: [platfrom], r'],
    )

    expect(problems(text).map((problem) => problem.split(': ')[0])).toEqual([
      'version',
      'roles.developers',
      'services.web.dependsOn[0]',
      `${web}.permissions.operate[0]`,
      `${web}.approval.quorum`,
      `${web}.strategy.batches[1]`,
      `${web}.strategy.batches[2]`,
      `${web}.strategy.sok`,
    ])
  })

  test('the heading counts them, and the hint says how to check again', () => {
    const error = errorOf(changed(['version: 1', 'version: 2'], ['C0WEB', 'web']))

    expect(error?.code).toBe('CONFIG_INVALID')
    expect(error?.message.split('\n')[0]).toBe('rollcall.yaml has 2 problems:')
    expect(error?.hint).toBe('Correct rollcall.yaml and check it with: rollcall validate rollcall.yaml')
  })

  test('of syntax are told at once as well, where they are', () => {
    const text = 'version: 1\n  slack: {}\nroles: {a: [}\n'

    expect(told(text).map(({ at }) => at.split('\n')[0])).toEqual(expect.arrayContaining(['1', '}']))
  })

  test('of anchors that nobody set are told at once as well', () => {
    expect(told('a: *nowhere\nb: &here 1\nc: *here\nd: *nothing\n')).toEqual([
      { at: '*nowhere\nb: &here 1\nc: *here\nd: *nothing\n', problem: 'the anchor &nowhere is not set above' },
      { at: '*nothing\n', problem: 'the anchor &nothing is not set above' },
    ])
  })
})

describe('a hostile or broken file', () => {
  test('an empty one', () => {
    expect(problems('')).toEqual(
      [
        'version, slack, clusters, roles, people, admins, alerts, onCall, quietHours, audit, registries, pipelines, services',
      ].map((keys) => expect.stringContaining(keys)),
    )
  })

  test('one that is too long is not even read', () => {
    expect(problems(`${valid}#${'x'.repeat(1_048_576)}`)).toEqual([
      expect.stringMatching(/^the file has \d+ bytes; allowed: at most 1048576$/),
    ])
  })

  test('a few lines that stand for millions', () => {
    const level = (n: number) =>
      `l${n}: &l${n} [${Array(20)
        .fill(`*l${n - 1}`)
        .join(', ')}]`
    const bomb = ['l0: &l0 [x]', ...[1, 2, 3, 4, 5, 6].map(level)].join('\n')

    expect(problems(bomb)).toEqual([expect.stringMatching(/^cannot be read: Excessive alias count/)])
  })

  test('one that contains itself', () => {
    expect(problems('services: &s\n  web: *s\n').length).toBeGreaterThan(0)
  })

  test('several documents in one', () => {
    expect(problems(`${valid}---\n${valid}`)).toEqual([expect.stringContaining('multiple documents')])
  })

  test('whatever is put into it, the answer is a configuration or a list of problems', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '\n',
        '  ',
        ': ',
        '- ',
        '&a ',
        '*a',
        '<<: ',
        '{',
        ']',
        '!!binary ',
        '? ',
        '"',
        '__proto__: 1\n',
        '~',
      ),
    )
    fc.assert(
      fc.property(fc.nat(valid.length), fc.nat(20), piece, (at, dropped, inserted) => {
        const text = valid.slice(0, at) + inserted + valid.slice(at + dropped)
        const error = errorOf(text)
        expect(error === undefined || problems(text).length > 0).toBe(true)
      }),
    )
  })
})

test('a file that is not there says where it was looked for', async () => {
  await expect(loadConfig('/nowhere/rollcall.yaml')).rejects.toMatchObject({
    code: 'CONFIG_NOT_FOUND',
    message: expect.stringContaining('/nowhere/rollcall.yaml'),
  })
})

test('a private key is refused, and not shown', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const asGate = (pem: string) => changed([gates, signed(`keys: [${JSON.stringify(pem)}]`)])
  const [problem = ''] = problems(asGate(secret))
  expect(problem).toContain('allowed: a public key in PEM')
  for (const line of secret.split('\n').slice(1, -2)) expect(problem).not.toContain(line)
  expect(problems(asGate(publicKey.export({ type: 'spki', format: 'pem' }).toString()))).toEqual([])
})
