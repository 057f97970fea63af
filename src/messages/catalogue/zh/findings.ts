import type { findings as english } from '../en/findings.ts'

export const findings: Record<keyof typeof english, string> = {
  'finding.WINDOW_CLOSED': '{closed}。',
  'finding.FROZEN': '{frozen}。',
  'finding.DEPENDENCY_UNDER_WAY': '{unmet}。请在其结束后重新申请。',
  'finding.DEPENDENCY_FAILED': '{unmet}。请先将该环境的 {service} 升级到应有的版本，再重新申请。',
  'finding.DEPENDENCY_OTHER_IMAGE': '{unmet}。请先将该环境的 {service} 升级到应有的版本，再重新申请。',
  'finding.DEPENDENCY_NOT_READY': '{unmet}。请在全部就绪后重新申请。',
  'finding.DEPENDENCY_UNKNOWN': '{unmet}。请解决后重新申请。',
  'finding.CONTAINER_NOT_FOUND': 'Pod 模板中没有容器 {container}，只有 {containers}。请在配置中填写其中之一。',
  'finding.ALREADY_ON_IMAGE': '已在运行 {image}，无需升级。',
  'finding.TARGET_PAUSED': '该 Deployment 已被人为暂停。解除之后（ `kubectl rollout resume` ）请重新申请。',
  'finding.LEFTOVERS':
    '{upgrade} 的暂停状态仍留在工作负载上。请用 `rollcall restore deployment/{name} --namespace {namespace}` 清除，然后重新申请。',
  'finding.ROLLOUT_IN_PROGRESS': '正在滚动更新：{total} 个 Pod 中已更新 {updated} 个。请在完成后重新申请。',
  'finding.OWNED_BY_CONTROLLER': '该 Deployment 由 {kind} {name} 管理，变更会被撤销。请在那里升级。',
  'finding.RECREATE_NO_BATCHES':
    '该 Deployment 的策略是 Recreate，无法分批暂停。配置允许时请使用 `--strategy recreate` ，或改为 RollingUpdate。',
  'finding.SURGE_IMPOSSIBLE': '额外的 Pod 无法启动，因为 Pod 共用 {shared}。请在配置中设置 `maxSurge: 0` ，先缩后扩。',
  'finding.QUOTA_TOO_SMALL':
    '配额 {quota} 的 {resource} 只剩 {free}，额外的 Pod 需要 {needed}。请提高配额，或设置 `maxSurge: 0` 。',
  'finding.RESOURCES_NOT_STATED':
    '配额 {quota} 拒绝新 Pod：容器 {container} 没有声明 {resource}。请声明，或用 LimitRange 为命名空间设置默认值。',
  'finding.LIMIT_RANGE_REFUSES': 'LimitRange {range} 拒绝新 Pod：{bounds}。请调整其中一方。',
  'finding.REFERENCE_MISSING': '{named} 不存在，缺少它新 Pod 无法启动。请先创建。',
  'finding.MIN_READY_SECONDS_TOO_HIGH':
    '新 Pod 在 {seconds} 秒后才计为可用，但批次在 {readyTimeoutSeconds} 秒后就会失败。请在配置中提高 `readyTimeout` 。',
  'finding.MAY_SCALE_TO_ZERO':
    '{autoscaler} 可能将副本缩到零再恢复，导致全部 Pod 同时变成新版本。请将最小副本数设为 1，或在升级期间停用它。',
  'finding.RBAC_FORBIDDEN':
    'Rollcall 在 {namespace} 中没有对 {resource} 的 {verb} 权限。请授权给 Rollcall 的 ServiceAccount。',
  'finding.CRON_JOB_MISSING':
    '{namespace} 中没有 CronJob {cronJob}，门禁 {gate} 需要用它创建 Job。请先创建（若只用于升级，可设为 suspend），再重新申请。',
  'finding.ADMISSION_REFUSED': 'API server 拒绝了{patch}：“{message}”',
  'finding.MANAGED_BY_ARGO_CD':
    'Argo CD 应用 {application} 会同步该工作负载并撤销变更。请在 Git 中修改版本，或暂停同步。',
  'finding.MANAGED_BY_FLUX': 'Flux {kind} {name} 会应用该工作负载并撤销变更。请在 Git 中修改版本，或将其暂停。',
  'finding.MANAGED_BY_ROLLOUT_CONTROLLER': '该工作负载由 {manager} 负责发布，两个控制器会互相冲突。请在那里升级。',
  'finding.NOT_PROMOTED':
    '`{image}` 尚未在 {environment} 环境成功过，而版本必须来自那里。请先在该环境升级，再重新申请。',
  'finding.PROMOTED_TOO_LONG_AGO':
    '该版本已通过 {upgrade} 在 {environment} 环境成功，但时间是 {at}，超过了 {within}的期限。请在该环境再升级一次，然后重新申请。',
  'finding.PROMOTION_UNKNOWN': '版本须先在 {environment} 环境成功；是否满足，将在 Slack 中申请时查询。',
  'finding.PROMOTED': '已通过 {upgrade} 在 {environment} 环境成功 · {at}。',
  'finding.IMAGE_NOT_FOUND': '镜像仓库中没有 `{image}` 。请检查版本，或等待推送后重新申请。',
  'finding.IMAGE_NOT_FOUND.nearest': '镜像仓库中没有 `{image}` ，最接近的是 `{nearest}` 。请改用它，或等待前者推送。',
  'finding.IMAGE_UNRESOLVED': '无法解析 `{image}` （{code}）：“{message}”',
  'finding.IMAGE_PLATFORM':
    '镜像的平台是 {platforms}，而节点是 {nodes}。请为这些平台构建，或用 `nodeSelector` 选择节点。',
  'finding.TAG_FORBIDDEN': '`{tag}` 不能作为版本。请使用含义固定的版本。',
  'finding.NOT_SEMVER': '`{version}` 不是 SemVer 版本（如 1.5.0），而配置要求 SemVer。',
  'finding.DOWNGRADE': '{to} 低于当前运行的 {from}。如确需降级，申请时请加 `--downgrade` 。',
  'finding.MAJOR_JUMP': '从 {from} 到 {to} 跨越了大版本。如确有此意，申请时请加 `--major` 。',
  'finding.IMAGE_TOO_OLD': '镜像构建于 {age}前（{created}），只允许 {maxAge}以内。请重新构建。',
  'finding.IMAGE_AGE_UNKNOWN':
    '镜像没有注明构建时间，而配置限制了镜像的时效。请添加标签 `org.opencontainers.image.created` 。',
  'finding.REGISTRY_NOT_ALLOWED': '`{image}` 不在允许的镜像仓库（{allowed}）中。请改用其中之一。',
  'finding.IMAGE_GATE_FAILED': '门禁 {gate} 未通过：{measured}。',
  'finding.IMAGE_GATE_INCONCLUSIVE': '门禁 {gate} 暂时无法判断：{measured}。变更开始之前必须得出结论。',
  'finding.MANAGED_BY_HELM': '由 Helm release {release} 管理：下一次 `helm upgrade` 也必须使用新版本。',
  'finding.APPLIED_BY_KUBECTL': '由 kubectl 应用：下一次 `kubectl apply` 也必须使用新版本。',
  'finding.TARGET_UNHEALTHY': '升级前 {total} 个 Pod 中只有 {ready} 个就绪。',
  'finding.SINGLE_REPLICA': '只有一个副本，第一批就是全部。',
  'finding.NO_READINESS_PROBE': '容器 {container} 没有就绪探针：Pod 一运行就算就绪。',
  'finding.DRAINS_FIRST': '没有多余容量：替换期间最多会缺少 {pods}。',
  'finding.DOWNTIME': '旧 Pod 会在第一个新 Pod 就绪之前全部停止：服务将中断。',
  'finding.REFERENCE_ABSENT': '{named} 不存在。新 Pod 没有它也可以启动。',
  'finding.NO_ROOM_ON_NODES':
    '没有任何一个节点能再容纳一个 Pod{request}：批次会等待，若不增加节点则会失败。在配置中设置 `maxSurge: 0` 可以先缩后扩。',
  'finding.NO_ROOM_ON_NODES.none':
    '没有节点能再接收 Pod：它们都被封锁、带有污点、未就绪，或标签不符合要求。若不增加节点，批次会失败。',
  'finding.SURGE_DOUBTFUL': '额外的 Pod 可能无法调度，因为 Pod 共用 {shared}。',
  'finding.IMAGE_GATE_PASSED': '门禁 {gate}：{measured}。',
  'finding.NODES_UNKNOWN': '镜像平台（{platforms}）是否与节点匹配未知：Rollcall 没有列出节点的权限。',
  'finding.ZERO_REPLICAS': '副本数为零：只修改模板。',
  'finding.DISRUPTION_BUDGET': 'PodDisruptionBudget {budget} 当前允许 {allowed} 个中断。',
  'finding.ROOM_ON_NODES': '节点可容纳 {extra}{request}。未考虑 Pod 之间的调度规则。',
  'finding.ROOM_ON_NODES.some':
    '{extra}{request}中，节点只能容纳 {pods} 个，因此批次会更慢。未考虑 Pod 之间的调度规则。',
  'finding.NOT_CHECKED': 'Rollcall 没有权限查看，因此未检查：{unchecked}。',
  'finding.AUTOSCALED': '自动伸缩器 {autoscaler} 将 Pod 数保持在 {min} 到 {max} 之间。数量变化时，批次随之调整。',

  'finding.line': '{severity}：{finding}',
  'finding.severity.block': '阻止',
  'finding.severity.warn': '警告',
  'finding.severity.note': '提示',
  'finding.shared.hostPort': '主机端口 {name}',
  'finding.shared.volume': '卷 {name}',
  'finding.named': '{kind} {name}',
  'finding.named.key': '{kind} {name} 的键 {key}',
  'finding.bounds.min': '{whose}的 {resource} 请求低于 {bound}，或没有声明',
  'finding.bounds.max': '{whose}的 {resource} 上限高于 {bound}，或没有声明',
  'finding.bounds.ratio': '{whose}的 {resource} 上限超过请求的 {bound} 倍',
  'finding.wholePod': '整个 Pod ',
  'finding.container': '容器 {container} ',
  'finding.ofRequest': '（{request}）',
  'finding.extraPods': '{needed, plural, other {{needed} 个额外的 Pod}}',
  'finding.patch.start': '第一个补丁',
  'finding.patch.finish': '收尾的补丁',
  'finding.patch.back': '回滚的补丁',
  'finding.unchecked.names': '{what}（{names}）',
  'finding.unchecked.ConfigMap': 'ConfigMap 是否存在',
  'finding.unchecked.Secret': 'Secret 是否存在',
  'finding.unchecked.PersistentVolumeClaim': '存储卷声明是否存在',
  'finding.unchecked.LimitRange': '命名空间的资源限制',
  'finding.unchecked.PodDisruptionBudget': '中断预算',
  'finding.unchecked.Node': '节点能否容纳额外的 Pod',
}
