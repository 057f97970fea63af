import type { home as english } from '../en/home.ts'

export const home: Record<keyof typeof english, string> = {
  'home.request': '申请升级',
  'home.commands': '命令',
  'home.close': '关闭',
  'home.refused': '未执行',
  'home.open': '在频道中打开',

  'home.waiting': '等你处理',
  'home.waiting.none': '目前没有等你决定的事项。你可以答复的问题会连同按钮一起显示在这里。',
  'home.waiting.held': '{id} 已暂停',

  'home.paged': '⚠ 已呼叫值班 {count, plural, other {{count}}} 次，最近一次 {at}，仍无人处理：{sentence}',
  'home.takenOver': '存储丢失了此前的记录，现由工作负载接管：此前的批准无效。',

  'home.underWay': '进行中',
  'home.underWay.none': '目前没有进行中的升级。',
  'home.underWay.noOther': '没有其他进行中的升级。',
  'home.teach.request': '点击上面的按钮申请升级，或在任意频道输入： `{command}` 。',
  'home.teach.look': '查看历史升级： `{command}` 。',

  'home.still': '封网与变更窗口',
  'home.still.closed': '{environment} 环境 {services}：{closed}',

  'home.ended': '最近结束',
  'home.ended.none': '还没有结束的升级。结束后会显示在这里，包括结果和申请人。',
  'home.ended.askedBy': '由 {actor} 申请',
  'home.ended.all': '更早的记录： `{command}`',

  'home.places': '你的权限',
  'home.places.none': '你可以查看所有内容，但没有决定权。如需加入某个角色，请联系 {admins}。',
  'home.places.request': '申请',
  'home.places.approve': '批准',
  'home.places.operate': '操作',
  'home.places.respond': '值班响应',
  'home.places.accept': '验收',
  'home.places.line': '{environment} 环境 {services}：{permissions}',

  'home.wrong': '需要注意',
  'home.more': '另有 {count} 个： `{line}`',
  'home.moreWithout': '另有 {count} 个',

  'home.breakGlass': '紧急放行',
  'home.what': '{environment} 环境 *{service}* → {version}',
  'home.anAdministrator': '管理员',
  'home.outsider': 'Rollcall 只响应本工作区的正式成员。如有需要，请联系 {admins}。',
  'home.oneOfThem': '他们中的一位',
}
