import { z } from 'zod'
import { Config } from './schema.ts'

/** The JSON Schema (2020-12) of `rollcall.yaml`, as people write it: for editors, and for the keys that an error names. */
export function configJsonSchema(): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(Config, { io: 'input' })
}
