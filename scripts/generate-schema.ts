/** Writes the JSON Schemas: of rollcall.yaml, for editors, and of what `rollcall doctor --json` prints. */
import { mkdir, writeFile } from 'node:fs/promises'
import { configJsonSchema } from '../src/config/json-schema.ts'
import { reportJsonSchema } from '../src/doctor/report.ts'

await mkdir('schema', { recursive: true })
await writeFile('schema/rollcall.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
await writeFile('schema/doctor.schema.json', `${JSON.stringify(reportJsonSchema(), null, 2)}\n`)
