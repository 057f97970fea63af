import type { notices as english } from '../en/notices.ts'

export const notices: Record<keyof typeof english, string> = {
  'notice.start': '已开始：{environment} 环境的 {service} {fromTo} · {course} · {at} · {open}',
  'notice.batches': '{pods}，分批 {batches}',
  'notice.atOnce': '{pods}，一次完成',
  'notice.decisions': '决定：{environment} 环境的 {service} {fromTo} · {open}',
  'notice.approvals': '审批 {given}/{quorum} · {at}',
  'notice.approved': '已批准{said} · {at}',
  'notice.rejected': '已驳回{said} · {at}',
  'notice.accepted': '验收通过{said} · {at}',
  'notice.declined': '验收不通过{said} · {at}',
  'notice.continued': '已继续到 {next}/{of}{said} · {at}',
  'notice.rolledBack': '已回滚{said} · {at}',
  'notice.cancelled': '已取消{said} · {at}',
  'notice.result': '{title} · 用时 {took} · {open}',
  'notice.failures': '故障：{environment} 环境的 {service} {fromTo} · {open}',
  'notice.failure': '{sentence} {at}',
  'notice.lost': '按 rollcall.yaml 中的 `notify`，Rollcall 应向 {whom} 通知升级，但无法送达：{why}。升级不受影响。',
  'notice.lost.archived': '该频道已归档',
  'notice.lost.left': '它不在该频道中，请邀请它加入',
  'notice.lost.shared': '该频道与其他工作区共享，这里的内容不应让外人看到',
  'notice.lost.scope': 'Slack 应用缺少权限 `im:write`',
}
