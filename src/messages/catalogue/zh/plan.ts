import type { plan as english } from '../en/plan.ts'

export const plan: Record<keyof typeof english, string> = {
  'plan.title': '*{environment}* 环境 *{service}* 的升级计划：{from} → {to}',
  'plan.blocked': '按目前的情况无法开始。',
  'plan.free': '没有阻止升级的问题。',
  'plan.toStart': '计划于 {startAt} 开始。',
  'plan.irreversible': '已声明不可逆：{reason}，只有操作人可以回滚。',
  'plan.risks': '*风险*',
  'plan.noRisks': '*风险* 未发现。',
  'plan.steps': '*步骤*',

  'risk.DOWNGRADE': '降级：{from} → {to}。',
  'risk.MAJOR_JUMP': '跨大版本：{from} → {to}。',
  'risk.FIRST_TIME': '该工作负载首次通过 Rollcall 升级。',
  'risk.MORE_THAN_IMAGE': 'Pod 模板除镜像外还有其他变化：准入控制会增加 {changes, plural, other {{changes} 处}}修改。',
  'risk.LAST_DID_NOT_STAY':
    '上一次升级 {id} {outcome, select, succeeded {已成功} rolledBack {被回滚} rejected {被驳回} expired {已过期} cancelled {被取消} other {失败}}。',
  'risk.ONE_BATCH': '全部 {pods} 在一批内完成：中途不会停下来观察。',
  'risk.NO_SOAK': '没有观察期：一段时间后才出现的问题不会被发现。',

  'plan.timeUnknown': '暂无历史数据，无法估计用时。',
  'plan.time': '按之前 {batches, plural, other {{batches} 个批次}}估计，更新和观察约需 {time}，审批时间另计。',
  'plan.before': '0. 变更之前：门禁 {gates}',
  'plan.step': '{number}. {batch}',
  'plan.lastStep': '{number}. 还原工作负载自身的设置',
  'plan.batch': '{parts}',
  'plan.batch.asked': '有人确认继续后：{parts}',
  'plan.batchOf': '{pods} 中的 {count} 个',
  'plan.batchTakes': '{pods} 中的 {count} 个（约 {time}）',
  'plan.soak': '观察 {time}',
  'plan.check': '门禁 {gates}',

  'quiet.unknown': '*流量低谷* 未知：{measured}。',
  'quiet.now': '*流量低谷* 就在现在。',
  'quiet.at': '*流量低谷* {at}。届时开始： `{command}` 。',
  'quiet.share': '*流量低谷* {at}，约为当前的 {share} %。届时开始： `{command}` 。',

  'template.changes': '*Pod 模板* {changes}。',
  'template.onlyChange': '*Pod 模板* 仅 {changes}。',
  'template.fromTo': '`{path}` 由 `{from}` 改为 `{to}` ',
  'template.change': '`{path}` {change, select, added {新增} removed {删除} other {修改}}',
  'template.more': '另外 {count} 处',

  'back.template': '*回滚* 用一个补丁恢复旧的 Pod 模板（{version}）。',
  'back.downtime': '*回滚* 用一个补丁恢复旧的 Pod 模板（{version}），期间服务中断。',
  'back.ready': '*回滚* 用一个补丁恢复旧的 Pod 模板（{version}），就绪数始终不低于 {replicas}。',
  'back.missing': '*回滚* 用一个补丁恢复旧的 Pod 模板（{version}），期间最多缺少 {pods}。',
  'back.last': '上次用时 {time}（{id}）。',
  'back.about': '全部更新后回滚约需 {time}。',
  'back.alone': 'Rollcall 不可用时，先执行 `{command}`',
}
