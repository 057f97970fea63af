import { nearest } from '../upgrade/nearest.ts'
import type { ReplyCommand } from './thread-reply.ts'

/** The words of `readReply`, in English and Chinese. All are in small letters. */

/** What a reply has to begin with. Longer ones first, where one is the beginning of another. */
export const heads: readonly (readonly [string, ReplyCommand])[] = [
  ['rollback', 'rollback'],
  ['roll back', 'rollback'],
  ['roll-back', 'rollback'],
  ['回滚', 'rollback'],
  ['hold', 'pause'],
  ['pause', 'pause'],
  ['暂停', 'pause'],
  ['acknowledged', 'acknowledge'],
  ['acknowledge', 'acknowledge'],
  ['ack', 'acknowledge'],
  ['确认', 'acknowledge'],
  ['continue', 'continue'],
  ['继续', 'continue'],
  ['resume', 'resume'],
  ['恢复', 'resume'],
  ['approve', 'approve'],
  ['批准', 'approve'],
  ['reject', 'reject'],
  ['驳回', 'reject'],
  ['拒绝', 'reject'],
  ['status', 'status'],
  ['状态', 'status'],
  ['why', 'why'],
  ['为什么', 'why'],
]

/** They only stress a command. */
export const fillers = [
  'right now',
  'now',
  'please',
  'pls',
  'plz',
  'asap',
  'immediately',
  'at once',
  'the upgrade',
  'this upgrade',
  'the rollout',
  'this rollout',
  ':rotating_light:',
  ':octagonal_sign:',
  ':sos:',
  ':fire:',
  ':pray:',
  '🚨',
  '🛑',
  '🆘',
  '🔥',
  '🙏',
]

/** So do these, but for «hold it», which is what one says before a question. */
export const pronouns = ['it', 'this', 'everything']

/** How long a hold is meant to last, which Rollcall's does not. */
export const forAWhile = /^(?:until|till|for (?:now|a (?:bit|sec|second|minute|moment|while)|\d+))(?:\W|$)/

/** Whatever stands before it, this takes the command back. */
export const retractions = [
  'no',
  'nope',
  'not',
  'never',
  'nah',
  "don't",
  'dont',
  'do not',
  'wrong thread',
  'wrong channel',
  'or',
  'maybe',
  'perhaps',
  'unless',
  'lol',
  'jk',
  '不',
  '别',
  '没',
  '还是',
  '或者',
  '也许',
  '可能',
  '等',
]

/** «rollback: done» tells colleagues how a rollback went. */
export const statements = [
  'done',
  'complete',
  'completed',
  'finished',
  'worked',
  'works',
  'successful',
  'succeeded',
  'started',
  'running',
  'in progress',
  'pending',
  'tested',
  'tbd',
  'n/a',
  'none',
  'unknown',
  'yes',
  'ok',
  'okay',
  'ready',
  'took',
  'green',
  'lifted',
  'over',
  '完成',
  '成功',
  '好了',
  '已',
  '结束',
]

/** «rollback, if it gets worse» thinks aloud. */
export const hedges = [
  'i think',
  'i guess',
  'i would',
  "i'd",
  'imo',
  'imho',
  'if',
  'when',
  'once',
  'after',
  'then',
  'but',
  'and',
  'right',
  'hm',
  'hmm',
  'eh',
  'what',
  'how',
  'who',
  'why',
  'which',
  'is',
  'was',
  'would',
  'should',
  'could',
  'can',
  'will',
  'might',
  'may',
  'anyone',
  'someone',
  'let me',
  "let's",
  '如果',
  '要是',
  '然后',
  '但',
  '我觉得',
  '是不是',
  '要不要',
]

/** Behind a command they make it the subject or the object of a sentence. */
export const talkAfter = [
  'is',
  "isn't",
  'was',
  "wasn't",
  'are',
  'were',
  'has',
  "hasn't",
  'had',
  'have',
  'would',
  "wouldn't",
  'will',
  "won't",
  'can',
  "can't",
  'could',
  'should',
  "shouldn't",
  'may',
  'might',
  'must',
  'does',
  "doesn't",
  'did',
  "didn't",
  'do',
  'looks',
  'look',
  'seems',
  'sounds',
  'feels',
  'works',
  'worked',
  'working',
  'took',
  'takes',
  'needs',
  'needed',
  'means',
  'went',
  'goes',
  'failed',
  'fails',
  'failing',
  'finished',
  'done',
  'complete',
  'completed',
  'started',
  'succeeded',
  'successful',
  'happened',
  'helps',
  'helped',
  'plan',
  'plans',
  'planned',
  'procedure',
  'procedures',
  'process',
  'path',
  'button',
  'script',
  'step',
  'steps',
  'window',
  'test',
  'tests',
  'tested',
  'testing',
  'drill',
  'command',
  'option',
  'strategy',
  'runbook',
  'docs',
  'time',
  'candidate',
  'message',
  'reason',
  'for',
  'from',
  'of',
  'in',
  'on',
  'at',
  'with',
  'without',
  'by',
  'before',
  'after',
  'during',
  'and',
  'or',
  'if',
  'when',
  'once',
  'unless',
  'as',
  'than',
  'only',
  'also',
  'again',
  'not',
  'vs',
  'versus',
  'music',
  'then',
  'but',
  'so',
  'though',
  'looked',
  'usually',
  'always',
  'never',
  'just',
]

/** Behind `ack` they say who is on it. */
export const affirmations = [
  'on it',
  "i'm on it",
  'im on it',
  "i'm looking",
  'looking',
  'checking',
  'investigating',
  'taking it',
  'mine',
  'i have it',
  'i got it',
  'got it',
]

/** What goes wrong, followed by how: both have to be there. */
const what =
  'error rates?|errors?|error count|failures|5xx(?: errors| rate)?|4xx(?: errors| rate)?|(?:http )?50\\d(?:s| errors)?|latency|latencies|p50|p9\\d|timeouts?|cpu|memory|restarts|checkout|payments?|logins?|orders|requests|customers|users|pods|new pods|(?:the )?(?:site|service|canary|api|queue|database)|health ?checks?|alerts?'
const how =
  'rose|rising|risen|up|high|higher|too high|over limit|spik(?:e|es|ed|ing)|climb(?:s|ed|ing)|increas(?:es|ed|ing)|doubled|tripled|jump(?:s|ed|ing)|explod(?:es|ed|ing)|fail(?:s|ed|ing)|broken|broke|down|tim(?:e|es|ed|ing) out|crash(?:es|ed|ing)?|crash ?loop(?:s|ing)?|slow(?:er|ing)?|dropp?(?:s|ed|ing)|complain(?:s|ed|ing)?|fir(?:e|es|ed|ing)|degraded|through the roof|going (?:up|down)|out of memory'

/** No sentence that goes on to doubt, deny or ask is a symptom. */
export const symptoms: readonly RegExp[] = [
  new RegExp(
    `^(?:(?:the|our|high|rising|too many|many|more) )?(?:${what})(?: (?:in|on|of|for) [\\w-]+)?(?: (?:is|are|was|were|went|has|have|keeps?|report|reports))?(?: (?:way|much|still|all|really))? (?:${how})(?:[ .!,](?!.*\\b(?:not|no|but|or|if|maybe|when|would|should|could|as|than|yet|before|yesterday|earlier|normal|expected)\\b|.*n't\\b).*)?$`,
  ),
  new RegExp(`^(?:too many|high|rising|elevated) (?:${what})[.!]*$`),
  /^(?:错误率|错误|报错|延迟|超时|失败率|告警|异常|内存|重启)(?:率|数)?(?:在|正在|已经|明显)?(?:上升|升高|增加|飙升|变高|变多|变慢|太高|太多|过高|严重|暴涨)[了。！!]*$/,
]

/** The whole reply, without what ends it: what people type when they mean a command and do not know its word. */
export const nearlyMeant: readonly (readonly [RegExp, 'rollback' | 'pause'])[] = [
  [/^(?:stop|halt|freeze|abort|emergency stop)(?: (?:it|this|now|please|the upgrade|the rollout))?$/, 'pause'],
  [/^(?:revert|undo|back out|roll this|go back)(?: (?:it|this|now|please|the upgrade|the rollout))?$/, 'rollback'],
  [/^roll (?:it|this|that|everything|the upgrade|the rollout) back(?: (?:now|please))?$/, 'rollback'],
  [/^(?:please|pls|plz|ok|okay)[ ,]*(?:rollback|roll back|revert)(?: (?:it|this|now))?$/, 'rollback'],
  [/^(?:please|pls|plz|ok|okay)[ ,]*(?:hold|pause|stop)(?: (?:it|this|now))?$/, 'pause'],
  [/^(?:请|立即|立刻|马上|赶紧|快)?(?:回滚)(?:吧|一下|一下吧|它|这次升级|这个版本)?$/, 'rollback'],
  [/^(?:请|立即|立刻|马上|赶紧|快)?(?:暂停|停止|停下)(?:吧|一下|一下吧|它|这次升级)?$/, 'pause'],
]

/** A slip of the finger in the one word of a reply. Words that are right, but others, are none. */
export function misspelt(word: string): 'rollback' | 'pause' | undefined {
  if (!/^[a-z]{4,10}$/.test(word) || /^(?:paused|pauses|pausing|rollbacks|cause|phase|pulse|clause|purse)$/.test(word))
    return undefined
  const meant = nearest(word, ['rollback', 'pause'])
  if (meant === undefined || meant === word) return undefined
  const sameLetters = [...word].toSorted().join() === [...meant].toSorted().join()
  return meant === 'rollback' ? 'rollback' : sameLetters ? 'pause' : undefined
}

const end = '[?？.!。！]*'

export const askedStatus = new RegExp(`^(?:(?:now|please|pls|plz)?${end})$`)

export const askedWhy = new RegExp(
  `^(?:${end}|(?:is|did|has|does) (?:it|this|the upgrade|the rollout|rollcall) (?:still )?(?:not )?(?:wait|waiting|stop|stopped|pause|paused|hold|holding|held|stuck|fail|failed|roll back|rolling back|rolled back|continue|continuing|go on|going on)(?: here| now)?${end}|(?:停了|停下了?|停止了?|暂停了?|在等|等待|卡住了?|回滚了?|失败了?)${end})$`,
)
