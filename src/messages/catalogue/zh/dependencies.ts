import type { dependencies as english } from '../en/dependencies.ts'

export const dependencies: Record<keyof typeof english, string> = {
  'dependency.DEPENDENCY_UNDER_WAY': '本服务依赖 {environment} 环境的 {service}，{upgrade} 正在升级它',
  'dependency.DEPENDENCY_FAILED': '本服务依赖 {environment} 环境的 {service}，{upgrade} 在中途失败，其状态不确定',
  'dependency.DEPENDENCY_OTHER_IMAGE':
    '本服务依赖 {environment} 环境的 {service}，它运行的是 `{found}` ，而不是 {upgrade} 升级到的 `{wanted}` ',
  'dependency.DEPENDENCY_NOT_READY':
    '本服务依赖 {environment} 环境的 {service}，它没有 Pod，或者有 Pod 不是最新版本、尚未就绪',
  'dependency.DEPENDENCY_UNKNOWN':
    '本服务依赖 {environment} 环境的 {service}，但无法得知它运行的版本（{error}）：“{message}”',
}
