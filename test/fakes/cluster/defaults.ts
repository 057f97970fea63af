import { isRecord } from './objects.ts'

type Json = Record<string, unknown>

/** Sets a field that is absent. */
function fill(object: Json, values: Json): void {
  for (const [key, value] of Object.entries(values)) object[key] ??= value
}

function child(object: Json, key: string): Json {
  const found = object[key]
  if (isRecord(found)) return found
  const created: Json = {}
  object[key] = created
  return created
}

function records(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

/** Drops fields with their zero value that the real API leaves out of its answers (`omitempty` on a plain field). */
function omitZero(object: Json, ...fields: string[]): void {
  for (const field of fields) {
    const value = object[field]
    const empty =
      value === false ||
      value === 0 ||
      value === '' ||
      (Array.isArray(value) && value.length === 0) ||
      (isRecord(value) && Object.keys(value).length === 0)
    if (empty) delete object[field]
  }
}

function probe(value: unknown): void {
  if (!isRecord(value)) return
  omitZero(value, 'initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold')
  fill(value, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 })
  if (isRecord(value.httpGet)) fill(value.httpGet, { path: '/', scheme: 'HTTP' })
}

/** The tag of an image as the defaulting of imagePullPolicy reads it: no tag and no digest means `latest`. */
function isLatest(image: unknown): boolean {
  if (typeof image !== 'string' || image.includes('@')) return false
  const tag = /:([^/:]+)$/.exec(image)?.[1]
  return tag === undefined || tag === 'latest'
}

function container(value: Json): void {
  fill(value, {
    imagePullPolicy: isLatest(value.image) ? 'Always' : 'IfNotPresent',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    resources: {},
  })
  omitZero(
    value,
    'args',
    'command',
    'env',
    'envFrom',
    'ports',
    'volumeMounts',
    'volumeDevices',
    'stdin',
    'stdinOnce',
    'tty',
  )
  for (const port of records(value.ports)) {
    fill(port, { protocol: 'TCP' })
    omitZero(port, 'name', 'hostPort', 'hostIP')
  }
  for (const variable of records(value.env)) {
    omitZero(variable, 'value')
    const source = variable.valueFrom
    if (isRecord(source) && isRecord(source.fieldRef)) fill(source.fieldRef, { apiVersion: 'v1' })
  }
  probe(value.livenessProbe)
  probe(value.readinessProbe)
  probe(value.startupProbe)
  const lifecycle = value.lifecycle
  if (isRecord(lifecycle)) {
    for (const hook of [lifecycle.preStop, lifecycle.postStart]) {
      if (isRecord(hook) && isRecord(hook.httpGet)) fill(hook.httpGet, { path: '/', scheme: 'HTTP' })
    }
  }
}

function volume(value: Json): void {
  for (const source of [value.secret, value.configMap, value.downwardAPI, value.projected]) {
    if (isRecord(source)) fill(source, { defaultMode: 420 })
  }
  if (isRecord(value.hostPath)) fill(value.hostPath, { type: '' })
}

function podSpec(spec: Json): void {
  fill(spec, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  })
  omitZero(
    spec,
    'nodeSelector',
    'tolerations',
    'volumes',
    'initContainers',
    'imagePullSecrets',
    'hostNetwork',
    'hostPID',
    'hostIPC',
  )
  omitZero(spec, 'serviceAccountName', 'serviceAccount', 'nodeName', 'hostname', 'topologySpreadConstraints')
  if (typeof spec.serviceAccountName === 'string') spec.serviceAccount = spec.serviceAccountName
  for (const entry of [...records(spec.containers), ...records(spec.initContainers)]) container(entry)
  records(spec.volumes).forEach(volume)
}

function template(value: Json): void {
  const metadata = child(value, 'metadata')
  omitZero(metadata, 'labels', 'annotations', 'name', 'namespace')
  podSpec(child(value, 'spec'))
}

const deploymentFields = [
  'replicas',
  'selector',
  'template',
  'strategy',
  'minReadySeconds',
  'revisionHistoryLimit',
  'paused',
  'progressDeadlineSeconds',
]

function deployment(object: Json): void {
  const spec = child(object, 'spec')
  for (const key of Object.keys(spec)) if (!deploymentFields.includes(key)) delete spec[key]
  omitZero(spec, 'paused', 'minReadySeconds')
  fill(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 })
  const strategy = child(spec, 'strategy')
  omitZero(strategy, 'type')
  fill(strategy, { type: 'RollingUpdate' })
  if (strategy.type === 'RollingUpdate')
    fill(child(strategy, 'rollingUpdate'), { maxUnavailable: '25%', maxSurge: '25%' })
  template(child(spec, 'template'))
}

function replicaSet(object: Json): void {
  const spec = child(object, 'spec')
  omitZero(spec, 'minReadySeconds')
  fill(spec, { replicas: 1 })
  template(child(spec, 'template'))
  fill(child(object, 'status'), { replicas: 0 })
}

function jobSpec(spec: Json): void {
  fill(spec, { parallelism: 1, completions: 1, backoffLimit: 6, completionMode: 'NonIndexed', suspend: false })
  template(child(spec, 'template'))
}

function cronJob(object: Json): void {
  const spec = child(object, 'spec')
  fill(spec, { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 })
  template(child(child(child(spec, 'jobTemplate'), 'spec'), 'template'))
}

function pod(object: Json): void {
  const spec = child(object, 'spec')
  podSpec(spec)
  fill(spec, {
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
    priority: 0,
    serviceAccountName: 'default',
  })
  spec.serviceAccount = spec.serviceAccountName
  fill(child(object, 'status'), { phase: 'Pending' })
}

let nextServiceAddress = 1

function service(object: Json): void {
  const spec = child(object, 'spec')
  fill(spec, { sessionAffinity: 'None', type: 'ClusterIP' })
  for (const port of records(spec.ports)) fill(port, { protocol: 'TCP', targetPort: port.port })
  fill(spec, { internalTrafficPolicy: 'Cluster', ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'] })
  if (spec.clusterIP === undefined) {
    const number = nextServiceAddress
    nextServiceAddress += 1
    spec.clusterIP = `10.96.${Math.floor(number / 250) % 250}.${(number % 250) + 1}`
  }
  fill(spec, { clusterIPs: [spec.clusterIP] })
  omitZero(spec, 'selector')
  fill(child(object, 'status'), { loadBalancer: {} })
}

function namespace(object: Json): void {
  const metadata = child(object, 'metadata')
  if (metadata.name) child(metadata, 'labels')['kubernetes.io/metadata.name'] = metadata.name
  fill(child(object, 'spec'), { finalizers: ['kubernetes'] })
  fill(child(object, 'status'), { phase: 'Active' })
}

const byResource: Record<string, (object: Json) => void> = {
  deployments: deployment,
  replicasets: replicaSet,
  jobs: (object) => jobSpec(child(object, 'spec')),
  cronjobs: cronJob,
  pods: pod,
  services: service,
  namespaces: namespace,
  events: (object) => fill(object, { reportingComponent: '', reportingInstance: '', source: {} }),
  secrets: (object) => fill(object, { type: 'Opaque' }),
}

/** Fills in what the API server fills in, in place, and drops what its answers leave out. */
export function applyDefaults(resource: string, object: Json): void {
  omitZero(child(object, 'metadata'), 'labels', 'annotations', 'finalizers', 'ownerReferences', 'generateName')
  byResource[resource]?.(object)
}
