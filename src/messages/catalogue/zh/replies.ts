import type { replies as english } from '../en/replies.ts'

export const replies: Record<keyof typeof english, string> = {
  'reply.meant.rollback':
    '要把 {id} 回滚到 {version} 吗？尚未执行任何操作。请点击按钮，或者只回复“回滚”，或“回滚：原因”。',
  'reply.meant.rollbackUnplanned': '要回滚 {id} 吗？尚未执行任何操作。请点击按钮，或者只回复“回滚”，或“回滚：原因”。',
  'reply.meant.pause': '要暂停 {id} 吗？尚未执行任何操作。请点击按钮，或者只回复“暂停”，或“暂停：原因”。',
  'reply.ofUpgrade': '{id}：{state}',
  'reply.help.stop': '在这里可以回复“回滚”、“暂停”和“确认”，它们立即生效；冒号之后可以写原因：“回滚：错误率上升”。',
  'reply.help.ask': '“继续”、“恢复”、“批准”和“驳回”会显示待决定的问题；“状态”和“为什么”会说明当前情况。',
  'reply.acknowledged': '你正在处理，{id} 的消息列会显示这一点。',
  'reason.title': '为什么回滚？',
  'reason.intro': '{id} 正在回滚。在此填写的内容会进入升级记录和审计记录；关闭此窗口不影响任何操作。',
  'reason.label': '原因',
  'reason.submit': '保存',
  'reason.close': '暂不填写',
  'reason.blank': '请简单说明原因。',
}
