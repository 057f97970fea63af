import type { wording as english } from '../en/wording.ts'

export const wording: Record<keyof typeof english, string> = {
  'word.pods': '{count} 个 Pod',
  'word.days': '{count} 天',
  'word.hours': '{count} 小时',
  'word.minutes': '{count} 分钟',
  'word.seconds': '{count} 秒',
  'word.listed.and': '{before}、{last}',
  'word.listed.or': '{before} 或 {last}',
  'word.throughCluster': '{name}（在集群中）',
  'word.pipeline': '流水线 {name}（没有对应的 Slack 用户）',
  'word.pipelineFor': '流水线 {name}（代 {user}）',
  'word.somebody': '某人',
  'word.nobody': '无人（配置中没有任何角色拥有此权限）',
  'word.more': '另外 {count} 个',
  'word.who': '{roles}（{names}）',
  'word.bare': '{code}（{values}）',
  'word.said': '：{quotation}',
  'word.saying': '：{quotation}',
}
