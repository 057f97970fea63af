import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { longestReason, type ReplyCommand, readReply } from '../../src/commands/thread-reply.ts'
import { anyText } from '../any-text.ts'
import { fuzzRuns } from '../fuzz-runs.ts'
import { ordinaryChinese, ordinaryEnglish } from './ordinary-talk.ts'

/** What people type who mean it, and the reason that is kept of it. */
const commands: readonly (readonly [string, ReplyCommand, string?])[] = [
  ['rollback', 'rollback'],
  ['Rollback', 'rollback'],
  ['ROLLBACK', 'rollback'],
  ['roll back', 'rollback'],
  ['Roll Back', 'rollback'],
  ['roll-back', 'rollback'],
  ['rollback!', 'rollback'],
  ['rollback.', 'rollback'],
  ['rollback!!!', 'rollback'],
  ['  rollback  ', 'rollback'],
  ['rollback now', 'rollback'],
  ['rollback now!', 'rollback'],
  ['rollback please', 'rollback'],
  ['rollback, please', 'rollback'],
  ['rollback it now please', 'rollback'],
  ['rollback this', 'rollback'],
  ['roll back everything', 'rollback'],
  ['roll back the upgrade', 'rollback'],
  ['roll back immediately', 'rollback'],
  ['ROLLBACK ROLLBACK ROLLBACK', 'rollback'],
  ['rollback 🚨', 'rollback'],
  ['rollback :rotating_light: :rotating_light:', 'rollback'],
  ['rollback error rate rose', 'rollback', 'error rate rose'],
  ['rollback errors are rising', 'rollback', 'errors are rising'],
  ['rollback 5xx spiking', 'rollback', '5xx spiking'],
  ['rollback checkout is down', 'rollback', 'checkout is down'],
  ['roll back p95 doubled', 'rollback', 'p95 doubled'],
  ['rollback too many timeouts', 'rollback', 'too many timeouts'],
  ['rollback now, error rate rose', 'rollback', 'error rate rose'],
  ['rollback: error rate rose', 'rollback', 'error rate rose'],
  ['rollback - error rate rose', 'rollback', 'error rate rose'],
  ['rollback — checkout fails', 'rollback', 'checkout fails'],
  ['rollback, users cannot pay', 'rollback', 'users cannot pay'],
  ['rollback; see the graph', 'rollback', 'see the graph'],
  ['rollback. Payments are broken.', 'rollback', 'Payments are broken.'],
  ['rollback! Payments are broken!', 'rollback', 'Payments are broken!'],
  ['rollback\nerror rate rose\nsince 10:04', 'rollback', 'error rate rose\nsince 10:04'],
  ['rollback because it is not healthy', 'rollback', 'it is not healthy'],
  ['roll back due to errors', 'rollback', 'errors'],
  [
    'rollback: https://grafana.example.com/d/abc?from=now-1h',
    'rollback',
    'https://grafana.example.com/d/abc?from=now-1h',
  ],
  ['hold', 'pause'],
  ['Hold!', 'pause'],
  ['hold please', 'pause'],
  ['hold now', 'pause'],
  ['hold the rollout', 'pause'],
  ['hold: please wait', 'pause', 'please wait'],
  ['hold, dba is looking', 'pause', 'dba is looking'],
  ['hold - vendor on the phone', 'pause', 'vendor on the phone'],
  ['hold because the queue grows', 'pause', 'the queue grows'],
  ['hold latency is up', 'pause', 'latency is up'],
  ['pause', 'pause'],
  ['PAUSE', 'pause'],
  ['pause it', 'pause'],
  ['pause the upgrade', 'pause'],
  ['pause error rate is high', 'pause', 'error rate is high'],
  ['pause: let us look', 'pause', 'let us look'],
  ['ack', 'acknowledge'],
  ['Ack.', 'acknowledge'],
  ['ACK', 'acknowledge'],
  ['acknowledge', 'acknowledge'],
  ['acknowledged', 'acknowledge'],
  ['ack on it', 'acknowledge', 'on it'],
  ['ack, looking at the graphs', 'acknowledge', 'looking at the graphs'],
  ['ack: mine', 'acknowledge', 'mine'],
  ['continue', 'continue'],
  ['Continue!', 'continue'],
  ['continue please', 'continue'],
  ['continue, all green', 'continue', 'all green'],
  ['resume', 'resume'],
  ['resume now', 'resume'],
  ['approve', 'approve'],
  ['approve: looks good', 'approve', 'looks good'],
  ['reject', 'reject'],
  ['reject: not on a Friday', 'reject', 'not on a Friday'],
  ['status', 'status'],
  ['Status?', 'status'],
  ['status please', 'status'],
  ['why', 'why'],
  ['why?', 'why'],
  ['Why is it waiting?', 'why'],
  ['why did it stop', 'why'],
  ['why is it still paused?', 'why'],
  ['回滚', 'rollback'],
  ['回滚！', 'rollback'],
  ['回滚。', 'rollback'],
  ['回滚，错误率上升', 'rollback', '错误率上升'],
  ['回滚：支付失败', 'rollback', '支付失败'],
  ['回滚 错误率上升', 'rollback', '错误率上升'],
  ['回滚 延迟太高了', 'rollback', '延迟太高了'],
  ['回滚因为订单失败', 'rollback', '订单失败'],
  ['暂停', 'pause'],
  ['暂停！！', 'pause'],
  ['暂停，数据库有问题', 'pause', '数据库有问题'],
  ['暂停 报错增加', 'pause', '报错增加'],
  ['继续', 'continue'],
  ['继续。', 'continue'],
  ['恢复', 'resume'],
  ['批准', 'approve'],
  ['驳回', 'reject'],
  ['拒绝', 'reject'],
  ['确认', 'acknowledge'],
  ['确认，我来看', 'acknowledge', '我来看'],
  ['状态', 'status'],
  ['状态？', 'status'],
  ['为什么', 'why'],
  ['为什么？', 'why'],
  ['为什么停了？', 'why'],
]

/** It may be a command: whoever says so is asked. */
const doubtful: readonly (readonly [string, 'rollback' | 'pause'])[] = [
  ['rollback?', 'rollback'],
  ['roll back?', 'rollback'],
  ['rollback?!', 'rollback'],
  ['rollback, or not?', 'rollback'],
  ['rollback: yes or no?', 'rollback'],
  ['rollback...', 'rollback'],
  ['hold…', 'pause'],
  ['rollback, no wait', 'rollback'],
  ['rollback: not yet', 'rollback'],
  ['rollback, if it gets worse', 'rollback'],
  ['rollback, I think', 'rollback'],
  ['rollback: done', 'rollback'],
  ['rollback: in progress', 'rollback'],
  ['rollback, just kidding', 'rollback'],
  ['rollback to 1.4.2', 'rollback'],
  ['rollback web-production-14', 'rollback'],
  ['rollback :shrug:', 'rollback'],
  ['*rollback*', 'rollback'],
  ['`rollback`', 'rollback'],
  ['_hold_', 'pause'],
  ['rolback', 'rollback'],
  ['rollbcak', 'rollback'],
  ['puase', 'pause'],
  ['please roll back', 'rollback'],
  ['pls rollback now', 'rollback'],
  ['ok, roll back', 'rollback'],
  ['please hold', 'pause'],
  ['roll it back', 'rollback'],
  ['roll this back please', 'rollback'],
  ['revert', 'rollback'],
  ['undo', 'rollback'],
  ['stop', 'pause'],
  ['Stop!', 'pause'],
  ['stop the rollout', 'pause'],
  ['abort', 'pause'],
  ['hold it', 'pause'],
  ['hold for now', 'pause'],
  ['hold until I am back', 'pause'],
  ['pause for 10 minutes', 'pause'],
  ['hold, let me check', 'pause'],
  ['回滚？', 'rollback'],
  ['回滚吧', 'rollback'],
  ['请回滚', 'rollback'],
  ['立即回滚！', 'rollback'],
  ['暂停一下', 'pause'],
  ['停止', 'pause'],
]

/** They look like commands, or nearly, and are made of other letters. */
const lookAlikes: readonly string[] = [
  'rоllback',
  'rollbаck',
  'ｒｏｌｌｂａｃｋ',
  '𝗋𝗈𝗅𝗅𝖻𝖺𝖼𝗄',
  'ROLLBAC\u212a',
  'roll\u200bback',
  '\u200brollback',
  '\u202ekcabllor',
  'rollback\u0301',
  'hоld',
  'ноld',
  'ρause',
  'pauѕe',
  'αck',
  'continuе',
  '回滾',
  '迴滾',
  '⼞滚',
]

describe('a reply in the thread', () => {
  test('there are enough of them to go by', () => {
    expect(new Set([...ordinaryEnglish, ...ordinaryChinese]).size).toBeGreaterThanOrEqual(200)
    expect(new Set(commands.map(([text]) => text)).size).toBeGreaterThanOrEqual(60)
  })

  test.each(ordinaryEnglish)('«%s» is left alone', (text) => {
    expect(readReply(text)).toBeUndefined()
  })

  test.each(ordinaryChinese)('«%s» is left alone', (text) => {
    expect(readReply(text)).toBeUndefined()
  })

  test.each(commands.map(([text, command, reason]) => ({ text, command, reason })))(
    '«$text» is understood',
    ({ text, command, reason }) => {
      expect(readReply(text)).toEqual({ kind: 'command', command, ...(reason !== undefined && { reason }) })
    },
  )

  test.each(doubtful)('«%s» is asked about', (text, command) => {
    expect(readReply(text)).toEqual({ kind: 'unsure', command })
  })

  test.each(lookAlikes)('«%s» is another word', (text) => {
    expect(readReply(text)).toBeUndefined()
  })

  test('keeps as much of a reason as there is room for, and no half letter', () => {
    const read = readReply(`rollback: ${'🔥'.repeat(600)}`)
    expect(read).toMatchObject({ kind: 'command', reason: `${'🔥'.repeat(longestReason - 1)}…` })
  })

  test('that is a whole letter is none', () => {
    expect(readReply(`rollback: ${'x'.repeat(3_000)}`)).toBeUndefined()
  })
})

describe('whatever is said in the thread', () => {
  const aWord = fc.constantFrom(...commands.map(([text]) => text), ...ordinaryEnglish, ...ordinaryChinese)

  test('is read without an error, and what acts begins with a command', () => {
    const said = fc.oneof(
      anyText(60),
      fc.array(fc.oneof(aWord, anyText(8)), { maxLength: 5 }).map((all) => all.join(' ')),
    )
    fc.assert(
      fc.property(said, (text) => {
        const read = readReply(text)
        if (read?.kind !== 'command') return
        expect(text.replace(/^[\s\u3000]+/, '')).toMatch(
          /^(?:roll[ -]?back|hold|pause|ack|continue|resume|approve|reject|status|why|回滚|暂停|确认|继续|恢复|批准|拒绝|状态|为什么)/i,
        )
        expect([...(read.reason ?? '')].length).toBeLessThanOrEqual(longestReason)
      }),
      { numRuns: fuzzRuns(500) },
    )
  })

  test('behind a no is never acted on', () => {
    const no = fc.constantFrom(
      "don't",
      'do not',
      'please don’t',
      'never',
      'not',
      'should we',
      'maybe',
      '不要',
      '先别',
      '要不要',
    )
    fc.assert(
      fc.property(no, aWord, (first, text) => {
        expect(readReply(`${first} ${text}`)?.kind).not.toBe('command')
      }),
      { numRuns: fuzzRuns(500) },
    )
  })

  test('with another letter in the place of one of the command’s is another word', () => {
    const words = ['rollback', 'pause', 'hold', 'ack', 'continue', 'resume', '回滚', '暂停']
    const other = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((one) => /[^\s!-~]/u.test(one))
    fc.assert(
      fc.property(fc.constantFrom(...words), fc.nat(), other, (word, at, letter) => {
        const letters = [...word]
        const place = at % letters.length
        if (letters[place] === letter) return
        letters[place] = letter
        expect(readReply(letters.join(''))?.kind).not.toBe('command')
      }),
      { numRuns: fuzzRuns(500) },
    )
  })
})
