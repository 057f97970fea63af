import type { phases as english } from '../en/phases.ts'

export const phases: Record<keyof typeof english, string> = {
  'phase.checking': '检查中',
  'phase.awaitingApproval': '待审批',
  'phase.scheduled': '已排期',
  'phase.progressing': '升级中',
  'phase.verifying': '验证中',
  'phase.awaitingContinue': '待继续',
  'phase.paused': '已暂停',
  'phase.rollingBack': '回滚中',
  'phase.succeeded': '已成功',
  'phase.rolledBack': '已回滚',
  'phase.rejected': '已驳回',
  'phase.expired': '已过期',
  'phase.cancelled': '已取消',
  'phase.failed': '失败',
}
