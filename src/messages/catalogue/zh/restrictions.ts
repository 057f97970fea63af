import type { restrictions as english } from '../en/restrictions.ts'

export const restrictions: Record<keyof typeof english, string> = {
  'freeze.scope':
    '{kind, select, all {所有服务} environment { {name} 环境的所有服务} service { {name} 的所有环境} other { {name} }}',
  'freeze.scopeFirst':
    '{kind, select, all {所有服务} environment {{name} 环境的所有服务} service {{name} 的所有环境} other {{name} }}',
  'freeze.until': '{scope}已由 {by} 封网，至 {until}{said}',
  'freeze.untilLifted': '{scope}已由 {by} 封网，直到有人解除{said}',
  'window.closed': '当前不在变更窗口内',
  'window.closedUntil': '当前不在变更窗口内，下一个窗口于 {opensAt} 开始',
}
