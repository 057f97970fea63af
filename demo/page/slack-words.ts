import type { Locale } from '../server/protocol.ts'

const en = {
  onlyYou: 'Only visible to you',
  edited: '(edited)',
  replies: (count: number) => `${count} ${count === 1 ? 'reply' : 'replies'}`,
  lastAt: (time: string) => `last at ${time}`,
  waits: 'waits for you',
  dismiss: 'Dismiss message',
  thread: 'Thread',
  closeThread: 'Close the thread',
  messages: 'Messages',
  threadMessages: 'Messages of the thread',
  plainText: 'Plain text',
  plainTextHint: "What a phone's notification shows and a screen reader says",
  write: (place: string) => `Message ${place}, or /upgrade`,
  reply: 'Reply … (rollback, hold, ack, status, why)',
  send: 'Send',
  moreActions: 'More actions',
  close: 'Close',
}

/** What Slack itself says around messages, in the language of whoever looks. */
export const slackWords: Record<Locale, typeof en> = {
  en,
  zh: {
    onlyYou: '仅对你可见',
    edited: '（已编辑）',
    replies: (count) => `${count} 条回复`,
    lastAt: (time) => `最后回复 ${time}`,
    waits: '等你决定',
    dismiss: '关闭消息',
    thread: '消息列',
    closeThread: '关闭消息列',
    messages: '消息',
    threadMessages: '消息列中的消息',
    plainText: '纯文本',
    plainTextHint: '手机通知显示、屏幕阅读器读出的内容',
    write: (place) => `给 ${place} 发消息，或输入 /upgrade`,
    reply: '回复…（回滚、暂停、确认、状态、为什么）',
    send: '发送',
    moreActions: '更多操作',
    close: '关闭',
  },
}
