import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { lastKey } from '../store/audit-trail.ts'
import { type Check, finding, needed } from './check.ts'
import { codeOfConfig } from './configuration.ts'
import { reachedRedis } from './redis.ts'
import type { Finding } from './report.ts'
import type { Setup } from './setup.ts'

export function auditChecks(setup: Setup): Check[] {
  const area = 'audit'
  return [
    { area, whether: 'the audit trail is keyed', run: () => isKeyed(setup) },
    { area, whether: 'a copy of the audit trail can be written', run: () => copy(setup) },
  ]
}

async function isKeyed(setup: Setup): Promise<Finding[]> {
  // One that is too short is a variable without its form.
  if (setup.env.ROLLCALL_AUDIT_KEY?.trim()) return []
  const key = await lastKey(await reachedRedis(setup))
  if (key !== undefined) {
    return [
      finding('AUDIT_KEY_LOST', {
        found: `The audit trail is keyed (${key}), and ROLLCALL_AUDIT_KEY is not set.`,
        remedy:
          'Set it to the key that Rollcall ran with; if that is lost, to a new one, and keep an export of the old entries.',
      }),
    ]
  }
  return [
    finding('AUDIT_KEY_NOT_SET', {
      found: 'ROLLCALL_AUDIT_KEY is not set.',
      remedy: 'Make one, keep it where Redis is not, and set it in the environment of every Rollcall:',
      command: 'openssl rand -hex 32',
    }),
  ]
}

async function copy({ config }: Setup): Promise<Finding[]> {
  const file = (await needed(config(), codeOfConfig)).audit?.file
  if (file === undefined) {
    return [
      finding('AUDIT_ONE_COPY', {
        found: 'The configuration names no audit.file.',
        remedy: 'Set audit.file in rollcall.yaml to a file that a log shipper takes away, or export regularly:',
        command: 'rollcall audit export > audit.jsonl',
      }),
    ]
  }
  const why = await unwritable(file)
  if (why === undefined) return []
  return [
    finding('AUDIT_FILE_UNWRITABLE', {
      where: file,
      found: `${file} cannot be written here: ${why}.`,
      remedy: `Mount a volume at ${dirname(file)} that Rollcall’s user may write to. (Run this where Rollcall runs.)`,
    }),
  ]
}

/** Without writing to it, or making it. */
async function unwritable(file: string): Promise<string | undefined> {
  try {
    const found = await stat(file).catch(() => undefined)
    if (found?.isDirectory()) return 'it is a directory'
    await access(found ? file : dirname(file), constants.W_OK)
    return undefined
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
    if (code === 'ENOENT') return `there is no ${dirname(file)}`
    return code === 'EACCES' || code === 'EROFS' ? 'no permission' : String(error)
  }
}
