import { assertNever } from './assert-never.ts'

/**
 * Regular expressions that answer yes or no in time proportional to the line, whatever stands in it: lines of logs come
 * from the very thing that is judged, and JavaScript's own engine may take years for one. What cannot be answered so,
 * back references and look-around, is no pattern here. After Thompson (1968), as RE2 does it.
 */
export type LinePattern = (line: string) => boolean

/** Instructions that a pattern comes to at most: each may be looked at once for every character. */
const mostInstructions = 500

/** Thrown for what is no pattern; the message completes «allowed: ». */
export class PatternError extends Error {}

type Assertion = 'start' | 'end' | 'boundary' | 'noBoundary'

type Node =
  | { kind: 'one'; source: string }
  | { kind: 'assertion'; what: Assertion }
  | { kind: 'sequence'; parts: Node[] }
  | { kind: 'choice'; options: Node[] }
  | { kind: 'repeat'; of: Node; least: number; most: number }

/** `fork` goes on at each of `to`; the others go on with the next one. */
type Instruction =
  | { op: 'one'; ascii: Uint8Array; beyond: RegExp }
  | { op: 'assertion'; what: Assertion }
  | { op: 'fork'; to: number[] }
  | { op: 'match' }

/**
 * @param source JavaScript's syntax with the flag `u`; `(?i)` at its beginning ignores case
 * @throws PatternError
 */
export function linePattern(source: string): LinePattern {
  const ignoresCase = source.startsWith('(?i)')
  const body = ignoresCase ? source.slice('(?i)'.length) : source
  try {
    new RegExp(body, 'u')
  } catch {
    throw new PatternError('a regular expression')
  }
  return matcherOf(compiled(parsed(body), ignoresCase ? 'iu' : 'u'))
}

/** Of a source that JavaScript takes for a regular expression. */
function parsed(source: string): Node {
  let at = 0

  function choice(): Node {
    const options = [sequence()]
    while (source[at] === '|') {
      at += 1
      options.push(sequence())
    }
    return options.length === 1 && options[0] ? options[0] : { kind: 'choice', options }
  }

  function sequence(): Node {
    const parts: Node[] = []
    while (at < source.length && source[at] !== '|' && source[at] !== ')') parts.push(repeated(atom()))
    return { kind: 'sequence', parts }
  }

  function repeated(of: Node): Node {
    const [written, least, comma, most] = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})/.exec(source.slice(at, at + 32)) ?? []
    if (written === undefined) return of
    at += written.length
    // Lazy or greedy, it matches or it does not.
    if (source[at] === '?') at += 1
    if (written === '*') return { kind: 'repeat', of, least: 0, most: Number.POSITIVE_INFINITY }
    if (written === '+') return { kind: 'repeat', of, least: 1, most: Number.POSITIVE_INFINITY }
    if (written === '?') return { kind: 'repeat', of, least: 0, most: 1 }
    const bound = comma ? (most ? Number(most) : Number.POSITIVE_INFINITY) : Number(least)
    return { kind: 'repeat', of, least: Number(least), most: bound }
  }

  function atom(): Node {
    switch (source[at]) {
      case '(':
        return group()
      case '^':
        return assertion('start', 1)
      case '$':
        return assertion('end', 1)
      case '[':
        return one(/^\[(?:[^\]\\]|\\.)*\]/su)
      case '\\':
        return escaped()
      default:
        return one(/^./su)
    }
  }

  function group(): Node {
    const [opening = '('] = /^\((?:\?:|(?!\?))/.exec(source.slice(at)) ?? []
    if (source[at + 1] === '?' && opening === '(') throw new PatternError('groups without look-around and names')
    at += opening.length
    const inside = choice()
    at += 1
    return inside
  }

  function escaped(): Node {
    const next = source[at + 1] ?? ''
    if (next === 'b') return assertion('boundary', 2)
    if (next === 'B') return assertion('noBoundary', 2)
    if (/[1-9k]/.test(next)) throw new PatternError('no back reference')
    return one(/^\\(?:x[\da-f]{2}|u\{[\da-f]+\}|u[\da-f]{4}|[pP]\{[^}]*\}|c[a-z]|.)/isu)
  }

  function assertion(what: Assertion, length: number): Node {
    at += length
    return { kind: 'assertion', what }
  }

  function one(written: RegExp): Node {
    const [found] = written.exec(source.slice(at)) ?? []
    if (!found) throw new PatternError('a regular expression')
    at += found.length
    return { kind: 'one', source: found }
  }

  return choice()
}

function compiled(node: Node, flags: string): Instruction[] {
  const program: Instruction[] = []
  const characters = new Map<string, Instruction>()

  function emit(instruction: Instruction): void {
    if (program.length >= mostInstructions) throw new PatternError('a shorter pattern, or smaller numbers of repeats')
    program.push(instruction)
  }

  function fork(): number[] {
    const to: number[] = []
    emit({ op: 'fork', to })
    return to
  }

  function add(part: Node): void {
    switch (part.kind) {
      case 'one': {
        const known = characters.get(part.source) ?? characterOf(part.source, flags)
        characters.set(part.source, known)
        emit(known)
        break
      }
      case 'assertion':
        emit({ op: 'assertion', what: part.what })
        break
      case 'sequence':
        part.parts.forEach(add)
        break
      case 'choice': {
        const starts = fork()
        const ends = part.options.map((option) => {
          starts.push(program.length)
          add(option)
          return fork()
        })
        for (const end of ends) end.push(program.length)
        break
      }
      case 'repeat':
        repeat(part)
        break
      default:
        assertNever(part)
    }
  }

  function repeat({ of, least, most }: Extract<Node, { kind: 'repeat' }>): void {
    for (let times = 0; times < least; times += 1) add(of)
    if (most === Number.POSITIVE_INFINITY) {
      const again = program.length
      const to = fork()
      to.push(program.length)
      add(of)
      fork().push(again)
      to.push(program.length)
      return
    }
    const exits: number[][] = []
    for (let times = least; times < most; times += 1) {
      const to = fork()
      to.push(program.length)
      exits.push(to)
      add(of)
    }
    for (const exit of exits) exit.push(program.length)
  }

  add(node)
  emit({ op: 'match' })
  return program
}

/** One character is what JavaScript says it is, which takes it no time. */
function characterOf(source: string, flags: string): Instruction {
  const beyond = new RegExp(`^(?:${source})$`, flags)
  return {
    op: 'one',
    ascii: Uint8Array.from({ length: 128 }, (_, code) => Number(beyond.test(String.fromCharCode(code)))),
    beyond,
  }
}

/** What came before an index, as far as assertions ask. */
type Before = 'start' | 'word' | 'other'

/** Where the automaton is between two characters: what goes on from here, and what came before. */
type State = { starts: number[]; before: Before; next: (State | 'matched' | undefined)[] }

/** States that are kept at most; with more the automaton is made anew as it goes. About 1 KB each. */
const mostStates = 1_000

/** A deterministic automaton, made of the program as the lines ask for it. */
function matcherOf(program: Instruction[]): LinePattern {
  let states = new Map<string, State>()
  let first = stateOf([], 'start')

  function stateOf(starts: number[], before: Before): State {
    const key = `${before} ${starts.join()}`
    const known = states.get(key)
    if (known) return known
    const state: State = { starts, before, next: [] }
    states.set(key, state)
    return state
  }

  /** The characters that are waited for, or that nothing more is. `code` is the next character; -1 behind the last one. */
  function waiting({ starts, before }: State, code: number): number[] | 'matched' {
    const reached = new Set<number>()
    const found: number[] = []
    // It may begin anywhere.
    const open = [0, ...starts]
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (reached.has(index)) continue
      reached.add(index)
      const instruction = program[index]
      if (instruction?.op === 'match') return 'matched'
      if (instruction?.op === 'one') found.push(index)
      else if (instruction?.op === 'fork') open.push(...instruction.to)
      else if (instruction && holds(instruction.what, before, code)) open.push(index + 1)
    }
    return found
  }

  function after(state: State, code: number): State | 'matched' {
    const found = waiting(state, code)
    if (found === 'matched') return found
    const starts = found.filter((index) => takes(program[index], code)).map((index) => index + 1)
    return stateOf(
      starts.sort((one, other) => one - other),
      isWord(code) ? 'word' : 'other',
    )
  }

  return (line) => {
    let state = first
    for (let at = 0; at < line.length; at += 1) {
      let code = line.charCodeAt(at)
      if (code >= 0xd800 && code <= 0xdbff) {
        code = line.codePointAt(at) ?? code
        if (code > 0xffff) at += 1
      }
      const next = state.next[code] ?? after(state, code)
      if (code < 128) state.next[code] = next
      if (next === 'matched') return true
      state = next
      if (states.size > mostStates) {
        states = new Map()
        first = stateOf([], 'start')
      }
    }
    return waiting(state, -1) === 'matched'
  }
}

function takes(instruction: Instruction | undefined, code: number): boolean {
  if (instruction?.op !== 'one') return false
  return code < 128 ? instruction.ascii[code] === 1 : instruction.beyond.test(String.fromCodePoint(code))
}

function holds(what: Assertion, before: Before, code: number): boolean {
  switch (what) {
    case 'start':
      return before === 'start'
    case 'end':
      return code < 0
    case 'boundary':
      return (before === 'word') !== isWord(code)
    case 'noBoundary':
      return (before === 'word') === isWord(code)
  }
}

/** As `\w` says it; there is no character beyond an end. */
function isWord(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122)
}
