import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { configJsonSchema } from '../../src/config/json-schema.ts'

type JsonSchema = z.core.JSONSchema.JSONSchema

test('the schema that ships is the one of the code', async () => {
  const shipped: unknown = JSON.parse(await readFile('schema/rollcall.schema.json', 'utf8'))

  expect(shipped, 'run: node scripts/generate-schema.ts').toEqual(JSON.parse(JSON.stringify(configJsonSchema())))
})

test('an editor has something to say about every key', () => {
  const silent = (schema: JsonSchema, path: string): string[] => [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, value]) =>
      typeof value === 'object'
        ? [...(value.description ? [] : [`${path}.${key}`]), ...silent(value, `${path}.${key}`)]
        : [],
    ),
    ...[schema.additionalProperties, schema.items].flatMap((value) =>
      typeof value === 'object' && !Array.isArray(value) ? silent(value, `${path}.*`) : [],
    ),
  ]

  expect(silent(configJsonSchema(), '')).toEqual([])
})
