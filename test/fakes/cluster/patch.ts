import { badRequest, patchRejected } from './api-error.ts'
import { isRecord, sameValue } from './objects.ts'

type Operation = { op: string; path: string; from?: string; value?: unknown }

function pointer(path: string): string[] {
  if (path === '') return []
  if (!path.startsWith('/')) throw patchRejected()
  return path
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function index(step: string, length: number): number {
  const position = step === '-' ? length : /^(0|[1-9]\d*)$/.test(step) ? Number(step) : Number.NaN
  if (!(position <= length)) throw patchRejected()
  return position
}

function read(document: unknown, path: string[]): unknown {
  return path.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return value[index(step, value.length)]
    return isRecord(value) ? value[step] : undefined
  }, document)
}

/** The container of the last step of the path; a missing one means that the patch does not fit the object. */
function parent(document: unknown, path: string[]): { holder: unknown[] | Record<string, unknown>; step: string } {
  const holder = read(document, path.slice(0, -1))
  const step = path.at(-1)
  if (step === undefined || (!Array.isArray(holder) && !isRecord(holder))) throw patchRejected()
  return { holder, step }
}

function add(document: unknown, path: string[], value: unknown): void {
  const { holder, step } = parent(document, path)
  if (Array.isArray(holder)) holder.splice(index(step, holder.length), 0, value)
  else holder[step] = value
}

function remove(document: unknown, path: string[]): unknown {
  const { holder, step } = parent(document, path)
  if (Array.isArray(holder)) {
    const position = index(step, holder.length - 1)
    return holder.splice(position, 1)[0]
  }
  if (!(step in holder)) throw patchRejected()
  const value = holder[step]
  delete holder[step]
  return value
}

/** Applies an RFC 6902 patch to a copy. Anything that does not fit, a failed `test` among them, is refused as a whole. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch')
  const copy: unknown = structuredClone(document)
  for (const operation of patch as Operation[]) {
    const path = pointer(operation.path)
    switch (operation.op) {
      case 'add':
        add(copy, path, structuredClone(operation.value))
        break
      case 'remove':
        remove(copy, path)
        break
      case 'replace': {
        const { holder, step } = parent(copy, path)
        if (Array.isArray(holder)) holder[index(step, holder.length - 1)] = structuredClone(operation.value)
        else if (step in holder) holder[step] = structuredClone(operation.value)
        else throw patchRejected()
        break
      }
      case 'move':
        add(copy, path, remove(copy, pointer(operation.from ?? '')))
        break
      case 'copy':
        add(copy, path, structuredClone(read(copy, pointer(operation.from ?? ''))))
        break
      case 'test':
        if (!sameValue(read(copy, path) ?? null, operation.value ?? null)) throw patchRejected()
        break
      default:
        throw patchRejected()
    }
  }
  return copy
}

/** Applies an RFC 7386 patch: objects merge, null removes, everything else replaces. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch
  const merged: Record<string, unknown> = isRecord(document) ? { ...document } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = applyMergePatch(merged[key], value)
  }
  return merged
}

/** Lists of Kubernetes objects that a strategic merge patch merges by key; other lists are replaced. */
const mergeKeys: Record<string, string> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  imagePullSecrets: 'name',
  ownerReferences: 'uid',
  conditions: 'type',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
}

/** `ports` means containerPort in a container and port in a Service. */
function mergeKey(field: string, items: unknown[]): string | undefined {
  if (field !== 'ports') return mergeKeys[field]
  const first = items.find(isRecord)
  return first && 'containerPort' in first ? 'containerPort' : 'port'
}

function mergeList(field: string, current: unknown, patch: unknown[]): unknown {
  if (field === 'finalizers') return [...new Set([...(Array.isArray(current) ? current : []), ...patch])]
  const key = mergeKey(field, [...patch, ...(Array.isArray(current) ? current : [])])
  const records = patch.filter(isRecord)
  if (records.some((item) => item.$patch === 'replace')) return records.filter((item) => item.$patch !== 'replace')
  if (key === undefined) return patch
  const merged: unknown[] = Array.isArray(current) ? [...current] : []
  for (const item of records) {
    const position = merged.findIndex((existing) => isRecord(existing) && existing[key] === item[key])
    if (item.$patch === 'delete') {
      if (position >= 0) merged.splice(position, 1)
    } else if (position >= 0) merged[position] = applyStrategicMergePatch(merged[position], item)
    else merged.push(applyStrategicMergePatch({}, item))
  }
  return merged
}

/** Applies a strategic merge patch: as a merge patch, but known lists merge by their key, with `$patch` directives. */
export function applyStrategicMergePatch(document: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch
  if (patch.$patch === 'replace') {
    const { $patch: _, ...rest } = patch
    return rest
  }
  const merged: Record<string, unknown> = isRecord(document) ? { ...document } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (key === '$retainKeys' || key.startsWith('$setElementOrder/')) continue
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const field = key.slice('$deleteFromPrimitiveList/'.length)
      const current = merged[field]
      if (Array.isArray(current) && Array.isArray(value))
        merged[field] = current.filter((item) => !value.includes(item))
      continue
    }
    if (value === null) delete merged[key]
    else if (Array.isArray(value)) merged[key] = mergeList(key, merged[key], value)
    else merged[key] = applyStrategicMergePatch(merged[key], value)
  }
  const retained = patch.$retainKeys
  if (Array.isArray(retained)) for (const key of Object.keys(merged)) if (!retained.includes(key)) delete merged[key]
  return merged
}
