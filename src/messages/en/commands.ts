import { assertNever } from '../../upgrade/assert-never.ts'
import type { AuditEntry } from '../../upgrade/audit-chain.ts'
import type { EventType } from '../../upgrade/events.ts'
import type { Freeze } from '../../upgrade/freezes.ts'
import type { Phase } from '../../upgrade/phase.ts'
import type { OwnRight } from '../../upgrade/policy.ts'
import type { Reading } from '../../upgrade/start-time.ts'
import type { Spread, Statistics } from '../../upgrade/statistics.ts'
import type { Upgrade } from '../../upgrade/upgrade.ts'
import {
  bold,
  channel,
  code,
  join,
  lines,
  link,
  type Markup,
  mrkdwn,
  nothing,
  quoted,
  sentences,
  time,
  user,
} from '../markup.ts'
import type { Progress } from '../progress.ts'
import { shortVersion } from '../version.ts'
import { auditActions } from './audit.ts'
import { quantity } from './gates.ts'
import { type Help, help } from './help.ts'
import { phases } from './phases.ts'
import { frozen, scopeWords, sentenceCase } from './restrictions.ts'
import { counts, planLine, recordLine, state } from './upgrade.ts'
import { actor, attempt, duration, listed, pods } from './wording.ts'

// ---------------------------------------------------------------- what was typed wrong

/** What is wrong, the nearest right thing, and the command that would have worked. */
export const mistakes = {
  tooLong: (limit: number) =>
    mrkdwn`That is more than ${limit} characters. Say it shorter; the thread has room for the rest.`,
  unknownCommand: (word: string, nearest: string | undefined, works: string | undefined) =>
    sentences(
      mrkdwn`${code(word)} is neither a command nor a service.`,
      nearest ? mrkdwn`Did you mean ${code(nearest)}?` : nothing,
      attempt(works ?? '/upgrade help'),
    ),
  unknownService: (word: string, known: readonly string[], nearest: string | undefined, works: string | undefined) =>
    sentences(
      mrkdwn`There is no service ${code(word)}.`,
      nearest ? mrkdwn`Did you mean ${code(nearest)}?` : oneOf(known, 'Rollcall knows'),
      attempt(works ?? '/upgrade help'),
    ),
  unknownEnvironment: (word: string, service: string, known: readonly string[], works: string | undefined) =>
    sentences(mrkdwn`${service} has no environment ${code(word)}.`, oneOf(known, 'It has'), attempt(works)),
  environmentNeeded: (service: string, known: readonly string[], works: string | undefined) =>
    sentences(mrkdwn`${service} has several environments.`, oneOf(known, 'Say which:'), attempt(works)),
  versionNeeded: (service: string, works: string | undefined) =>
    sentences(mrkdwn`Which version of ${service}? A tag of its image, or a digest.`, attempt(works, 'Like this:')),
  notPromotable: (service: string, places: readonly string[]) =>
    places.length === 0
      ? mrkdwn`Nothing of ${service} is promoted: no environment of it has ${code('promoteFrom')} in the configuration.`
      : sentences(oneOf(places, `${service} is promoted to`), attempt(`/upgrade promote ${service} to ${places[0]}`)),
  nothingToPromote: (service: string, environment: string) =>
    mrkdwn`Nothing of ${service} has succeeded in ${environment} yet. Upgrade it there first.`,
  notAVersion: (word: string, works: string | undefined) =>
    sentences(
      mrkdwn`${code(word)} is no version: a tag has letters, digits, ${code('.')}, ${code('_')} and ${code('-')}, at most 128 of them; a digest is ${code('sha256:')} and 64 hexadecimal digits.`,
      attempt(works),
    ),
  breakGlassWhy: (works: string) =>
    sentences(mrkdwn`Breaking the glass needs a reason: somebody else signs it off afterwards.`, attempt(works)),
  unknownOption: (option: string, allowed: readonly string[], works: string) =>
    sentences(
      mrkdwn`There is no option ${code(option)} here.`,
      oneOf(
        allowed.map((name) => `--${name}`),
        'There is',
      ),
      attempt(works),
    ),
  optionTwice: (option: string, works: string) =>
    sentences(mrkdwn`${code(`--${option}`)} stands there twice.`, attempt(works)),
  valueMissing: (option: string, works: string) =>
    sentences(mrkdwn`${code(`--${option}`)} needs a value.`, attempt(works, 'Like this:')),
  valueUnwanted: (option: string, works: string) =>
    sentences(mrkdwn`${code(`--${option}`)} takes no value.`, attempt(works)),
  unknownStrategy: (word: string, known: readonly string[], works: string | undefined) =>
    sentences(mrkdwn`There is no strategy ${code(word)}.`, oneOf(known, 'There is'), attempt(works)),
  notBatches: (text: string, works: string | undefined) =>
    sentences(
      mrkdwn`${code(text)} is no list of batches: numbers of pods and percentages, each counted from the start, with commas between them.`,
      attempt(works, 'Like this:'),
    ),
  time: (text: string, read: Exclude<Reading, { at: string }>, worksWith: (at: string) => string | undefined) => {
    switch (read.wrong) {
      case 'form':
        return sentences(
          mrkdwn`${code(text)} is no time: that is ${code('02:00')} (the next one), ${code('tomorrow 02:00')}, ${code('sat 02:00')}, ${code('2026-11-22 02:00')} or ${code('2026-11-22T02:00+08:00')}, with a zone behind it where it needs one.`,
          attempt(worksWith('02:00 UTC'), 'Like this:'),
        )
      case 'zoneNeeded':
        return sentences(
          mrkdwn`${code(text)} by which clocks? Name the zone: here no window says so.`,
          attempt(worksWith(`${text} UTC`), 'Like this:'),
        )
      case 'unknownZone':
        return sentences(
          mrkdwn`There is no time zone ${code(read.word)}.`,
          read.meant ? mrkdwn`Did you mean ${code(read.meant)}?` : nothing,
          attempt(worksWith(text.replace(read.word, read.meant ?? 'UTC')), 'Like this:'),
        )
      case 'skipped':
        return sentences(
          mrkdwn`The clocks in ${read.zone} never show ${code(text)}: they are put forward over it.`,
          attempt(worksWith(read.instead)),
        )
      case 'twice':
        return sentences(
          mrkdwn`The clocks in ${read.zone} show ${code(text)} twice, since they are put back.`,
          attempt(worksWith(read.both[0]), 'The first time:'),
          attempt(worksWith(read.both[1]), 'The second time:'),
        )
      case 'past':
        return sentences(mrkdwn`${code(text)} is over.`, attempt(worksWith('02:00 UTC'), 'The next one of every day:'))
      case 'far':
        return sentences(
          mrkdwn`${code(text)} is more than ${read.days} days ahead, and nobody else could upgrade it until then. Ask again when it is nearer.`,
          attempt(worksWith('02:00 UTC'), 'Like this:'),
        )
      default:
        return assertNever(read)
    }
  },
  scopeNeeded: (command: string, works: string) =>
    sentences(
      mrkdwn`${code(`/upgrade ${command}`)} what? A service, an environment, or ${code('all')}.`,
      attempt(works, 'Like this:'),
    ),
  unknownScope: (word: string, nearest: string | undefined, works: string) =>
    sentences(
      mrkdwn`${code(word)} is neither a service nor an environment.`,
      nearest ? mrkdwn`Did you mean ${code(nearest)}?` : nothing,
      attempt(works),
    ),
  twoScopes: (word: string, works: readonly string[]) =>
    sentences(mrkdwn`${code(word)} is a service and an environment.`, mrkdwn`Try ${listed(works.map(code), 'or')}.`),
  freezeWhy: (works: string) =>
    sentences(mrkdwn`A freeze needs a reason: everybody whom it stops reads it.`, attempt(works, 'Like this:')),
  unknownPlace: (word: string, known: readonly string[], works: string) =>
    sentences(mrkdwn`No service has an environment ${code(word)}, only ${known.join(', ')}.`, attempt(works)),
  notAPeriod: (word: string, works: string) =>
    sentences(mrkdwn`${code(word)} is no period: days or weeks such as 30d or 12w, a year at most.`, attempt(works)),
  tooManyWords: (rest: string, works: string) => sentences(mrkdwn`${code(rest)} is too much here.`, attempt(works)),
  idNeeded: (command: string, ids: readonly string[]) =>
    ids.length === 0
      ? mrkdwn`${code(`/upgrade ${command}`)} needs the ID of an upgrade, and none is under way.`
      : sentences(
          mrkdwn`${code(`/upgrade ${command}`)} needs the ID of an upgrade.`,
          attempt(`/upgrade ${command} ${ids[0]}`),
        ),
  unknownUpgrade: (word: string, works: string | undefined) =>
    sentences(
      mrkdwn`There is no upgrade ${code(word)}.`,
      attempt(works ?? '/upgrade list', works ? 'Try' : 'Those under way:'),
    ),
}

// ---------------------------------------------------------------- answers

export const answers = {
  asked: ({ id, policy }: Upgrade, url?: string) =>
    mrkdwn`${link(url, id)} is being checked. The plan and its questions follow in ${channel(policy.channel)}.`,
  paused: (upgrade: Upgrade) => sentences(mrkdwn`Paused.`, attempt(`/upgrade resume ${upgrade.id}`, 'To go on:')),
  rolledBack: ({ id, plan }: Upgrade) =>
    mrkdwn`${id} is rolling back to ${plan ? shortVersion(plan.from.image) : 'the old version'}.`,
  cancelled: ({ id }: Upgrade) => mrkdwn`${id} is cancelled; nothing was changed.`,
  nothingOpen: ({ id }: Upgrade, phase: Phase) => mrkdwn`${id} has no open question: it is ${phases[phase]}.`,
  pressButton: mrkdwn`Going on is decided on what you see, so here is the question.`,
  unknownAction: mrkdwn`Rollcall does not know this button, so nothing was done. It may be of another version; look at the newest message.`,
  unreadable: mrkdwn`This button cannot be read, so nothing was done. Look at the newest message of the upgrade.`,
  notStored: mrkdwn`This was not stored in time, so do not count on it. Look at the upgrade's message before you press again.`,
  somethingBroke: (requestId: string) =>
    mrkdwn`Something went wrong on Rollcall's side. Try again; if it stays, tell an administrator this number: ${code(requestId)}.`,
  frozen: (freeze: Freeze) =>
    sentences(
      mrkdwn`${frozen(freeze)}. No upgrade starts there and no further batch begins; rolling back works.`,
      attempt(`/upgrade unfreeze ${freeze.scope}`, 'To lift it:'),
    ),
  unfrozen: ({ scope }: Freeze) =>
    mrkdwn`${sentenceCase(scopeWords(scope))} is not frozen any more. What waited for that goes on by itself.`,
  noneUnderWay: mrkdwn`No upgrade is under way.`,
  noneEnded: (service: string | undefined) =>
    service ? mrkdwn`No upgrade of ${service} has ended yet.` : mrkdwn`No upgrade has ended yet.`,
  neverUpgraded: (service: string) => mrkdwn`${service} has no upgrade yet.`,
}

/** A freeze in a listing of upgrades. */
export function frozenLine(freeze: Freeze): Markup {
  return mrkdwn`❄ ${frozen(freeze)}`
}

export function status(upgrade: Upgrade, progress: Progress, url?: string): Markup {
  const { request, id } = upgrade
  return lines(
    mrkdwn`${link(url, id)} · ${bold(request.service)} → ${shortVersion(request.image)} in ${request.environment}`,
    state(upgrade, progress),
    counts(progress),
    planLine(upgrade),
  )
}

export function listTitle(count: number): Markup {
  return count === 1 ? mrkdwn`One upgrade is under way.` : mrkdwn`${count} upgrades are under way.`
}

export function listLine(upgrade: Upgrade, progress: Progress, url?: string): Markup {
  const { request, id } = upgrade
  const where = mrkdwn`${request.service} → ${shortVersion(request.image)} in ${request.environment}`
  return mrkdwn`${link(url, id)} · ${where} · ${phases[progress.phase]} · ${progress.updated}/${progress.total} updated · asked by ${actor(request.by)}`
}

/** Of the command line without Redis. */
export const storeUnknown = mrkdwn`Freezes and earlier upgrades were not looked at: set REDIS_URL.`

export function historyTitle(service: string | undefined): Markup {
  return service ? mrkdwn`Upgrades of ${bold(service)}, newest first` : mrkdwn`Upgrades, newest first`
}

export function statisticsTitle(service: string | undefined, environment: string | undefined, days: number): Markup {
  const what = service === undefined ? mrkdwn`Upgrades` : mrkdwn`Upgrades of ${bold(service)}`
  const where = environment === undefined ? nothing : mrkdwn`in ${bold(environment)}`
  return sentences(what, where, mrkdwn`that ended in the last ${days === 1 ? '24 h' : `${days} days`}`)
}

/** How often, how well, how fast. Of what never happened nothing is said. */
export function statisticsLines(found: Statistics, days: number, counted: number | undefined): Markup[] {
  const { started, notStarted, succeeded, rolledBack, failed, failureShare, lead, restore, approval } = found
  const perWeek = Number(((started / days) * 7).toPrecision(2))
  const others = notStarted > 0 ? mrkdwn`; ${notStarted} more ended before the first change` : nothing
  const time = (name: string, spread: Spread | undefined) =>
    spread ? [mrkdwn`• ${name}: median ${duration(spread.median)}, p95 ${duration(spread.p95)} (${spread.count})`] : []
  return [
    ...(counted === undefined ? [] : [mrkdwn`There were more: these are the newest ${counted}, so rates are too low.`]),
    mrkdwn`• Started: ${started}, ${perWeek} a week. ${succeeded} succeeded, ${rolledBack} rolled back, ${failed} failed${others}`,
    ...(failureShare === undefined
      ? []
      : [mrkdwn`• Change-failure rate: ${quantity(failureShare, 'ratio')} (${rolledBack + failed} of ${started})`]),
    ...time('Lead time, from request to success', lead),
    ...time('Time to restore, from the failure to the old revision', restore),
    ...time('Wait for approval', approval),
  ]
}

export const historyColumns = ['date', 'version', 'environment', 'operator', 'result', 'note'] as const

export function historyLine(upgrade: Upgrade): Markup {
  return mrkdwn`${recordLine(upgrade)} · ${upgrade.id}`
}

export function auditTitle(id: string, entries: number): Markup {
  return mrkdwn`Audit trail of ${bold(id)}: ${entries} ${entries === 1 ? 'entry' : 'entries'}`
}

/** `7. <date> @carol continued: awaitingContinue → progressing, 1 → 3 pods · 9f3c07ab` */
export function auditLine(entry: AuditEntry): Markup {
  const action = Object.hasOwn(auditActions, entry.action) ? auditActions[entry.action as EventType] : entry.action
  const phase =
    entry.to.phase && entry.from.phase !== entry.to.phase
      ? mrkdwn`${entry.from.phase ?? 'new'} → ${entry.to.phase}`
      : nothing
  const moved = entry.from.replicas !== entry.to.replicas && entry.to.replicas !== undefined
  const share = moved ? mrkdwn`${entry.from.replicas ?? 0} → ${pods(entry.to.replicas ?? 0)}` : nothing
  const why = join([entry.code ? code(entry.code) : nothing, quoted(entry.reason)], ' ')
  const facts = join([phase, share, why], ', ')
  const tail = mrkdwn`· ${code(entry.hash.slice(0, 12))}`
  return sentences(
    mrkdwn`${entry.sequence}. ${time(entry.at)} ${actor(entry.actor)} ${action}`,
    facts.mrkdwn ? mrkdwn`(${facts})` : nothing,
    tail,
  )
}

export function auditTail(shown: number, all: number, head: string): Markup {
  const cut =
    all > shown
      ? mrkdwn`The first ${all - shown} are left out here; ${code('rollcall audit export')} has them all.`
      : nothing
  return sentences(cut, mrkdwn`Head: ${code(head)}`)
}

export function whoami(
  userId: string,
  team: string,
  places: readonly { service: string; environment: string; permissions: OwnRight[] }[],
): Markup {
  const some = places.filter(({ permissions }) => permissions.length > 0)
  return lines(
    mrkdwn`You are ${user(userId)} (${code(userId)}) of workspace ${code(team)}.`,
    ...(some.length === 0
      ? [mrkdwn`You may look at everything, and decide nothing. An administrator can add you to a role.`]
      : some.map(
          ({ service, environment, permissions }) =>
            mrkdwn`${bold(service)} in ${environment}: ${listed(
              permissions.map((one) => mrkdwn`${one}`),
              'and',
            )}`,
        )),
  )
}

export function overview(): Markup {
  const rows = Object.values(help).map(({ usage, what }: Help) => mrkdwn`${code(`/upgrade ${usage}`)} ${what}`)
  return lines(...rows)
}

export function explain(name: keyof typeof help): Markup {
  const { usage, what, example, more = [] }: Help = help[name]
  return lines(
    mrkdwn`${code(`/upgrade ${usage}`)}`,
    mrkdwn`${what.charAt(0).toUpperCase()}${what.slice(1)}.`,
    ...more.map((line) => mrkdwn`${line}`),
    mrkdwn`Example: ${code(`/upgrade ${example}`)}`,
  )
}

function oneOf(known: readonly string[], introduction: string): Markup {
  if (known.length === 0) return nothing
  const shown = known.slice(0, 8).map(code)
  const rest = known.length > shown.length ? [mrkdwn`${known.length - shown.length} more`] : []
  return mrkdwn`${introduction} ${listed([...shown, ...rest], 'and')}.`
}

/** Why somebody asks, when all they say is that it is to be promoted. */
export function promotedFrom(id: string): string {
  return `promoted from ${id}`
}
