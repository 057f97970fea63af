/** Writes schema/rollcall.schema.json, which editors complete and check rollcall.yaml with. */
import { mkdir, writeFile } from 'node:fs/promises'
import { configJsonSchema } from '../src/config/json-schema.ts'

await mkdir('schema', { recursive: true })
await writeFile('schema/rollcall.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
