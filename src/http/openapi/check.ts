import { permissions } from '../../core/identity/permissions.ts'
import type { Operation } from '../operation.ts'
import { createRouter, patternsOf } from '../router.ts'
import { openapiDocument, openapiPath, pathParameters } from './document.ts'
import { newComponents } from './schemas.ts'
import { serverPaths } from './server-paths.ts'

/**
 * What is wrong with a list of operations and its document, each in words; empty when all is well: ids and routes
 * unique, parameters of path and schema the same, one meaning for each named schema, and document and routes hold
 * the same, looked at from both sides.
 */
export function checkDocument(operations: readonly Operation[]): string[] {
  const components = newComponents()
  const document = openapiDocument(operations, { version: '0' }, components)
  return [
    ...repeated(operations.map(({ id }) => id)).map((id) => `operationId '${id}' is used more than once`),
    ...repeated(operations.flatMap(routesOf)).map((route) => `route '${route}' is claimed more than once`),
    ...operations.filter(({ access }) => !rules.has(access)).map(({ id }) => `${id}: no rule of access`),
    ...operations.flatMap(parameterProblems),
    ...[...components.clashes].map((name) => `the name '${name}' means two different schemas`),
    ...operations.flatMap((operation) => undocumented(operation, document.paths)),
    ...unserved(operations, document.paths),
  ]
}

const rules = new Set<string>(['public', 'session', ...permissions])

// Parameters by another name are still the same route.
const routesOf = (operation: Operation) =>
  patternsOf(operation).map((pattern) => `${operation.method} ${pattern.replace(/:\w+/g, ':')}`)

const repeated = (values: string[]) => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
]

function parameterProblems(operation: Operation): string[] {
  const inPaths = new Set(patternsOf(operation).flatMap(pathParameters))
  const entries = (operation.params as { entries?: object } | undefined)?.entries ?? {}
  return Object.keys(entries)
    .filter((name) => !inPaths.has(name))
    .map((name) => `${operation.id}: no path holds the parameter '${name}' of its schema`)
}

function undocumented(operation: Operation, paths: Record<string, Record<string, unknown>>): string[] {
  return patternsOf(operation)
    .filter((pattern) => paths[openapiPath(pattern)]?.[operation.method.toLowerCase()] === undefined)
    .map((pattern) => `${operation.method} ${pattern} is not in the document`)
}

function unserved(
  operations: readonly Operation[],
  paths: Record<string, Record<string, unknown>>,
): string[] {
  const router = createRouter(operations)
  return Object.entries(paths)
    .filter(([path]) => !(path in serverPaths))
    .flatMap(([path, item]) => Object.keys(item).map((method) => ({ path, method: method.toUpperCase() })))
    .filter(({ path, method }) => {
      const found = router.match(method, path.replace(/\{\w+\}/g, 'x'))
      return found === undefined || openapiPath(found.pattern) !== path
    })
    .map(({ path, method }) => `${method} ${path} is in the document, but another route or none answers it`)
}
