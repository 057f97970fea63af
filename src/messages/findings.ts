import { own } from '../upgrade/own.ts'
import type { Finding } from '../upgrade/upgrade.ts'
import { catalogue } from './catalogue/en.ts'
import { unmetWords } from './dependencies.ts'
import { codesIn, type Facts } from './facts.ts'
import { measured } from './gates.ts'
import { lines, type Markup, nothing, time } from './markup.ts'
import { requestAgain } from './refusals.ts'
import { closed, frozen } from './restrictions.ts'
import type { Id, Translator } from './translator.ts'
import { attempt, bare, duration, pods, text } from './wording.ts'

/** What the pre-flight can find. */
export const findingCodes = codesIn('finding')

type Sentence = (t: Translator, facts: Facts) => Markup

/** What was found, and where it blocks, the way on; nothing of an unknown code. */
export function findingWords(t: Translator, code: string, facts: Facts): Markup | undefined {
  if (!findingCodes.has(code)) return undefined
  return own(prepared, code)?.(t, facts) ?? t.fill(`finding.${code}` as Id, facts)
}

export function finding(t: Translator, { code, detail }: Finding): Markup {
  return findingWords(t, code, detail) ?? bare(t, code, detail)
}

export function findingLines(t: Translator, findings: readonly Finding[]): Markup {
  return lines(
    ...findings.map((one) =>
      t.say('finding.line', { severity: t.plain(`finding.severity.${one.severity}`), finding: finding(t, one) }),
    ),
  )
}

/** Those whose sentences need more than their facts as they are. */
const prepared: Readonly<Record<string, Sentence>> = {
  WINDOW_CLOSED: (t, d) => t.sentences(t.say('finding.WINDOW_CLOSED', { closed: closed(t, d) }), startThen(t, d)),
  FROZEN: (t, d) => t.sentences(t.say('finding.FROZEN', { frozen: frozen(t, d) }), startThen(t, d)),
  DEPENDENCY_UNDER_WAY: (t, d) =>
    t.sentences(
      t.say('finding.DEPENDENCY_UNDER_WAY', { unmet: unmetWords(t, 'DEPENDENCY_UNDER_WAY', d) }),
      attempt(t, `/upgrade status ${text(d.upgrade)}`, 'lead.see'),
    ),
  DEPENDENCY_FAILED: (t, d) => t.fill('finding.DEPENDENCY_FAILED', d, { unmet: unmetWords(t, 'DEPENDENCY_FAILED', d) }),
  DEPENDENCY_OTHER_IMAGE: (t, d) =>
    t.fill('finding.DEPENDENCY_OTHER_IMAGE', d, { unmet: unmetWords(t, 'DEPENDENCY_OTHER_IMAGE', d) }),
  DEPENDENCY_NOT_READY: (t, d) =>
    t.say('finding.DEPENDENCY_NOT_READY', { unmet: unmetWords(t, 'DEPENDENCY_NOT_READY', d) }),
  DEPENDENCY_UNKNOWN: (t, d) => t.say('finding.DEPENDENCY_UNKNOWN', { unmet: unmetWords(t, 'DEPENDENCY_UNKNOWN', d) }),
  SURGE_IMPOSSIBLE: (t, d) => t.say('finding.SURGE_IMPOSSIBLE', { shared: shared(t, d) }),
  SURGE_DOUBTFUL: (t, d) => t.say('finding.SURGE_DOUBTFUL', { shared: shared(t, d) }),
  LIMIT_RANGE_REFUSES: (t, d) => t.fill('finding.LIMIT_RANGE_REFUSES', d, { bounds: bounds(t, d) }),
  REFERENCE_MISSING: (t, d) => t.say('finding.REFERENCE_MISSING', { named: named(t, d) }),
  REFERENCE_ABSENT: (t, d) => t.say('finding.REFERENCE_ABSENT', { named: named(t, d) }),
  ADMISSION_REFUSED: (t, d) =>
    t.fill('finding.ADMISSION_REFUSED', d, { patch: known(t, `finding.patch.${d.patch}`, d.patch) }),
  PROMOTED_TOO_LONG_AGO: (t, d) =>
    t.fill('finding.PROMOTED_TOO_LONG_AGO', d, { at: time(text(d.at)), within: duration(t, Number(d.withinMs)) }),
  PROMOTED: (t, d) => t.fill('finding.PROMOTED', d, { at: time(text(d.at)) }),
  IMAGE_NOT_FOUND: (t, d) =>
    t.fill(d.nearest === undefined ? 'finding.IMAGE_NOT_FOUND' : 'finding.IMAGE_NOT_FOUND.nearest', d),
  IMAGE_TOO_OLD: (t, d) =>
    t.say('finding.IMAGE_TOO_OLD', {
      age: duration(t, Number(d.ageMs)),
      created: time(text(d.created)),
      maxAge: duration(t, Number(d.maxAgeMs)),
    }),
  IMAGE_GATE_FAILED: (t, d) => t.fill('finding.IMAGE_GATE_FAILED', d, { measured: ofImage(t, d) }),
  IMAGE_GATE_INCONCLUSIVE: (t, d) => t.fill('finding.IMAGE_GATE_INCONCLUSIVE', d, { measured: ofImage(t, d) }),
  IMAGE_GATE_PASSED: (t, d) => t.fill('finding.IMAGE_GATE_PASSED', d, { measured: ofImage(t, d) }),
  DRAINS_FIRST: (t, d) => t.say('finding.DRAINS_FIRST', { pods: pods(t, Number(d.unavailable)) }),
  NO_ROOM_ON_NODES: (t, d) =>
    d.open === 0
      ? t.say('finding.NO_ROOM_ON_NODES.none')
      : t.say('finding.NO_ROOM_ON_NODES', { request: ofRequest(t, d) }),
  ROOM_ON_NODES: (t, d) =>
    t.fill(d.pods === d.needed ? 'finding.ROOM_ON_NODES' : 'finding.ROOM_ON_NODES.some', d, {
      extra: t.fill('finding.extraPods', d),
      request: ofRequest(t, d),
    }),
  NOT_CHECKED: (t, d) => t.say('finding.NOT_CHECKED', { unchecked: unchecked(t, d) }),
}

/** The request that nothing known would stand in the way of. */
function startThen(t: Translator, { start, service, version, environment }: Facts): Markup {
  if (start === undefined) return nothing
  const request = { service: text(service), version: text(version), environment: text(environment) }
  return attempt(t, `${requestAgain({ request })} --at ${start}`, 'lead.startThen')
}

function ofImage(t: Translator, facts: Facts): Markup {
  return measured(t, { code: text(facts.said), detail: facts as Finding['detail'] })
}

function shared(t: Translator, { why, name }: Facts): Markup {
  return t.say(why === 'hostPort' ? 'finding.shared.hostPort' : 'finding.shared.volume', { name: text(name) })
}

/** `key LOG_LEVEL in ConfigMap web` */
function named(t: Translator, facts: Facts): Markup {
  return t.fill(facts.key === '' ? 'finding.named' : 'finding.named.key', facts)
}

function bounds(t: Translator, facts: Facts): Markup {
  const whose = facts.container === '' ? t.say('finding.wholePod') : t.fill('finding.container', facts)
  return t.fill(boundsId(facts.why), facts, { whose })
}

function boundsId(why: Facts[string]): Id {
  if (why === 'min' || why === 'max') return `finding.bounds.${why}`
  return 'finding.bounds.ratio'
}

/** ` of 500m/1Gi`: CPU and memory, as a pod asks for them. */
function ofRequest(t: Translator, facts: Facts): Markup {
  return facts.request === '' ? nothing : t.fill('finding.ofRequest', facts)
}

function unchecked(t: Translator, { what, names }: Facts): Markup | string {
  const subject = known(t, `finding.unchecked.${what}`, what)
  return names === '' ? subject : t.say('finding.unchecked.names', { what: subject, names: text(names) })
}

/** In words where there are any, else by its name. */
function known(t: Translator, id: string, name: Facts[string]): string {
  return id in catalogue ? t.plain(id as 'finding.patch.start') : text(name)
}
