import { assertNever } from '../upgrade/assert-never.ts'
import type { AuditEntry } from '../upgrade/audit-chain.ts'
import type { Freeze } from '../upgrade/freezes.ts'
import type { Phase } from '../upgrade/phase.ts'
import type { OwnRight } from '../upgrade/policy.ts'
import type { Reading } from '../upgrade/start-time.ts'
import type { Spread, Statistics } from '../upgrade/statistics.ts'
import type { Upgrade } from '../upgrade/upgrade.ts'
import { auditAction } from './audit.ts'
import { type HelpName, help } from './help.ts'
import { channel, code, lines, link, type Markup, mrkdwn, nothing, sentences, time, user } from './markup.ts'
import type { Progress } from './progress.ts'
import { quantity } from './quantity.ts'
import { frozen, scopeFirst } from './restrictions.ts'
import type { Catalogue, Translator } from './translator.ts'
import { counts, planLine, recordLine, state } from './upgrade.ts'
import { shortVersion } from './version.ts'
import { actor, attempt, duration, listed, pods } from './wording.ts'

// ---------------------------------------------------------------- what was typed wrong

/** What is wrong, the nearest right thing, and the command that would have worked. */
export function mistakes(t: Translator) {
  const meant = (nearest: string | undefined) => (nearest ? t.say('mistake.meant', { nearest }) : nothing)
  return {
    tooLong: (limit: number) => t.say('mistake.tooLong', { limit }),
    unknownCommand: (word: string, nearest: string | undefined, works: string | undefined) =>
      t.sentences(t.say('mistake.unknownCommand', { word }), meant(nearest), attempt(t, works ?? '/upgrade help')),
    unknownService: (word: string, known: readonly string[], nearest: string | undefined, works: string | undefined) =>
      t.sentences(
        t.say('mistake.unknownService', { word }),
        nearest ? meant(nearest) : oneOf(t, known, 'mistake.knownServices'),
        attempt(t, works ?? '/upgrade help'),
      ),
    unknownEnvironment: (word: string, service: string, known: readonly string[], works: string | undefined) =>
      t.sentences(
        t.say('mistake.unknownEnvironment', { service, word }),
        oneOf(t, known, 'mistake.knownEnvironments'),
        attempt(t, works),
      ),
    environmentNeeded: (service: string, known: readonly string[], works: string | undefined) =>
      t.sentences(
        t.say('mistake.environmentNeeded', { service }),
        oneOf(t, known, 'mistake.whichEnvironment'),
        attempt(t, works),
      ),
    versionNeeded: (service: string, works: string | undefined) =>
      t.sentences(t.say('mistake.versionNeeded', { service }), attempt(t, works, 'lead.like')),
    notPromotable: (service: string, places: readonly string[]) =>
      places.length === 0
        ? t.say('mistake.notPromotable', { service })
        : t.sentences(
            t.say('mistake.promotable', { service, known: shown(t, places) }),
            attempt(t, `/upgrade promote ${service} to ${places[0]}`),
          ),
    nothingToPromote: (service: string, environment: string) =>
      t.say('mistake.nothingToPromote', { service, environment }),
    notAVersion: (word: string, works: string | undefined) =>
      t.sentences(t.say('mistake.notAVersion', { word }), attempt(t, works)),
    breakGlassWhy: (works: string) => t.sentences(t.say('mistake.breakGlassWhy'), attempt(t, works)),
    unknownOption: (option: string, allowed: readonly string[], works: string) =>
      t.sentences(
        t.say('mistake.unknownOption', { option }),
        oneOf(
          t,
          allowed.map((name) => `--${name}`),
          'mistake.allowed',
        ),
        attempt(t, works),
      ),
    optionTwice: (option: string, works: string) =>
      t.sentences(t.say('mistake.optionTwice', { option }), attempt(t, works)),
    valueMissing: (option: string, works: string) =>
      t.sentences(t.say('mistake.valueMissing', { option }), attempt(t, works, 'lead.like')),
    valueUnwanted: (option: string, works: string) =>
      t.sentences(t.say('mistake.valueUnwanted', { option }), attempt(t, works)),
    unknownStrategy: (word: string, known: readonly string[], works: string | undefined) =>
      t.sentences(t.say('mistake.unknownStrategy', { word }), oneOf(t, known, 'mistake.allowed'), attempt(t, works)),
    notBatches: (text: string, works: string | undefined) =>
      t.sentences(t.say('mistake.notBatches', { text }), attempt(t, works, 'lead.like')),
    time: (text: string, read: Exclude<Reading, { at: string }>, worksWith: (at: string) => string | undefined) =>
      timeMistake(t, text, read, worksWith),
    scopeNeeded: (command: string, works: string) =>
      t.sentences(t.say('mistake.scopeNeeded', { command }), attempt(t, works, 'lead.like')),
    unknownScope: (word: string, nearest: string | undefined, works: string) =>
      t.sentences(t.say('mistake.unknownScope', { word }), meant(nearest), attempt(t, works)),
    twoScopes: (word: string, works: readonly string[]) =>
      t.sentences(
        t.say('mistake.twoScopes', { word }),
        t.say('mistake.tryOneOf', { works: listed(t, works.map(code), 'or') }),
      ),
    freezeWhy: (works: string) => t.sentences(t.say('mistake.freezeWhy'), attempt(t, works, 'lead.like')),
    unknownPlace: (word: string, known: readonly string[], works: string) =>
      t.sentences(
        t.say('mistake.unknownPlace', { word, known: t.list(known.map((one) => mrkdwn`${one}`)) }),
        attempt(t, works),
      ),
    notAPeriod: (word: string, works: string) => t.sentences(t.say('mistake.notAPeriod', { word }), attempt(t, works)),
    tooManyWords: (rest: string, works: string) =>
      t.sentences(t.say('mistake.tooManyWords', { rest }), attempt(t, works)),
    idNeeded: (command: string, ids: readonly string[]) =>
      ids.length === 0
        ? t.say('mistake.idNeededNone', { command })
        : t.sentences(t.say('mistake.idNeeded', { command }), attempt(t, `/upgrade ${command} ${ids[0]}`)),
    unknownUpgrade: (word: string, works: string | undefined) =>
      t.sentences(
        t.say('mistake.unknownUpgrade', { word }),
        works ? attempt(t, works) : attempt(t, '/upgrade list', 'lead.underWay'),
      ),
  }
}

function timeMistake(
  t: Translator,
  text: string,
  read: Exclude<Reading, { at: string }>,
  worksWith: (at: string) => string | undefined,
): Markup {
  switch (read.wrong) {
    case 'form':
      return t.sentences(t.say('mistake.time.form', { text }), attempt(t, worksWith('02:00 UTC'), 'lead.like'))
    case 'zoneNeeded':
      return t.sentences(t.say('mistake.time.zoneNeeded', { text }), attempt(t, worksWith(`${text} UTC`), 'lead.like'))
    case 'unknownZone':
      return t.sentences(
        t.say('mistake.time.unknownZone', { word: read.word }),
        read.meant ? t.say('mistake.meant', { nearest: read.meant }) : nothing,
        attempt(t, worksWith(text.replace(read.word, read.meant ?? 'UTC')), 'lead.like'),
      )
    case 'skipped':
      return t.sentences(t.say('mistake.time.skipped', { zone: read.zone, text }), attempt(t, worksWith(read.instead)))
    case 'twice':
      return t.sentences(
        t.say('mistake.time.twice', { zone: read.zone, text }),
        attempt(t, worksWith(read.both[0]), 'lead.firstTime'),
        attempt(t, worksWith(read.both[1]), 'lead.secondTime'),
      )
    case 'past':
      return t.sentences(t.say('mistake.time.past', { text }), attempt(t, worksWith('02:00 UTC'), 'lead.everyDay'))
    case 'far':
      return t.sentences(
        t.say('mistake.time.far', { text, days: read.days }),
        attempt(t, worksWith('02:00 UTC'), 'lead.like'),
      )
    default:
      return assertNever(read)
  }
}

/** Messages that say what there is. */
type Choice = { [Id in keyof Catalogue]: Catalogue[Id] extends `${string}{known}.` ? Id : never }[keyof Catalogue]

function oneOf(
  t: Translator,
  known: readonly string[],
  id: Exclude<Choice, 'mistake.promotable' | 'mistake.unknownPlace'>,
) {
  return known.length === 0 ? nothing : t.say(id, { known: shown(t, known) })
}

/** As many of them as are read. */
function shown(t: Translator, known: readonly string[]): Markup {
  const first = known.slice(0, 8).map(code)
  const rest = known.length - first.length
  return listed(t, rest > 0 ? [...first, t.say('word.more', { count: rest })] : first, 'and')
}

// ---------------------------------------------------------------- answers

export function answers(t: Translator) {
  return {
    asked: ({ id, policy }: Upgrade, url?: string) =>
      t.say('answer.asked', { link: link(url, id), channel: channel(policy.channel) }),
    paused: ({ id }: Upgrade) => t.sentences(t.say('answer.paused'), attempt(t, `/upgrade resume ${id}`, 'lead.goOn')),
    rolledBack: ({ id, plan }: Upgrade) => {
      const version = plan ? shortVersion(plan.from.image) : t.plain('live.oldVersion')
      return t.say('answer.rolledBack', { id, version })
    },
    cancelled: ({ id }: Upgrade) => t.say('answer.cancelled', { id }),
    nothingOpen: ({ id }: Upgrade, phase: Phase) =>
      t.say('answer.nothingOpen', { id, phase: t.plain(`phase.${phase}`) }),
    pressButton: t.say('answer.pressButton'),
    unknownAction: t.say('answer.unknownAction'),
    unreadable: t.say('answer.unreadable'),
    notStored: t.say('answer.notStored'),
    somethingBroke: (requestId: string) => t.say('answer.somethingBroke', { requestId }),
    frozen: (freeze: Freeze) =>
      t.sentences(
        t.say('answer.frozen', { frozen: frozen(t, freeze) }),
        attempt(t, `/upgrade unfreeze ${freeze.scope}`, 'lead.lift'),
      ),
    unfrozen: ({ scope }: Freeze) => t.say('answer.unfrozen', { scope: scopeFirst(t, scope) }),
    noneUnderWay: t.say('answer.noneUnderWay'),
    noneEnded: (service: string | undefined) =>
      service ? t.say('answer.noneEndedOf', { service }) : t.say('answer.noneEnded'),
    neverUpgraded: (service: string) => t.say('answer.neverUpgraded', { service }),
  }
}

/** A freeze in a listing of upgrades. */
export function frozenLine(t: Translator, freeze: Freeze): Markup {
  return t.say('list.frozen', { frozen: frozen(t, freeze) })
}

export function status(t: Translator, upgrade: Upgrade, progress: Progress, url?: string): Markup {
  const { service, environment, image } = upgrade.request
  const words = { link: link(url, upgrade.id), service, version: shortVersion(image), environment }
  return lines(t.say('list.status', words), state(t, upgrade, progress), counts(t, progress), planLine(t, upgrade))
}

export function listTitle(t: Translator, count: number): Markup {
  return t.say('list.title', { count })
}

export function listLine(t: Translator, { request, id }: Upgrade, progress: Progress, url?: string): Markup {
  const { service, environment, image, by } = request
  const { phase, updated, total } = progress
  return t.say('list.line', {
    ...{ service, environment, updated, total },
    link: link(url, id),
    version: shortVersion(image),
    phase: t.plain(`phase.${phase}`),
    by: actor(t, by),
  })
}

/** Of the command line without Redis. */
export function storeUnknown(t: Translator): Markup {
  return t.say('list.storeUnknown')
}

export function historyTitle(t: Translator, service: string | undefined): Markup {
  return service ? t.say('history.titleOf', { service }) : t.say('history.title')
}

export function statisticsTitle(
  t: Translator,
  service: string | undefined,
  environment: string | undefined,
  days: number,
): Markup {
  if (service === undefined) {
    return environment === undefined
      ? t.say('statistics.title', { days })
      : t.say('statistics.titleIn', { environment, days })
  }
  return environment === undefined
    ? t.say('statistics.titleOf', { service, days })
    : t.say('statistics.titleOfIn', { service, environment, days })
}

/** How often, how well, how fast. Of what never happened nothing is said. */
export function statisticsLines(t: Translator, found: Statistics, days: number, counted: number | undefined): Markup[] {
  const { started, notStarted: others, succeeded, rolledBack, failed, failureShare, lead, restore, approval } = found
  const all = { started, perWeek: Number(((started / days) * 7).toPrecision(2)), succeeded, rolledBack, failed }
  const spread = (id: 'statistics.lead' | 'statistics.restore' | 'statistics.approval', times: Spread | undefined) =>
    times ? [t.say(id, { median: duration(t, times.median), p95: duration(t, times.p95), count: times.count })] : []
  return [
    ...(counted === undefined ? [] : [t.say('statistics.more', { counted })]),
    others > 0 ? t.say('statistics.startedOthers', { ...all, others }) : t.say('statistics.started', all),
    ...(failureShare === undefined
      ? []
      : [
          t.say('statistics.failureRate', {
            share: quantity(failureShare, 'ratio'),
            failures: rolledBack + failed,
            started,
          }),
        ]),
    ...spread('statistics.lead', lead),
    ...spread('statistics.restore', restore),
    ...spread('statistics.approval', approval),
  ]
}

/** Of CSV, which programs read: the same in any language. */
export const historyColumns = ['date', 'version', 'environment', 'operator', 'result', 'note'] as const

export function historyLine(t: Translator, upgrade: Upgrade): Markup {
  return mrkdwn`${recordLine(t, upgrade)} · ${upgrade.id}`
}

export function auditTitle(t: Translator, id: string, entries: number): Markup {
  return t.say('trail.title', { id, entries })
}

/** `7. <date> @carol continued: awaitingContinue → progressing, 1 → 3 pods · 9f3c07ab` */
export function auditLine(t: Translator, entry: AuditEntry): Markup {
  const { sequence, at, from, to, hash } = entry
  const phase =
    to.phase && from.phase !== to.phase ? mrkdwn`${from.phase ?? t.plain('trail.new')} → ${to.phase}` : nothing
  const moved = from.replicas !== to.replicas && to.replicas !== undefined
  const share = moved ? mrkdwn`${from.replicas ?? 0} → ${pods(t, to.replicas ?? 0)}` : nothing
  const why = sentences(entry.code ? code(entry.code) : nothing, t.quoted(entry.reason))
  const facts = t.phrases([phase, share, why])
  return t.sentences(
    t.say('trail.line', { sequence, at: time(at), by: actor(t, entry.actor), action: auditAction(t, entry.action) }),
    facts.mrkdwn ? t.say('trail.facts', { facts }) : nothing,
    t.say('trail.hash', { hash: hash.slice(0, 12) }),
  )
}

export function auditTail(t: Translator, count: number, all: number, head: string): Markup {
  return t.sentences(all > count ? t.say('trail.cut', { count: all - count }) : nothing, t.say('trail.head', { head }))
}

type Place = { service: string; environment: string; permissions: OwnRight[] }

export function whoami(t: Translator, userId: string, team: string, places: readonly Place[]): Markup {
  const some = places.filter(({ permissions }) => permissions.length > 0)
  return lines(
    t.say('whoami.you', { user: user(userId), id: userId, team }),
    ...(some.length === 0
      ? [t.say('whoami.nothing')]
      : some.map(({ service, environment, permissions }) => {
          const each = permissions.map((one) => t.say(`home.places.${one}`))
          return t.say('whoami.place', { service, environment, permissions: listed(t, each, 'and') })
        })),
  )
}

export function overview(t: Translator): Markup {
  return lines(...Object.values(help(t)).map(({ usage, what }) => mrkdwn`${code(`/upgrade ${usage}`)} ${what}`))
}

export function explain(t: Translator, name: HelpName): Markup {
  const { usage, what, example, more } = help(t)[name]
  return lines(
    code(`/upgrade ${usage}`),
    t.say('help.sentence', { what: `${what.charAt(0).toUpperCase()}${what.slice(1)}` }),
    ...more.map((line) => mrkdwn`${line}`),
    t.say('help.example', { example }),
  )
}

/** Why somebody asks, when all they say is that it is to be promoted. */
export function promotedFrom(t: Translator, id: string): string {
  return t.plain('answer.promotedFrom', { id })
}
