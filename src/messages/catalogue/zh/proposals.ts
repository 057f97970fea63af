import type { proposals as english } from '../en/proposals.ts'

export const proposals: Record<keyof typeof english, string> = {
  'proposal.open': '*{service} {version}* 已推送。是否升级 {environment}？',
  'proposal.runs': '当前运行 {version}',
  'proposal.runsUnknown': '当前运行的版本未知',
  'proposal.who': '{roles} 可以申请',
  'proposal.superseded': '{environment} 的 {service} {version}：已被 {by} 取代。',
  'proposal.requested': '{environment} 的 {service} {version}：{who} 已申请，{id}。',
  'proposal.dismissed': '{environment} 的 {service} {version}：{who} 已忽略。',
  'proposal.request': '申请升级',
  'proposal.dismiss': '忽略',
  'proposal.over': '该版本已不在建议之列。仍可用 `/upgrade` 申请任何版本。',
  'proposal.asked': '已有人申请：{who} 申请了 {environment} 的 {service} {version}，{link}。',
}
