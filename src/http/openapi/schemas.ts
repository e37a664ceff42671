import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'

export type Schema = v.GenericSchema
export type { JsonSchema }

/** Schemas that got a name (`v.metadata({ref})` or `v.title`), gathered while a document is made. */
export interface Components {
  schemas: Record<string, JsonSchema>
  /** Names that two different schemas claim. */
  clashes: Set<string>
  /** Which schema holds a name; the same name for a request and a reply must mean the same schema. */
  owners: Map<string, Schema>
}

export const newComponents = (): Components => ({ schemas: {}, clashes: new Set(), owners: new Map() })

/**
 * The JSON Schema of what is sent (`input`, before defaults and transformations) or answered (`output`). Named parts
 * become references into `components`. Rules that JSON Schema cannot say are left out.
 */
export function convert(schema: Schema, mode: 'input' | 'output', components: Components): JsonSchema {
  const definitions = Object.fromEntries(namedWithin(schema).map((named) => [nameOf(named) as string, named]))
  const reference = (name: string) =>
    mode === 'input' || !differs(definitions[name]) ? name : `${name}Reply`
  const {
    $schema: _,
    $defs,
    ...json
  } = toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode: mode,
    errorMode: 'ignore',
    definitions,
    overrideRef: ({ referenceId }) => `#/components/schemas/${reference(referenceId)}`,
  })
  for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, JsonSchema>))
    register(components, reference(name), definition, definitions[name])
  return json
}

function register(
  components: Components,
  name: string,
  definition: JsonSchema,
  schema: Schema | undefined,
): void {
  const owner = components.owners.get(name)
  if (schema !== undefined && owner !== undefined && owner !== schema) components.clashes.add(name)
  if (schema !== undefined) components.owners.set(name, schema)
  components.schemas[name] = definition
}

/** Whether a named schema looks different to who sends and to who receives it; then it needs two components. */
function differs(schema: Schema | undefined): boolean {
  if (schema === undefined) return false
  const shape = (typeMode: 'input' | 'output') =>
    JSON.stringify(
      toJsonSchema(schema, { target: 'draft-2020-12', typeMode, errorMode: 'ignore', definitions: {} }),
    )
  return shape('input') !== shape('output')
}

export function nameOf(schema: Schema): string | undefined {
  if (!('pipe' in schema)) return undefined
  const { ref } = v.getMetadata(schema as never) as { ref?: unknown }
  const title = v.getTitle(schema as never)
  const name = typeof ref === 'string' ? ref : title
  return name === undefined ? undefined : name.replace(/[^\w.-]/g, '')
}

function namedWithin(schema: Schema, seen = new Set<Schema>()): Schema[] {
  if (seen.has(schema)) return []
  seen.add(schema)
  const below = childrenOf(schema).flatMap((child) => namedWithin(child, seen))
  return nameOf(schema) === undefined ? below : [schema, ...below]
}

interface Parts {
  entries?: Record<string, Schema>
  items?: readonly Schema[]
  options?: readonly unknown[]
  pipe?: readonly { kind: string }[]
  item?: Schema
  wrapped?: Schema
  rest?: Schema
  value?: Schema
  getter?: (input: unknown) => Schema
}

function childrenOf(schema: Schema): Schema[] {
  const parts = schema as unknown as Parts
  const all = [
    ...Object.values(parts.entries ?? {}),
    ...(parts.items ?? []),
    ...(parts.options ?? []),
    // The first of a pipe is the schema itself without its pipe.
    ...(parts.pipe ?? []).slice(1),
    parts.item,
    parts.wrapped,
    parts.rest,
    parts.value,
    parts.getter?.(undefined),
  ]
  return all.filter((part): part is Schema => (part as Schema | undefined)?.kind === 'schema')
}
