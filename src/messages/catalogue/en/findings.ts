/** What the pre-flight found: what it is, and where it blocks, the way on. By the codes of the target and the image. */
export const findings = {
  'finding.WINDOW_CLOSED': '{closed}.',
  'finding.FROZEN': '{frozen}.',
  'finding.DEPENDENCY_UNDER_WAY': '{unmet}. Ask again when that has ended.',
  'finding.DEPENDENCY_FAILED': '{unmet}. Upgrade {service} there to what it should run; then ask again.',
  'finding.DEPENDENCY_OTHER_IMAGE': '{unmet}. Upgrade {service} there to what it should run; then ask again.',
  'finding.DEPENDENCY_NOT_READY': '{unmet}. Ask again when all are.',
  'finding.DEPENDENCY_UNKNOWN': '{unmet}. When that is put right, ask again.',
  'finding.CONTAINER_NOT_FOUND':
    'The pod template has no container {container}; it has {containers}. Name one of them in the configuration.',
  'finding.ALREADY_ON_IMAGE': 'It runs {image} already, so there is nothing to upgrade.',
  'finding.TARGET_PAUSED': 'Somebody paused the Deployment. When that is over (`kubectl rollout resume`), ask again.',
  'finding.LEFTOVERS':
    'The hold of {upgrade} is still on it. `rollcall restore deployment/{name} --namespace {namespace}` takes it off; then ask again.',
  'finding.ROLLOUT_IN_PROGRESS':
    'A rollout is under way: {updated} of {total} pods are updated. Ask again when it is done.',
  'finding.OWNED_BY_CONTROLLER': '{kind} {name} owns the Deployment and would undo the change. Upgrade it there.',
  'finding.RECREATE_NO_BATCHES':
    'The Deployment is of type Recreate, and its pods cannot be held in batches. Use `--strategy recreate` where the configuration allows it, or make it a RollingUpdate.',
  'finding.SURGE_IMPOSSIBLE':
    'No extra pod can ever start, because the pods share {shared}. Set `maxSurge: 0` in the configuration, which drains first.',
  'finding.QUOTA_TOO_SMALL':
    'Quota {quota} leaves {free} of {resource}, and the extra pods need {needed}. Raise it, or set `maxSurge: 0`.',
  'finding.RESOURCES_NOT_STATED':
    'Quota {quota} refuses new pods: container {container} does not state its {resource}. State it, or give the namespace a default by a LimitRange.',
  'finding.LIMIT_RANGE_REFUSES': 'LimitRange {range} refuses new pods: {bounds}. Change one or the other.',
  'finding.REFERENCE_MISSING': 'There is no {named}, and new pods cannot start without it. Create it first.',
  'finding.MIN_READY_SECONDS_TOO_HIGH':
    'A new pod would count only after {seconds} s, but the batch fails after {readyTimeoutSeconds} s. Raise `readyTimeout` in the configuration.',
  'finding.MAY_SCALE_TO_ZERO':
    '{autoscaler} may take it to zero and back, which would make all pods new at once. Give it a minimum of 1, or none for the time of the upgrade.',
  'finding.RBAC_FORBIDDEN': "Rollcall may not {verb} {resource} in {namespace}. Grant it to Rollcall's ServiceAccount.",
  'finding.CRON_JOB_MISSING':
    'There is no CronJob {cronJob} in {namespace}, which gate {gate} makes its Job from. Create it (suspended, if it is to run for upgrades only); then ask again.',
  'finding.ADMISSION_REFUSED': 'The API server refuses {patch}: «{message}»',
  'finding.MANAGED_BY_ARGO_CD':
    'Argo CD application {application} syncs it and would undo the change. Change the version in Git, or suspend the sync.',
  'finding.MANAGED_BY_FLUX':
    'Flux {kind} {name} applies it and would undo the change. Change the version in Git, or suspend it.',
  'finding.MANAGED_BY_ROLLOUT_CONTROLLER':
    '{manager} rolls this workload out, and two controllers would fight. Upgrade it there.',
  'finding.NOT_PROMOTED':
    '`{image}` has not succeeded in {environment}, where it has to come from. Upgrade it there first; then ask again.',
  'finding.PROMOTED_TOO_LONG_AGO':
    'It succeeded in {environment} with {upgrade}, but that was {at}, and may not be longer ago than {within}. Upgrade it there once more; then ask again.',
  'finding.PROMOTION_UNKNOWN':
    'Whether it succeeded in {environment}, where it has to come from, is looked up when it is asked for in Slack.',
  'finding.PROMOTED': 'It succeeded in {environment} with {upgrade} · {at}.',
  'finding.IMAGE_NOT_FOUND':
    'The registry has no `{image}`. Look at the version, or wait until it is pushed; then ask again.',
  'finding.IMAGE_NOT_FOUND.nearest':
    'The registry has no `{image}`. The nearest that it has is `{nearest}`: ask for that, or wait until this one is pushed.',
  'finding.IMAGE_UNRESOLVED': 'What `{image}` stands for is not known ({code}): «{message}»',
  'finding.IMAGE_PLATFORM':
    'The image is built for {platforms}, and the nodes are {nodes}. Build it for those, or choose nodes with `nodeSelector`.',
  'finding.TAG_FORBIDDEN': '`{tag}` is no version here. Ask for one that always means the same.',
  'finding.NOT_SEMVER': '`{version}` is no SemVer such as 1.5.0, and the configuration wants one.',
  'finding.DOWNGRADE':
    '{to} is older than {from}, which runs. Where that is meant, it is asked for with `--downgrade`.',
  'finding.MAJOR_JUMP':
    'From {from} to {to} the major number changes. Where that is meant, it is asked for with `--major`.',
  'finding.IMAGE_TOO_OLD': 'The image was built {age} ago ({created}), and {maxAge} are allowed. Build it anew.',
  'finding.IMAGE_AGE_UNKNOWN':
    'The image does not say when it was built, and the configuration limits its age. Label it with `org.opencontainers.image.created`.',
  'finding.REGISTRY_NOT_ALLOWED':
    '`{image}` is of no registry that is allowed here ({allowed}). Take it from one of those.',
  'finding.IMAGE_GATE_FAILED': 'Gate {gate} fails: {measured}.',
  'finding.IMAGE_GATE_INCONCLUSIVE': 'Gate {gate} cannot tell yet: {measured}. It has to, before anything is changed.',
  'finding.MANAGED_BY_HELM':
    'Helm release {release} manages it: the next `helm upgrade` must bring the new version too.',
  'finding.APPLIED_BY_KUBECTL': 'It was applied with kubectl: the next `kubectl apply` must bring the new version too.',
  'finding.TARGET_UNHEALTHY': 'Only {ready} of {total} pods are Ready before the start.',
  'finding.SINGLE_REPLICA': 'There is one replica, so the first batch is all of it.',
  'finding.NO_READINESS_PROBE':
    'Container {container} has no readiness probe: a pod counts as Ready as soon as it runs.',
  'finding.DRAINS_FIRST': 'There is no spare capacity: up to {pods} will be missing while replacements start.',
  'finding.DOWNTIME': 'All old pods go before the first new one is Ready: the service will be down.',
  'finding.REFERENCE_ABSENT': 'There is no {named}. New pods may start without it.',
  'finding.NO_ROOM_ON_NODES':
    'No single node has room for one more pod{request}: the batch waits for one, and fails if none is added. `maxSurge: 0` in the configuration drains first.',
  'finding.NO_ROOM_ON_NODES.none':
    'No node takes one more pod: all are cordoned, tainted, not Ready or of other labels than the pods want. The batch fails unless one is added.',
  'finding.SURGE_DOUBTFUL': 'An extra pod may find no place, because the pods share {shared}.',
  'finding.IMAGE_GATE_PASSED': 'Gate {gate}: {measured}.',
  'finding.NODES_UNKNOWN':
    'Whether its platform ({platforms}) fits the nodes is not known: Rollcall may not list them.',
  'finding.ZERO_REPLICAS': 'It is scaled to zero: only the template changes.',
  'finding.DISRUPTION_BUDGET': 'PodDisruptionBudget {budget} allows {allowed} disruptions now.',
  'finding.ROOM_ON_NODES': 'Nodes have room for {extra}{request}. Rules between pods are not considered.',
  'finding.ROOM_ON_NODES.some':
    'Nodes have room for {pods} of {extra}{request}, so batches take longer. Rules between pods are not considered.',
  'finding.NOT_CHECKED': 'Not checked, because Rollcall may not look: {unchecked}.',
  'finding.AUTOSCALED':
    'Autoscaler {autoscaler} keeps {min} to {max} pods. When it changes the number, the batches follow.',

  'finding.line': '{severity}: {finding}',
  'finding.severity.block': 'Blocks',
  'finding.severity.warn': 'Warning',
  'finding.severity.note': 'Note',
  'finding.shared.hostPort': 'host port {name}',
  'finding.shared.volume': 'volume {name}',
  'finding.named': '{kind} {name}',
  'finding.named.key': 'key {key} in {kind} {name}',
  'finding.bounds.min': '{whose} asks for less {resource} than {bound}, or does not say',
  'finding.bounds.max': '{whose} may use more {resource} than {bound}, or does not say',
  'finding.bounds.ratio': '{whose} may use more than {bound} times the {resource} that it asks for',
  'finding.wholePod': 'a whole pod',
  'finding.container': 'container {container}',
  'finding.ofRequest': ' of {request}',
  'finding.extraPods': '{needed, plural, one {1 extra pod} other {{needed} extra pods}}',
  'finding.patch.start': 'the first patch',
  'finding.patch.finish': 'the patch at the end',
  'finding.patch.back': 'the patch of a rollback',
  'finding.unchecked.names': '{what} ({names})',
  'finding.unchecked.ConfigMap': 'whether ConfigMaps are there',
  'finding.unchecked.Secret': 'whether Secrets are there',
  'finding.unchecked.PersistentVolumeClaim': 'whether volume claims are there',
  'finding.unchecked.LimitRange': 'limits of the namespace',
  'finding.unchecked.PodDisruptionBudget': 'disruption budgets',
  'finding.unchecked.Node': 'whether nodes have room for extra pods',
} as const
