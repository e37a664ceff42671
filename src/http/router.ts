import { TrieRouter } from 'hono/router/trie-router'
import type { Operation } from './operation.ts'

export interface Match {
  operation: Operation
  params: Record<string, string>
  /** The path that matched, without base and trailing slash, e.g. `/guests/:id`. */
  pattern: string
}

export interface Router {
  /** `path` without base. Undefined: no such path with this method. */
  match(method: string, path: string): Match | undefined
  /** Methods that the path takes; empty when there is no such path. */
  allowed(path: string): string[]
}

interface Entry {
  operation: Operation
  pattern: string
}

/** Finds operations by method and path, both slash forms alike; fixed words go before parameters. */
export function createRouter(operations: readonly Operation[]): Router {
  const router = new TrieRouter<Entry>()
  const methods = [...new Set(operations.map((operation) => operation.method))]
  const entries = operations.flatMap((operation) =>
    patternsOf(operation).map((pattern) => ({ operation, pattern })),
  )
  for (const entry of entries.toSorted((a, b) => comparePatterns(a.pattern, b.pattern)))
    router.add(entry.operation.method, entry.pattern, entry)
  const match = (method: string, path: string) => find(router, method, withoutSlash(path))
  return {
    match,
    allowed: (path) => methods.filter((method) => match(method, path) !== undefined),
  }
}

export const patternsOf = (operation: Operation): string[] => [operation.path, ...(operation.aliases ?? [])]

function find(router: TrieRouter<Entry>, method: string, path: string): Match | undefined {
  const found = router.match(method, path)[0][0]
  if (found === undefined) return undefined
  const params: Record<string, string> = {}
  for (const [name, raw] of Object.entries(found[1])) {
    const value = decodeSegment(String(raw))
    if (value === undefined) return undefined
    params[name] = value
  }
  return { ...found[0], params }
}

function decodeSegment(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw)
  } catch {
    return undefined
  }
}

const withoutSlash = (path: string) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path)

// '~' sorts after every character that fixed words hold, so that a parameter never hides a word.
const comparePatterns = (a: string, b: string) => {
  const [x, y] = [a, b].map((pattern) => pattern.replace(/:[^/]+/g, '~')) as [string, string]
  return x < y ? -1 : x > y ? 1 : 0
}
