import type { report as english } from '../en/report.ts'

export const report: Record<keyof typeof english, string> = {
  'report.batches': '*批次*',
  'report.back': '• 回滚：{duration}',
  'report.backUnfinished': '• 回滚：未完成',
  'report.batch': '• {pods}/{of}：{parts}',
  'report.ready': '{duration}后就绪',
  'report.unfinished': '未完成',
  'report.soaked': '观察 {duration}',
  'report.accepted': '{duration}后验收通过',
  'report.gatesTook': '门禁 {duration}',
  'report.continued': '{duration}后由 {by} 继续{said}（{at}）',
  'report.capacityKept': '*容量* 就绪数始终不少于 {wanted}/{wanted} · 停机 {down}',
  'report.capacityMissed': '*容量* 就绪数最低 {least}/{wanted}，低于期望共 {below} · 停机 {down}',
  'report.gates': '*门禁*',
  'report.before': '{line}，升级前 {before}',
  'report.more': '• 另外 {count} 项',

  'report.filesTitle': '{id}：完整过程',
  'report.scopeWanted':
    '升级报告缺少图表和其他文件：Slack 应用没有权限 `{scope}` 。请在应用的“OAuth & Permissions”页面添加，然后重新安装到工作区。',
  'report.chartTitle': '门禁测量值',
  'report.configurationTitle': '升级前后的 Pod 模板',
  'report.timelineTitle': '完整时间线',
}
