import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type PodLogs, renderLog } from '../pod-log.ts'
import { ApiError, badRequest, expired, forbidden, invalid, notFound, type Status } from './api-error.ts'
import { applyDefaults } from './defaults.ts'
import { canonical, isRecord, type KubeObject, type Pod, sameValue } from './objects.ts'
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch } from './patch.ts'
import { createObject, type DeleteOptions, deleteObject, updateObject, updateStatus } from './registry.ts'
import { apiVersionOf, findResource, type Resource, resources } from './resources.ts'
import { fromScale, toScale } from './scale.ts'
import { matchesFields, matchesLabels, parseFieldSelector, parseLabelSelector } from './selectors.ts'
import type { Store } from './store.ts'
import { checkTypes, validate } from './validation.ts'
import { serveWatch, type WatchRequest } from './watch.ts'

/** Whether a user may do something; the namespace is empty for cluster-wide requests. */
export type Access = (verb: string, resource: string, namespace: string) => boolean

export type ApiServerOptions = {
  store: Store
  /** The only token that is let in; without one everybody is. */
  token?: string
  version: string
  allows: Access
  user: string
  podLogs: PodLogs
}

/** How a compacted watch is answered: the real server sends an event, a proxy or a list answers with the status. */
export type ExpiryAnswer = 'event' | 'status'

type Request = {
  method: string
  path: string
  query: URLSearchParams
  contentType: string
  accept: string
  body: string
  response: ServerResponse
}

type Answer = { code: number; body: unknown }

type Target = { resource: Resource; namespace?: string; name?: string; subresource?: string }

const bodyLimitBytes = 3 * 1024 * 1024

/** The HTTP side of the simulated cluster: routing, decoding and answering as the Kubernetes API server does. */
export class ApiServer {
  readonly #options: ApiServerOptions
  readonly #server: Server
  readonly #watches = new Set<ServerResponse>()
  #port = 0
  #unavailable = false
  expiryAnswer: ExpiryAnswer = 'event'

  constructor(options: ApiServerOptions) {
    this.#options = options
    this.#server = createServer((request, response) => void this.#serve(request, response))
    this.#server.keepAliveTimeout = 60_000
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Listens on the port, or on the one it had before. */
  async listen(port = this.#port): Promise<void> {
    this.#unavailable = false
    if (this.#server.listening) return
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  /** Answers every request with 503 until the next `listen`. */
  answerUnavailable(): void {
    this.#unavailable = true
    this.cutWatches()
  }

  /** Ends every watch without a word, as a lost connection does. */
  cutWatches(): void {
    for (const response of this.#watches) response.destroy()
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (this.#unavailable) {
        throw new ApiError(503, 'ServiceUnavailable', 'the server is currently unable to handle the request')
      }
      const url = new URL(message.url ?? '/', 'http://cluster')
      const body = await readBody(message)
      const method = message.method ?? 'GET'
      const contentType = (message.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
      const accept = message.headers.accept ?? ''
      const request = { method, path: url.pathname, query: url.searchParams, contentType, accept, body, response }
      if (this.#serveOpen(request)) return
      const { token } = this.#options
      if (token !== undefined && message.headers.authorization !== `Bearer ${token}`) {
        throw new ApiError(401, 'Unauthorized', 'Unauthorized')
      }
      const answer = this.#route(request)
      if (answer) send(response, answer.code, answer.body)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (!response.headersSent) send(response, error.code, error.status)
    }
  }

  /** What needs no token: health and version. */
  #serveOpen({ path, response }: Request): boolean {
    if (['/readyz', '/livez', '/healthz'].includes(path)) {
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('ok')
      return true
    }
    if (path !== '/version') return false
    const [major = '1', minor = '36'] = this.#options.version.replace(/^v/, '').split('.')
    send(response, 200, { major, minor, gitVersion: this.#options.version, platform: 'linux/amd64' })
    return true
  }

  /** The answer, or `undefined` when the response is a stream. */
  #route(request: Request): Answer | undefined {
    const steps = request.path.split('/').filter((step) => step !== '')
    const [root, groupName, ...rest] = steps[0] === 'api' ? ['api', '', ...steps.slice(1)] : steps
    if (root !== 'api' && root !== 'apis') throw pageNotFound()
    if (steps.length === 1) return ok(root === 'api' ? { kind: 'APIVersions', versions: ['v1'] } : groupList())
    const [version, ...path] = rest
    if (groupName === undefined || version === undefined) return ok(group(groupName ?? ''))
    if (path.length === 0) return ok(resourceList(groupName, version))
    if (groupName === 'authorization.k8s.io' && path[0] === 'selfsubjectaccessreviews') return this.#review(request)
    if (groupName === 'authentication.k8s.io' && path[0] === 'selfsubjectreviews') return this.#whoAmI(request)
    const target = parseTarget(groupName, version, path)
    this.#authorize(request, target)
    return this.#act(request, target)
  }

  #authorize({ method, query }: Request, { resource, namespace = '', name, subresource }: Target): void {
    const verb = verbOf(method, name, query)
    const full = subresource ? `${resource.plural}/${subresource}` : resource.plural
    if (this.#options.allows(verb, full, namespace)) return
    const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope'
    const why = `User "${this.#options.user}" cannot ${verb} resource "${full}" in API group "${resource.group}" ${where}`
    throw forbidden(resource, name ?? '', why)
  }

  #act(request: Request, target: Target): Answer | undefined {
    const { method, query } = request
    const { store } = this.#options
    const { resource, namespace, name } = target
    if (name === undefined) {
      if (method === 'POST') return { code: 201, body: create(store, request, target) }
      if (method !== 'GET') throw methodNotAllowed()
      if (!isWatch(query)) return ok(list(store, request, target))
      this.#watch(request, target)
      return undefined
    }
    if (target.subresource === 'log') {
      if (method !== 'GET') throw methodNotAllowed()
      const log = logOf(current(store, target) as Pod, query, this.#options.podLogs)
      request.response.writeHead(200, { 'content-type': 'text/plain' }).end(log)
      return undefined
    }
    switch (method) {
      case 'GET':
        return ok(asAccepted(read(store, target), request))
      case 'PUT':
        return ok(write(store, target, decode(request), dryRunOf(query)))
      case 'PATCH':
        return ok(patch(store, request, target))
      case 'DELETE': {
        const options = { ...deleteOptions(request), ...dryRunOf(query) }
        const { object, gone } = deleteObject(store, resource.plural, namespace, name, options)
        return ok(gone && resource.plural !== 'pods' ? deleted(resource, object) : object)
      }
      default:
        throw methodNotAllowed()
    }
  }

  #watch({ query, response }: Request, { resource, namespace }: Target): void {
    const labels = parseLabelSelector(query.get('labelSelector') ?? '')
    const fields = parseFieldSelector(query.get('fieldSelector') ?? '', resource.plural)
    const request: WatchRequest = {
      resource,
      version: query.get('resourceVersion') ?? '',
      bookmarks: query.get('allowWatchBookmarks') === 'true',
      sendInitialEvents: query.get('sendInitialEvents') === 'true',
      expiryAnswer: this.expiryAnswer,
      matches: (object) =>
        (namespace === undefined || object.metadata.namespace === namespace) &&
        matchesLabels(labels, object.metadata.labels) &&
        matchesFields(fields, object),
      ...(namespace !== undefined && { namespace }),
      ...(query.has('timeoutSeconds') && { timeoutSeconds: Number(query.get('timeoutSeconds')) }),
    }
    this.#watches.add(response)
    response.on('close', () => this.#watches.delete(response))
    serveWatch(this.#options.store, request, response)
  }

  #whoAmI({ method }: Request): Answer {
    if (method !== 'POST') throw methodNotAllowed()
    const status = { userInfo: { username: this.#options.user, groups: ['system:authenticated'] } }
    const apiVersion = 'authentication.k8s.io/v1'
    return { code: 201, body: { kind: 'SelfSubjectReview', apiVersion, metadata: {}, status } }
  }

  #review(request: Request): Answer {
    if (request.method !== 'POST') throw methodNotAllowed()
    const review = decode(request)
    const spec: Record<string, unknown> = isRecord(review.spec) ? review.spec : {}
    const attributes = isRecord(spec.resourceAttributes) ? spec.resourceAttributes : {}
    const { verb = '', resource = '', subresource = '', namespace = '' } = attributes as Record<string, string>
    const allowed = this.#options.allows(verb, subresource ? `${resource}/${subresource}` : resource, namespace)
    const answer = {
      kind: 'SelfSubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      metadata: {},
      spec,
      status: { allowed, ...(!allowed && { reason: '' }) },
    }
    return { code: 201, body: answer }
  }
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyLimitBytes) {
      throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${bodyLimitBytes}`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function ok(body: unknown): Answer {
  return { code: 200, body }
}

function isWatch(query: URLSearchParams): boolean {
  return ['true', '1'].includes(query.get('watch') ?? '')
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function pageNotFound(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource')
}

function methodNotAllowed(): ApiError {
  return new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource')
}

function unsupportedMediaType(supported: string): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${supported}`
  return new ApiError(415, 'UnsupportedMediaType', message)
}

function parseTarget(groupName: string, version: string, steps: string[]): Target {
  const inNamespace = steps[0] === 'namespaces' && steps.length > 2 && findResource(groupName, version, steps[2] ?? '')
  const [plural = '', name, subresource, ...excess] = inNamespace ? steps.slice(2) : steps
  const resource = findResource(groupName, version, plural)
  if (!resource || excess.length > 0) throw pageNotFound()
  const offered = subresource === undefined || offers(resource, subresource)
  if (!offered || (name !== undefined && resource.namespaced && !inNamespace)) throw pageNotFound()
  return {
    resource,
    ...(inNamespace && { namespace: decodeURIComponent(steps[1] ?? '') }),
    ...(name !== undefined && { name: decodeURIComponent(name) }),
    ...(subresource !== undefined && { subresource }),
  }
}

function offers(resource: Resource, subresource: string): boolean {
  switch (subresource) {
    case 'status':
      return resource.hasStatus
    case 'scale':
      return resource.hasScale
    case 'log':
      return resource.hasLog
    default:
      return false
  }
}

function verbOf(method: string, name: string | undefined, query: URLSearchParams): string {
  switch (method) {
    case 'GET':
      if (name !== undefined) return 'get'
      return isWatch(query) ? 'watch' : 'list'
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    default:
      return name === undefined ? 'deletecollection' : 'delete'
  }
}

function decode({ body, contentType }: Request): Record<string, unknown> {
  // Some of kubectl's commands send protobuf (`create namespace`); those that send a manifest send JSON.
  if (contentType !== '' && contentType !== 'application/json') {
    throw unsupportedMediaType('application/json')
  }
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : error}`)
  }
  if (!isRecord(value)) throw badRequest("couldn't get version/kind; json parse error: expected an object")
  return value
}

function dryRunOf(query: URLSearchParams): { dryRun: boolean } {
  const values = query.getAll('dryRun')
  if (values.some((value) => value !== 'All')) {
    throw new ApiError(422, 'Invalid', 'dryRun: Unsupported value: supported values: "All"')
  }
  return { dryRun: values.length > 0 }
}

/** Checks that the object is of the resource and place it was sent to, and fills in what may be left out. */
function addressed(object: Record<string, unknown>, { resource, namespace, name }: Target): KubeObject {
  const apiVersion = apiVersionOf(resource)
  const sent = canonical(object) as Record<string, unknown>
  if ((sent.kind ?? resource.kind) !== resource.kind || (sent.apiVersion ?? apiVersion) !== apiVersion) {
    throw badRequest(
      `${sent.kind} in version "${sent.apiVersion}" cannot be handled as a ${resource.kind}: no kind "${sent.kind}" is registered`,
    )
  }
  checkTypes(resource.plural, sent)
  const metadata: Record<string, unknown> = isRecord(sent.metadata) ? { ...sent.metadata } : {}
  if (name !== undefined && (metadata.name ?? name) !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  }
  if (namespace !== undefined && (metadata.namespace ?? namespace) !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  if (name !== undefined) metadata.name = name
  if (namespace !== undefined) metadata.namespace = namespace
  delete metadata.managedFields
  return { ...sent, apiVersion, kind: resource.kind, metadata: metadata as KubeObject['metadata'] }
}

function create(store: Store, request: Request, target: Target): KubeObject {
  const { resource } = target
  if (resource.namespaced && target.namespace === undefined) throw methodNotAllowed()
  const object = addressed(decode(request), target)
  if (object.metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created')
  if (resource.hasStatus && resource.plural !== 'nodes') object.status = {}
  applyDefaults(resource.plural, object)
  const named = object.metadata.name || !object.metadata.generateName
  const problems = validate(
    resource.plural,
    named ? object : { ...object, metadata: { ...object.metadata, name: 'generated' } },
  )
  if (problems.length > 0) throw invalid(resource, object.metadata.name ?? '', problems)
  return createObject(store, resource.plural, object, dryRunOf(request.query))
}

function current(store: Store, { resource, namespace, name = '' }: Target): KubeObject {
  const found: KubeObject | undefined = store.get(resource.plural, namespace, name)
  if (!found) throw notFound(resource, name)
  return found
}

function read(store: Store, target: Target): KubeObject {
  const found = current(store, target)
  return target.subresource === 'scale' ? toScale(found) : found
}

/** The object, or only its metadata where that is all that the client takes. */
function asAccepted(object: KubeObject, { accept }: Request): unknown {
  const parameters = accept.split(';').map((part) => part.trim())
  if (!parameters.includes('as=PartialObjectMetadata')) return object
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
}

/** A container that has not started has no log, and that is an error. */
function logOf({ metadata, spec, status }: Pod, query: URLSearchParams, podLogs: PodLogs): Buffer {
  const name = query.get('container') ?? spec.containers[0]?.name ?? ''
  const found = spec.containers.find((one) => one.name === name)
  if (!found) throw badRequest(`container ${name} is not valid for pod ${metadata.name}`)
  const { state = {} } = status.containerStatuses?.find((one) => one.name === name) ?? {}
  const startedAt = state.running?.startedAt ?? state.terminated?.startedAt
  if (typeof startedAt !== 'string') {
    const reason = state.waiting?.reason ?? 'ContainerCreating'
    throw badRequest(`container "${name}" in pod "${metadata.name}" is waiting to start: ${reason}`)
  }
  const { namespace = '' } = metadata
  const logger = {
    namespace,
    pod: metadata.name,
    container: name,
    image: found.image,
    startedAt: Date.parse(startedAt),
  }
  return renderLog(podLogs(logger), query)
}

/** Replaces the object, or the part of it that the subresource stands for. */
function write(store: Store, target: Target, sent: Record<string, unknown>, options: { dryRun: boolean }): KubeObject {
  const { resource, subresource } = target
  const old = current(store, target)
  if (subresource === 'scale') return toScale(writeObject(store, target, fromScale(old, sent), old, options))
  const object = addressed(sent, target)
  if (subresource === 'status') return updateStatus(store, resource.plural, object, options)
  return writeObject(store, target, object, old, options)
}

function writeObject(
  store: Store,
  { resource }: Target,
  object: KubeObject,
  old: KubeObject,
  options: { dryRun: boolean },
): KubeObject {
  applyDefaults(resource.plural, object)
  const problems = validate(resource.plural, object, old)
  if (resource.plural === 'pods' && !sameValue(imagesOut(object), imagesOut(old))) {
    problems.push({
      reason: 'FieldValueForbidden',
      message: 'Forbidden: pod updates may not change fields other than `spec.containers[*].image`',
      field: 'spec',
    })
  }
  if (problems.length > 0) throw invalid(resource, object.metadata.name, problems)
  return updateObject(store, resource.plural, object, options)
}

/** A pod's spec without what may change after its creation. */
function imagesOut({ spec }: KubeObject): unknown {
  if (!isRecord(spec) || !Array.isArray(spec.containers)) return spec
  return { ...spec, containers: spec.containers.map((entry) => ({ ...(isRecord(entry) ? entry : {}), image: '' })) }
}

function patch(store: Store, { body, contentType, query }: Request, target: Target): KubeObject {
  const old = read(store, target)
  const parsed = parsePatch(body)
  switch (contentType) {
    case 'application/json-patch+json':
      return write(store, target, asObject(applyJsonPatch(old, parsed)), dryRunOf(query))
    case 'application/merge-patch+json':
      return write(store, target, asObject(applyMergePatch(old, parsed)), dryRunOf(query))
    case 'application/strategic-merge-patch+json':
      return write(store, target, asObject(applyStrategicMergePatch(old, parsed)), dryRunOf(query))
    default:
      throw unsupportedMediaType(
        'application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json',
      )
  }
}

function parsePatch(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    throw badRequest(`error decoding patch: ${error instanceof Error ? error.message : error}`)
  }
}

function asObject(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw badRequest('the patch does not leave an object')
  return value
}

function deleteOptions(request: Request): DeleteOptions {
  const { body, query } = request
  const sent = (body ? decode(request) : {}) as DeleteOptions & Record<string, unknown>
  const grace = query.has('gracePeriodSeconds') ? Number(query.get('gracePeriodSeconds')) : sent.gracePeriodSeconds
  const policy = (query.get('propagationPolicy') ?? sent.propagationPolicy) as DeleteOptions['propagationPolicy']
  return {
    ...(grace !== undefined && { gracePeriodSeconds: grace }),
    ...(policy && { propagationPolicy: policy }),
    ...(sent.preconditions && { preconditions: sent.preconditions }),
  }
}

function deleted(resource: Resource, { metadata }: KubeObject): Status {
  const details = {
    name: metadata.name,
    ...(resource.group && { group: resource.group }),
    kind: resource.plural,
    uid: metadata.uid,
  }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
}

function list(store: Store, { query }: Request, { resource, namespace }: Target): unknown {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '')
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '', resource.plural)
  const order = ({ metadata }: KubeObject) => `${metadata.namespace ?? ''}/${metadata.name}`
  const items = (store.list(resource.plural, namespace, labels) as KubeObject[])
    .filter((object) => matchesFields(fields, object))
    .sort((left, right) => (order(left) < order(right) ? -1 : 1))
  const page = pageOf(store, items, order, query)
  return { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), ...page }
}

/** One page of a list. A continue token names where to go on, and is void once the history was compacted. */
function pageOf(
  store: Store,
  items: KubeObject[],
  order: (object: KubeObject) => string,
  query: URLSearchParams,
): { metadata: Record<string, unknown>; items: KubeObject[] } {
  const limit = Number(query.get('limit') ?? 0)
  const token = query.get('continue')
  const from = token ? readToken(store, token) : undefined
  const version = from?.version ?? store.version
  const rest = from ? items.filter((object) => order(object) > from.after) : items
  const page = limit > 0 ? rest.slice(0, limit) : rest
  const last = page.at(-1)
  const metadata: Record<string, unknown> = { resourceVersion: String(version) }
  if (last && page.length < rest.length) {
    metadata.continue = Buffer.from(JSON.stringify({ version, after: order(last) })).toString('base64url')
    metadata.remainingItemCount = rest.length - page.length
  }
  return { metadata, items: page }
}

function readToken(store: Store, token: string): { version: number; after: string } {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
  } catch {
    throw badRequest('continue key is not valid')
  }
  if (!isRecord(value) || typeof value.version !== 'number' || typeof value.after !== 'string') {
    throw badRequest('continue key is not valid')
  }
  if (store.isCompacted(value.version)) {
    throw expired('The provided continue parameter is too old to display a consistent list result.')
  }
  return { version: value.version, after: value.after }
}

const accessReviews = { group: 'authorization.k8s.io', version: 'v1' }

/** The version of each group, by its name. */
const groupVersions = new Map(
  [...resources, accessReviews].filter(({ group }) => group).map(({ group, version }) => [group, version]),
)

function apiGroup(name: string, version: string): Record<string, unknown> {
  const entry = { groupVersion: `${name}/${version}`, version }
  return { name, versions: [entry], preferredVersion: entry }
}

function groupList(): unknown {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [...groupVersions].map(([name, version]) => apiGroup(name, version)),
  }
}

function group(name: string): unknown {
  const version = groupVersions.get(name)
  if (version === undefined) throw pageNotFound()
  return { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(name, version) }
}

function resourceList(groupName: string, version: string): unknown {
  const parts = ['get', 'patch', 'update']
  const verbs = ['create', 'delete', 'list', 'watch', ...parts]
  const entries: Record<string, unknown>[] = []
  for (const entry of resources.filter(({ group, version: other }) => group === groupName && other === version)) {
    const { plural, singular, namespaced, kind, shortNames, hasStatus, hasScale } = entry
    entries.push({ name: plural, singularName: singular, namespaced, kind, verbs, shortNames })
    if (hasStatus) entries.push({ name: `${plural}/status`, singularName: '', namespaced, kind, verbs: parts })
    const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale' }
    if (hasScale) entries.push({ name: `${plural}/scale`, singularName: '', namespaced, verbs: parts, ...scale })
  }
  if (groupName === accessReviews.group && version === accessReviews.version) {
    const kind = 'SelfSubjectAccessReview'
    entries.push({ name: 'selfsubjectaccessreviews', singularName: '', namespaced: false, kind, verbs: ['create'] })
  }
  if (entries.length === 0) throw pageNotFound()
  const groupVersion = groupName ? `${groupName}/${version}` : version
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: entries }
}
