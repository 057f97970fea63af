/** Pushes images as `docker push` does. */
import { request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import type { Pushable } from '../fakes/registry/image.ts'

export type PushOptions = { url: string; ca?: string; authorization?: string }

/** @param tag without one it is there by its digest alone */
export async function push(
  { url, ca, authorization }: PushOptions,
  repository: string,
  tag: string | undefined,
  { content, blobs, manifests }: Pushable,
): Promise<void> {
  const send = (method: string, path: string, type: string, body: Buffer) => {
    const headers = { 'content-type': type, 'content-length': body.length, ...(authorization && { authorization }) }
    return sent(new URL(path, url), { method, headers, ...(ca !== undefined && { ca }) }, body)
  }
  for (const { digest, bytes } of blobs) {
    const started = await send('POST', `/v2/${repository}/blobs/uploads/`, 'application/octet-stream', Buffer.alloc(0))
    const upload = new URL(started.location, url)
    upload.searchParams.set('digest', digest)
    await send('PUT', upload.href, 'application/octet-stream', bytes)
  }
  for (const one of manifests) {
    await send('PUT', `/v2/${repository}/manifests/${one.digest}`, one.mediaType, one.bytes)
  }
  await send('PUT', `/v2/${repository}/manifests/${tag ?? content.digest}`, content.mediaType, content.bytes)
}

function sent(url: URL, options: object, body: Buffer): Promise<{ location: string }> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? overHttps : overHttp)(
      url,
      { agent: false, ...options },
      (response) => {
        response.setEncoding('utf8')
        let text = ''
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => {
          const { statusCode = 0, headers } = response
          if (statusCode >= 300) reject(new Error(`${url.pathname}: ${statusCode} ${text}`))
          else resolve({ location: headers.location ?? '' })
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}
