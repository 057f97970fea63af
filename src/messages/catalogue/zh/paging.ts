import type { paging as english } from '../en/paging.ts'

export const paging: Record<keyof typeof english, string> = {
  'page.title': '{id} 仍需有人处理：{sentence}',
  'page.since': '自 {at} 起无人处理。',
  'page.number': '第 {number}/{times} 次呼叫。',
  'page.last': '这是最后一次呼叫，之后 Rollcall 不再呼叫。若无人响应，请联系 {whom}。',
  'page.over': '{id}：已于 {at} 呼叫值班。',
}
