import { readFile, stat } from 'node:fs/promises'
import { z } from 'zod'
import { RollcallError } from '../upgrade/error.ts'
import { own } from '../upgrade/own.ts'
import { credentialNames } from './reference.ts'

/** A password, or what is exchanged for tokens in its place. */
export type Credentials = { user: string; password: string } | { refreshToken: string }

const DockerConfig = z.object({
  auths: z
    .record(
      z.string(),
      z.object({
        auth: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
        identitytoken: z.string().optional(),
      }),
    )
    .default({}),
})

/** Largest Docker configuration that is read, bytes. */
const largest = 1_048_576

/**
 * What a Docker configuration file has for a registry; read anew each time, since such files are rotated. Credential
 * helpers are programs, and none is run.
 * https://docs.docker.com/reference/cli/docker/#configuration-files
 *
 * @throws RollcallError REGISTRY_CREDENTIALS when the file cannot be read, or not be understood
 */
export async function credentialsFor(host: string, file: string): Promise<Credentials | undefined> {
  const { auths } = await read(file)
  const names = credentialNames(host)
  const found = names.flatMap((name) => [name, `https://${name}`, `https://${name}/`]).find((name) => own(auths, name))
  const entry = found === undefined ? undefined : own(auths, found)
  if (!entry) return undefined
  if (entry.identitytoken) return { refreshToken: entry.identitytoken }
  const decoded = Buffer.from(entry.auth ?? '', 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  const user = colon > 0 ? decoded.slice(0, colon) : entry.username
  const password = colon > 0 ? decoded.slice(colon + 1).replace(/\0+$/, '') : entry.password
  return user && password ? { user, password } : undefined
}

async function read(file: string): Promise<z.infer<typeof DockerConfig>> {
  try {
    return DockerConfig.parse(JSON.parse(await textOf(file)))
  } catch (cause) {
    // Neither the parser's message nor Zod's is passed on: both may quote the file.
    const missing = (cause as NodeJS.ErrnoException).code
    const why = missing === undefined ? 'is no Docker configuration' : `cannot be read: ${missing}`
    throw new RollcallError('REGISTRY_CREDENTIALS', `The credentials file ${file} ${why}.`, {
      hint: 'It is what `docker login` writes, and what a Secret of type kubernetes.io/dockerconfigjson holds.',
    })
  }
}

async function textOf(file: string): Promise<string> {
  const { size } = await stat(file)
  if (size > largest) throw new RangeError(`${file} is too large`)
  return readFile(file, 'utf8')
}
