import {
  affirmations,
  askedStatus,
  askedWhy,
  fillers,
  forAWhile,
  heads,
  hedges,
  misspelt,
  nearlyMeant,
  pronouns,
  retractions,
  statements,
  symptoms,
  talkAfter,
} from './reply-words.ts'

export type ReplyCommand =
  | 'rollback'
  | 'pause'
  | 'acknowledge'
  | 'continue'
  | 'resume'
  | 'approve'
  | 'reject'
  | 'status'
  | 'why'

/** What a reply in an upgrade's thread says to Rollcall; everything else is people talking to each other. */
export type ThreadReply =
  | { kind: 'command'; command: ReplyCommand; reason?: string }
  /** It may be meant: whoever wrote it is asked, and nothing is done. */
  | { kind: 'unsure'; command: 'rollback' | 'pause' }

/** Longest reason that is kept, in characters. */
export const longestReason = 500

/** More is a letter and no command, in characters. */
const longestReply = 2_000

/**
 * Reads a reply as a command. The command is the first word, or it is none: «don't roll back yet» is for colleagues.
 * What follows must be a reason beyond doubt: it stands behind a colon, a comma, a dash, a new line or «because», or it
 * says what is going wrong («rollback error rate rose»). What may be meant, but is not sure, is `unsure` for what stops
 * and nothing for the rest. Letters are compared as they are: a look-alike is another letter.
 *
 * @param text without a mention of the app
 */
export function readReply(text: string): ThreadReply | undefined {
  if (text.length > longestReply) return undefined
  const said = plainSpaces(text)
  const bare = lower(said)
  const [emphasized] = /(?<=^([*_`]))[^*_`]+(?=\1$)/.exec(said) ?? []
  if (emphasized !== undefined) return doubted(readReply(emphasized))
  const head = headOf(bare)
  const read = head && readTail(head.command, head.word, said.slice(head.word.length))
  const meant = read ? undefined : nearly(bare)
  return meant ? { kind: 'unsure', command: meant } : read
}

/** The command that the reply begins with, as a word of its own. */
function headOf(bare: string): { command: ReplyCommand; word: string } | undefined {
  const found = heads.find(([word, command]) => {
    if (!bare.startsWith(word)) return false
    const rest = bare.slice(word.length)
    // Chinese has no blanks between words, and what may follow a question is listed.
    return /^(?:[\s:;,.!?…：；，。！？、—–]|因为|由于|$)/.test(rest) || (isInquiry(command) && !isAscii(word))
  })
  return found && { word: found[0], command: found[1] }
}

/** What follows the command's word: nothing, what only stresses it, a reason, a question, or the rest of a sentence. */
function readTail(command: ReplyCommand, word: string, tail: string): ThreadReply | undefined {
  const rest = lower(tail)
  if (isInquiry(command)) return inquiry(command, rest)
  if (/^[\s.!。！]*$/.test(rest) && !/\.{2}/.test(rest)) return { kind: 'command', command }
  if (/[?？](?:\s|[?？!！.。]|$)|[吗呢][.。!！]*$/.test(rest))
    return /^[\s?？!！]*$/.test(rest) || isSet(tail) ? maybe(command) : undefined
  if (/^\s*(\.{2}|…)/.test(rest)) return maybe(command)
  const stressed = withoutStress(word, rest)
  if (stressed !== undefined) return readTail(command, word, tail.slice(tail.length - stressed.length))
  if (isSet(tail)) return withReason(command, tail)
  return bareWords(command, word, tail)
}

/** What is left behind `now`, `please`, an alarm, or the command once more. */
function withoutStress(word: string, rest: string): string | undefined {
  for (const filler of [...fillers, ...(word === 'hold' ? [] : pronouns), word]) {
    const stripped = rest.replace(/^[\s!,，]+/, '')
    if (!stripped.startsWith(filler) || stripped.length === rest.length) continue
    const left = stripped.slice(filler.length)
    if (left === '' || /^[\s:;,.!…：；，。！—–]/.test(left)) return left
  }
  return undefined
}

const separator = /^(?:\s*(?!:[\w+-]+:)[:;,：；，、]|\s*[.!。！]+\s|\s*\n|\s+[-–—]+\s|\s*[—–]+)/
const because = /^\s+(?:because|bc|b\/c|due to)(?:\s+of)?\s|^\s*[,，]?\s*(?:因为|由于)/

/** Whether a sign or a word says that a reason follows. */
function isSet(tail: string): boolean {
  return separator.test(tail) || because.test(lower(tail))
}

function withReason(command: ReplyCommand, tail: string): ThreadReply | undefined {
  const [sign = ''] = because.exec(lower(tail)) ?? separator.exec(tail) ?? []
  const reason = tail.slice(sign.length).trim()
  const bare = lower(reason)
  const given = because.test(lower(tail))
  const afterComma = /^\s*[,，、]/.test(sign)
  const doubtful =
    command !== 'reject' &&
    ((!given && startsWithOneOf(bare, [...retractions, ...statements])) ||
      (afterComma && startsWithOneOf(bare, hedges)) ||
      /\b(?:just kidding|never ?mind|nvm|false alarm)\b/.test(bare))
  if (doubtful) return maybe(command)
  return { kind: 'command', command, ...(reason && { reason: clip(reason) }) }
}

/** Words that nothing sets apart: a reason if they say what goes wrong, else the rest of a sentence. */
function bareWords(command: ReplyCommand, word: string, tail: string): ThreadReply | undefined {
  const said = tail.trim()
  const bare = lower(said)
  if (command === 'acknowledge') {
    return startsWithOneOf(bare, affirmations) ? { kind: 'command', command, reason: clip(said) } : undefined
  }
  if (!stops(command)) return undefined
  if (symptoms.some((symptom) => symptom.test(bare))) return { kind: 'command', command, reason: clip(said) }
  const few = bare.split(' ').length <= 8
  if (command === 'pause' && few && forAWhile.test(bare)) return maybe(command)
  // «hold» has many meanings, and people pause for coffee.
  const isTalk = word === 'hold' ? !startsWithOneOf(bare, pronouns) : startsWithOneOf(bare, talkAfter)
  return few && !isTalk ? maybe(command) : undefined
}

/** A question to Rollcall; whatever else somebody asks is for people. */
function inquiry(command: 'status' | 'why', rest: string): ThreadReply | undefined {
  const asked = rest.trim()
  const follows = command === 'status' ? askedStatus : askedWhy
  return follows.test(asked) ? { kind: 'command', command } : undefined
}

/** «stop», «revert», «roll it back», «please rollback», «rolback». */
function nearly(bare: string): 'rollback' | 'pause' | undefined {
  const plain = bare.replace(/[\s.!。！]+$/, '')
  return nearlyMeant.find(([said]) => said.test(plain))?.[1] ?? misspelt(plain)
}

function maybe(command: ReplyCommand): ThreadReply | undefined {
  return stops(command) ? { kind: 'unsure', command } : undefined
}

function doubted(reply: ThreadReply | undefined): ThreadReply | undefined {
  return reply && maybe(reply.command)
}

function isInquiry(command: ReplyCommand): command is 'status' | 'why' {
  return command === 'status' || command === 'why'
}

function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text)
}

function stops(command: ReplyCommand): command is 'rollback' | 'pause' {
  return command === 'rollback' || command === 'pause'
}

function startsWithOneOf(bare: string, words: readonly string[]): boolean {
  return words.some((word) => {
    if (!bare.startsWith(word)) return false
    return !isAscii(word) || !/^[a-z0-9]/.test(bare.slice(word.length))
  })
}

/** ASCII only: what other alphabets have for these letters must not become them. */
function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).replace(/[‘’]/g, "'")
}

/** Phones write blanks of several kinds; lines stay apart. */
function plainSpaces(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[\t \u00a0\u3000]+/g, ' ')
    .replace(/^[ \n]+|[ \n]+$/g, '')
}

function clip(reason: string): string {
  const letters = [...reason]
  return letters.length > longestReason ? `${letters.slice(0, longestReason - 1).join('')}…` : reason
}
