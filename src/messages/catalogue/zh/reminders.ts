import type { reminders as english } from '../en/reminders.ts'

export const reminders: Record<keyof typeof english, string> = {
  'reminder.paused': '{id} 已暂停：继续还是回滚？',
  'reminder.what': '{environment} 环境的 {service}：{fromTo}。',
  'reminder.since': '自 {at} 起等待。',
  'reminder.last': '这是最后一次提醒。',
  'reminder.over': '{id}：已于 {at} 提醒。现在无需再答复。',
  'reminder.expires': '无人答复则于 {until} 过期，不做任何变更。',
  'reminder.held': '无人答复则于 {until} 暂停。',
  'reminder.rolledBack': '无人答复则于 {until} 回滚。',
  'reminder.stays': '无人答复则保持现状。',
}
