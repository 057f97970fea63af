import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { type PublicKey, publicKeyOf } from '../upgrade/public-key.ts'

/** A key with what messages call it: its file, and enough of its fingerprint to tell it from others. */
export type NamedKey = PublicKey & { name: string }

/** Largest key file that is read, bytes. */
const largest = 16_384

/**
 * The different keys of a list; files are read anew each time, so that a key can be replaced.
 *
 * @param keys PEM text, or absolute paths
 */
export async function publicKeys(keys: readonly string[]): Promise<{ keys: NamedKey[] } | { unreadable: string }> {
  const found = new Map<string, NamedKey>()
  for (const written of keys) {
    const isFile = written.startsWith('/')
    const key = publicKeyOf(isFile ? await textOf(written) : written)
    if (!key) return { unreadable: isFile ? written : 'PEM' }
    const short = key.fingerprint.slice(0, 12)
    const name = isFile ? `${basename(written)} (${short})` : short
    if (!found.has(key.fingerprint)) found.set(key.fingerprint, { ...key, name })
  }
  return { keys: [...found.values()] }
}

/** Nothing where it cannot be read. */
async function textOf(file: string): Promise<string> {
  try {
    return (await stat(file)).size <= largest ? await readFile(file, 'utf8') : ''
  } catch {
    return ''
  }
}
