/** Files on their way into the workspace, and those that are there. */
import { randomBytes } from 'node:crypto'

export type SharedFile = {
  id: string
  name: string
  title: string
  /** What screen readers say of it. */
  alt?: string
  bytes: Buffer
}

type Upload = {
  id: string
  name: string
  length: number
  alt?: string
  address: string
  bytes?: Buffer
  completed: boolean
}

export type Uploads = ReturnType<typeof createUploads>

export function createUploads(nextId: (prefix: string) => string) {
  const uploads = new Map<string, Upload>()

  return {
    /** Where a file of so many bytes is to be sent. */
    begin(wanted: Pick<Upload, 'name' | 'length' | 'alt'>): Upload {
      const upload: Upload = {
        ...wanted,
        id: nextId('F'),
        address: randomBytes(16).toString('hex'),
        completed: false,
      }
      uploads.set(upload.id, upload)
      return upload
    },

    file: (id: string): Upload | undefined => uploads.get(id),

    /** The HTTP status for bytes that came to an address: it is good for one file, of the size that was said. */
    receive(address: string, bytes: Buffer): number {
      const upload = [...uploads.values()].find((one) => one.address === address)
      if (!upload || upload.bytes) return 404
      if (bytes.length !== upload.length) return 400
      uploads.set(upload.id, { ...upload, bytes })
      return 200
    },

    complete({ id, name, alt, bytes = Buffer.alloc(0), ...rest }: Upload, title: string): SharedFile {
      uploads.set(id, { id, name, bytes, ...rest, ...(alt !== undefined && { alt }), completed: true })
      return { id, name, title, bytes, ...(alt !== undefined && { alt }) }
    },
  }
}
