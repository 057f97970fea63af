import { type Api, ApiError, type PatchOperation, type Query } from '../../src/kubernetes/api.ts'
import type { Cluster, Clusters } from '../../src/kubernetes/clusters.ts'
import { copyOf } from '../copy-of.ts'
import type { ControllerModel } from '../targets/deployment/controller-model.ts'

type ConfigMap = { metadata: { name: string; uid?: string }; data?: Record<string, string> }

/** What of the Kubernetes API the Deployment target asks for, on the model of a Deployment and its controllers. */
export class ModelCluster {
  readonly model: ControllerModel
  readonly configMaps = new Map<string, ConfigMap>()
  private count = 0

  constructor(model: ControllerModel) {
    this.model = model
  }

  /** @param wrap how a process reaches the API */
  clusters(wrap: (api: Api) => Api): Clusters {
    const { model } = this
    const cluster: Cluster = {
      name: 'eu',
      api: wrap(this.api()),
      defaultNamespace: 'shop',
      uid: async () => 'c1',
      watch: <Seen>() => ({
        whenSynced: async () => {},
        // Only Deployments are asked for.
        snapshot: () => model.snapshot() as Seen,
        subscribe: () => () => {},
        health: () => ({ synced: true }),
        close: () => {},
      }),
    }
    return {
      get: () => cluster,
      contextNames: () => [],
      subscribe: () => () => {},
      watches: () => [],
      close: () => {},
    }
  }

  private api(): Api {
    return {
      get: async <T>(path: string) => copyOf(this.get(path)) as T,
      metadata: async (path) => ({ metadata: { name: path.split('/').at(-1) ?? '' } }),
      post: async <T>(path: string, body: unknown) => this.post(path, body) as T,
      patch: async <T>(path: string, operations: PatchOperation[], query: Query = {}) =>
        copyOf(this.patch(path, operations, query)) as T,
      delete: async (path, body) => this.delete(path, body),
      watch: () => {
        throw new Error('the model has its own watch')
      },
      bytes: () => {
        throw new Error('nothing runs in the model')
      },
      close: () => {},
    }
  }

  private get(path: string): unknown {
    const name = path.split('/').at(-1) ?? ''
    if (path.endsWith('/deployments/web')) return this.model.deployment
    if (path.endsWith('/replicasets')) return { items: this.model.sets }
    if (path.endsWith('/pods')) return { items: this.model.pods }
    if (path.includes('/replicasets/')) return this.set(name)
    if (path.includes('/configmaps/')) return this.configMaps.get(name) ?? missing(path)
    return { items: [] }
  }

  private post(path: string, body: unknown): unknown {
    if (path.endsWith('/selfsubjectaccessreviews')) return { status: { allowed: true } }
    if (path.endsWith('/configmaps')) {
      const { metadata, ...rest } = copyOf(body) as ConfigMap
      if (this.configMaps.has(metadata.name)) throw new ApiError(409, 'AlreadyExists', 'there is one')
      this.configMaps.set(metadata.name, { ...rest, metadata: { ...metadata, uid: `map-${++this.count}` } })
    }
    return {}
  }

  private patch(path: string, operations: PatchOperation[], { dryRun }: Query): unknown {
    if (path.includes('/replicasets/')) {
      const { name } = this.set(path.split('/').at(-1) ?? '').metadata
      for (const operation of operations) {
        const key = (operation.path.split('/').at(-1) ?? '').replaceAll('~1', '/').replaceAll('~0', '~')
        this.model.annotate(name, key, operation.op === 'add' ? `${operation.value}` : undefined)
      }
      return {}
    }
    const before = this.model.deployment
    if (!this.model.patch(operations)) throw new ApiError(422, 'Invalid', 'a test failed')
    const after = this.model.deployment
    if (dryRun) this.model.deployment = before
    return after
  }

  private delete(path: string, body: unknown): void {
    const name = path.split('/').at(-1) ?? ''
    const { preconditions } = (body ?? {}) as { preconditions?: { uid?: string } }
    const found = this.configMaps.get(name) ?? missing(path)
    if (preconditions?.uid && preconditions.uid !== found.metadata.uid) {
      throw new ApiError(409, 'Conflict', 'that is another one')
    }
    this.configMaps.delete(name)
  }

  private set(name: string) {
    return this.model.sets.find(({ metadata }) => metadata.name === name) ?? missing(name)
  }
}

function missing(what: string): never {
  throw new ApiError(404, 'NotFound', `${what} is not there`)
}
