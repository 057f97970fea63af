import type { whoCan as english } from '../en/who-can.ts'

export const whoCan: Record<keyof typeof english, string> = {
  'whoCan.approved': '{person} 已批准 · {time}',
  'whoCan.confirmed': '{person} 已确认紧急放行 · {time}',
  'whoCan.missing': '还需要 {count} 个审批，可批准的人：{who}。',
  'whoCan.complete': '审批已齐。',
  'whoCan.own': '{person} 是申请人，本人的批准不计入。',
  'whoCan.confirm': '可确认紧急放行：{person}。',
  'whoCan.accept': '可验收新版本：{who}。',
  'whoCan.continue': '可继续：{who}。',
  'whoCan.resume': '可恢复：{who}。',
  'whoCan.stop': '可暂停或回滚：{who}。',
  'whoCan.pause': '可暂停：{who}。',
  'whoCan.rollback': '可回滚：{who}。',
  'whoCan.cancel': '可取消：{who}，或申请人本人。',
  'whoCan.review': '可复核紧急放行：{who}。',
  'whoCan.nothing': '没有需要决定的事项。',
  'whoCan.title': '谁可以决定？',
  'whoCan.close': '关闭',
  'whoCan.noUpgrade': '这条消息不属于任何升级。请在升级的消息或其消息列中使用，或输入 `/upgrade who` 和升级的 ID。',
}
