import { Upgrade } from './upgrade.ts'

/** The schema that this release writes. It reads the one before too, so that Rollcall can be updated under way. */
const schema = 2

/**
 * An upgrade as it was stored, by this release or by the one before. What the older schema lacks gets the value by
 * which the older release acted; the next commit writes it as this release does.
 *
 * @returns `unreadable` with what is wrong, for anything else: it is left as it is
 */
export function readStored(text: string): { upgrade: Upgrade } | { unreadable: string } {
  const stored = parse(text)
  if (typeof stored !== 'object' || stored === null) return { unreadable: 'no JSON object' }
  const found: unknown = Reflect.get(stored, 'schema')
  if (typeof found === 'number' && found > schema) return { unreadable: `schema ${found} is newer than ${schema}` }
  const parsed = Upgrade.safeParse(found === schema - 1 ? fromSchema1(stored) : stored)
  if (parsed.success) return { upgrade: parsed.data }
  return { unreadable: parsed.error.issues.map(({ path }) => path.join('.')).join(', ') }
}

/** Schema 2 added optional fields, which schema 1 never had, and to the policy what it did not know. */
function fromSchema1(stored: object): object {
  const policy: unknown = Reflect.get(stored, 'policy')
  return { ...stored, schema, policy: { rollbackWindowMs: 0, breakGlass: false, admins: [], ...(policy as object) } }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
