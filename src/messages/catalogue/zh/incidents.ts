import type { incidents as english } from '../en/incidents.ts'

export const incidents: Record<keyof typeof english, string> = {
  'incident.gateFailed': '门禁 {gate} 未通过：{failed}。',
  'incident.bare': '{bare}。',
  // why a batch waits for pods, or failed
  'incident.CRASH_LOOP': '新版本的{pod, select, none {一个 Pod } other { Pod {pod} }}反复崩溃{cause}。',
  'incident.IMAGE_PULL': '{pod, select, none {一个 Pod } other {Pod {pod} }}无法拉取镜像{cause}。',
  'incident.CONTAINER_CONFIG': '{pod, select, none {一个 Pod } other {Pod {pod} }}的容器无法创建{cause}。',
  'incident.UNSCHEDULABLE': '没有节点可以调度{pod, select, none {一个 Pod} other { Pod {pod}}}{cause}。',
  'incident.PODS_REFUSED': '无法创建新 Pod{cause}。',
  'incident.NOT_READY': '新 Pod 已运行但未就绪：{wanted} 个中只有 {ready} 个就绪。',
  'incident.CONTROLLER_BEHIND': 'Deployment 控制器没有处理最近一次变更。',
  // what the rollout gate saw on the new pods
  'incident.OOM_KILLED': '新版本的{pod, select, none {一个 Pod } other { Pod {pod} }}内存不足，已被终止。',
  'incident.RESTARTED': '新版本的{pod, select, none {一个 Pod } other { Pod {pod} }}发生重启{cause}。',
  'incident.READINESS_LOST': '新版本的{pod, select, none {一个 Pod } other { Pod {pod} }}曾经就绪，现已不再就绪。',
  'incident.NO_GATE': '此版本的 Rollcall 不支持门禁 {gate}。',
  'incident.GATE_INCONCLUSIVE':
    '门禁 {gate} 无法判断：{measured}。无法确认即视为不合格。可以恢复（在此跳过该门禁），或回滚。',
  'incident.GATE_INCONCLUSIVE.ofImage':
    '门禁 {gate} 无法判断：{measured}。无法确认即视为不合格，镜像类门禁不可跳过。请解决后恢复，届时会重新检查。',
  // an alert of somebody else's
  'incident.ON_ALERT': '告警 {name}（{severity}）在升级开始后触发。',
  // changes from outside
  'incident.OUTSIDE_SCALED': '{somebody}将副本数从 {from} 调整为 {to}（已更新 {updated}）。',
  'incident.OUTSIDE_SCALED.moved':
    '{somebody}将副本数从 {from} 调整为 {to}，已更新的 Pod 随之从 {rested} 个变为 {updated} 个。',
  'incident.OUTSIDE_TEMPLATE': '{somebody}修改了 Pod 模板。',
  'incident.OUTSIDE_TEMPLATE.undone': '{somebody}撤销了本次发布：Pod 模板 {from} → {to}。',
  'incident.OUTSIDE_TEMPLATE.restored': '有人用 `rollcall restore` 还原了工作负载：Pod 模板 {from} → {to}。',
  'incident.OUTSIDE_TEMPLATE.restarted': '{somebody}触发了重启，Pod 模板因此改变。',
  'incident.OUTSIDE_TEMPLATE.image': '{somebody}设置了其他镜像：Pod 模板 {from} → {to}。',
  'incident.OUTSIDE_FIELDS': '{somebody}修改了工作负载：{fields}。',
  'incident.OUTSIDE_SHARE': '已更新的 Pod 从 {from} 个变为 {to} 个，但不是 Rollcall 所为。',
  'incident.OUTSIDE_AHEAD':
    '工作负载上的标记 {stamp} 比 Rollcall 存储的记录更新：存储被回退到了较早的状态。此前的批准无法证实，因此失效。请回滚；或恢复，届时会重新发起审批。',
  'incident.ADOPTED':
    'Rollcall 的存储丢失了此升级，现已根据工作负载上的标记 {mark} 接管。此前的批准无法证实，因此失效。请回滚；或恢复，届时会重新发起审批。',
  'incident.TEMPLATE_CHANGED':
    '从生成计划到开始之间，工作负载的模板被修改。未做任何变更，所有批准失效，将生成新的计划。',
  'incident.REPLICAS_CHANGED':
    '从生成计划到开始之间，工作负载的副本数被修改。未做任何变更，所有批准失效，将生成新的计划。',
  'incident.IMAGE_MOVED': '该版本现在指向另一个镜像：{from} → {to}。未做任何变更，所有批准失效，将生成新的计划。',
  'incident.IMAGE_MOVED.gone': '已批准的镜像（{from}）已不在镜像仓库中。未做任何变更，所有批准失效，将重新检查。',
  // what did not hold when everything was checked again at the start, or while it ran
  'incident.POLICY_CHANGED': '该服务的配置与批准时不同（{parts}）。未做任何变更，所有批准失效，将生成新的计划。',
  'incident.APPROVALS_VOIDED': '开始前复查时，以下批准不再有效：{voided}。未做任何变更，将重新发起审批。',
  'incident.REQUEST_VOID': '当前配置不再允许此申请（{parts}）。未做任何变更，升级到此结束。',
  'incident.SERVICE_REMOVED': '该服务已不在 Rollcall 的配置中。管理员将其恢复之前不会继续推进；暂停和回滚照常可用。',
  // stops that somebody wrote on the workload itself
  'incident.PAUSED_IN_CLUSTER': '{by} 在集群中将其暂停，未经过 Slack{saying}。',
  'incident.TURNED_BACK_IN_CLUSTER': '{by} 在集群中要求回滚，未经过 Slack{saying}。',
  'incident.RESTORED_IN_CLUSTER': '{by} 用 `rollcall restore` 还原了工作负载，未经过 Slack{saying}。',
  'incident.STOP_UNKNOWN':
    '{by} 在工作负载上写了 `rollcall.dev/stop={value}` ，但该值无效：只能是 `hold` 或 `rollback` 。没有停止任何操作。',
  'incident.doneAlone': 'Rollcall 当时没有响应，因此由命令行直接执行 · {at}。',
  // windows and freezes
  'incident.WINDOW_CLOSED': '{closed}。下一批等待窗口开始。',
  'incident.FROZEN': '{frozen}。下一批等待封网结束。',
  // the channel
  'incident.CHANNEL_ARCHIVED':
    '此升级所在的频道{channel}已归档，没有人能看到进展。频道恢复之前不会继续推进；可在其他频道暂停或回滚。',
  'incident.CHANNEL_LEFT':
    'Rollcall 已不在此升级所在的频道{channel}中，没有人能看到进展。重新邀请之前不会继续推进；可在其他频道暂停或回滚。',
  'incident.CHANNEL_SHARED':
    '此升级所在的频道{channel}已与其他工作区共享：外部人员可以看到内容。有人恢复之前不会继续推进。',
  'incident.REVIEW_OVERDUE': '此升级未经审批即已开始，且 24 小时内没有其他管理员复核。',
  // how it may end
  'incident.ROLLBACK_STUCK': '回滚没有进展{cause}。Rollcall 会继续尝试；请检查旧版本的 Pod。',
  'incident.ROLLBACK_FAILED': '回滚未能按时完成{cause}，Rollcall 已停止尝试。',
  'incident.TARGET_GONE': '工作负载已被删除。Rollcall 不会重新创建。',
  'incident.TARGET_GONE.recreated': '工作负载已被删除并重新创建：现在是另一个同名对象。',
  'incident.HELD_TOO_LONG': '没有人按时做出决定。',
  'incident.BLOCKED': '检查发现了阻止升级的问题。',

  // the same as a few words, for «paused because …» and records
  'cause.CRASH_LOOP': '新 Pod 崩溃',
  'cause.IMAGE_PULL': '镜像无法拉取',
  'cause.CONTAINER_CONFIG': '容器无法创建',
  'cause.UNSCHEDULABLE': '新 Pod 无法调度',
  'cause.PODS_REFUSED': '无法创建新 Pod',
  'cause.NOT_READY': '新 Pod 未就绪',
  'cause.NOT_READY.onTheWayBack': '旧版本的 Pod 未就绪',
  'cause.CONTROLLER_BEHIND': 'Deployment 控制器没有响应',
  'cause.OOM_KILLED': '新 Pod 内存不足',
  'cause.RESTARTED': '新 Pod 发生重启',
  'cause.READINESS_LOST': '新 Pod 不再就绪',
  'cause.NO_GATE': '未知的门禁',
  'cause.GATE_INCONCLUSIVE': '门禁无法判断',
  'cause.ON_ALERT': '有告警触发',
  'cause.OUTSIDE_SCALED': '有人调整了副本数',
  'cause.OUTSIDE_TEMPLATE': '有人修改了 Pod 模板',
  'cause.OUTSIDE_FIELDS': '有人修改了工作负载',
  'cause.OUTSIDE_SHARE': 'Pod 在 Rollcall 之外发生变化',
  'cause.OUTSIDE_AHEAD': '工作负载比存储的记录更新',
  'cause.ADOPTED': '存储丢失了此升级',
  'cause.TEMPLATE_CHANGED': '开始前模板被修改',
  'cause.REPLICAS_CHANGED': '开始前副本数被修改',
  'cause.IMAGE_MOVED': '版本指向了另一个镜像',
  'cause.POLICY_CHANGED': '开始前策略被修改',
  'cause.APPROVALS_VOIDED': '批准失效',
  'cause.REQUEST_VOID': '配置变更使申请失效',
  'cause.SERVICE_REMOVED': '服务已不在配置中',
  'cause.PAUSED_IN_CLUSTER': '在集群中被暂停',
  'cause.TURNED_BACK_IN_CLUSTER': '在集群中被回滚',
  'cause.RESTORED_IN_CLUSTER': '用 `rollcall restore` 还原',
  'cause.STOP_UNKNOWN': '无法识别停止指令',
  'cause.WINDOW_CLOSED': '不在变更窗口内',
  'cause.FROZEN': '管理员已封网',
  'cause.CHANNEL_ARCHIVED': '频道已归档',
  'cause.CHANNEL_LEFT': 'Rollcall 已不在频道中',
  'cause.CHANNEL_SHARED': '频道已与其他工作区共享',
  'cause.REVIEW_OVERDUE': '紧急放行未按时复核',
  'cause.ROLLBACK_STUCK': '回滚没有进展',
  'cause.ROLLBACK_FAILED': '回滚未能完成',
  'cause.TARGET_GONE': '工作负载已不存在',
  'cause.HELD_TOO_LONG': '没有人按时做出决定',
  'cause.BLOCKED': '检查发现了阻止升级的问题',
  'cause.gateFailed': '门禁未通过',
  'cause.inBrackets': '（{cause}）',

  'voided.approval': '{user} 的批准（{why}）',
  'voided.ROLE_LOST': '已不属于有审批权限的角色',
  'voided.OWN_REQUEST': '与申请人是同一人',
  'voided.SAME_PERSON': '与另一位审批人是同一人',
  'voided.BOT': '是机器人',
  'voided.GUEST': '现为访客',
  'voided.DEACTIVATED': '账号已停用',
  'voided.STRANGER': '已不在本工作区',

  'policy.promotion': '未在规定时间内于上游环境成功',
  'policy.separateRequester': '谁的批准有效',
  'policy.onFailure': '失败后的处理方式',
  'policy.onAlert': '告警后的处理方式',
  'policy.gitops': '对 GitOps 的处理方式',
  'policy.image': '镜像仓库',
  'policy.imagePolicy': '对镜像的要求',
  'policy.overrides': '申请人可以设置的选项',
  'policy.breakGlass': '不再允许紧急放行',
  'policy.dependsOn': '依赖的服务',

  'somebody.unnamed': '有人',
  'somebody.named': '有人（{by}）',
  'somebody.channel': '（{channel}）',

  // to administrators
  'admin.CHANNEL_ARCHIVED':
    '{channel}：该频道已归档，而升级消息显示在那里。请取消归档，或在 rollcall.yaml 中改用其他频道。',
  'admin.CHANNEL_LEFT': '{channel}：Rollcall 已不在该频道中，而升级消息显示在那里。请重新邀请。',
  'admin.CHANNEL_SHARED': '{channel}：该频道已与其他工作区共享，而升级消息显示在那里。请结束共享，或由操作人恢复升级。',
  'admin.held': '其中进行中、现已暂停的升级：{upgrades}。',
  'admin.orphaned':
    '{id} 占用着 {cluster} 上的 Deployment {workload}，但 Rollcall 没有它的其他信息：Redis 丢失了记录，工作负载旁的记录也没有说明申请内容。在人工恢复之前不会有任何变更： `rollcall restore deployment/{name} --namespace {namespace}`',
  'admin.orphaned.noRecord':
    '{id} 占用着 {cluster} 上的 Deployment {workload}，但 Rollcall 没有它的其他信息：Redis 丢失了记录，保存原始设置的 ConfigMap 也不存在。在人工用清单恢复之前不会有任何变更： `kubectl replace --namespace {namespace} --filename &lt;{name} 的清单&gt;`',
}
