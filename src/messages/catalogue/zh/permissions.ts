import type { permissions as english } from '../en/permissions.ts'

export const permissions: Record<keyof typeof english, string> = {
  'permissions.changed': '新配置已生效，权限有以下变更：',
  'permissions.everywhere': '所有服务',
  'permissions.place': '{environment} 环境 *{service}*',
  'permissions.line': '• {place} · `{permission}`：{changes}',
  'permissions.without': '移除 {removed}',
  'permissions.with': '新增 {added}',
  'permissions.replaced': '移除 {removed}，新增 {added}',
}
