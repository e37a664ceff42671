import { createHash } from 'node:crypto'
import type { Hono } from 'hono'
import { parseAccept } from 'hono/utils/accept'
import { getMimeType } from 'hono/utils/mime'
import { listAssets, readAsset } from '../packaging/assets.ts'
import type { HttpContext, HttpEnv } from './request-context.ts'

/** The built pages by path (`index.html`, `assets/main-x1.js`), each perhaps with `.br` and `.gz` beside it. */
export interface Pages {
  paths: readonly string[]
  read(path: string): Uint8Array
}

interface Variant {
  bytes: Uint8Array<ArrayBuffer>
  tag: string
}

// The smaller one first.
const encodings: [name: string, ending: string][] = [
  ['br', '.br'],
  ['gzip', '.gz'],
]

const embedded = (): Pages => ({
  paths: listAssets('web/').map((path) => path.slice('web/'.length)),
  read: (path) => readAsset(`web/${path}`) as Uint8Array,
})

const notBuilt =
  'The pages are not built: run `npm run web` in the source tree and start the appliance anew.\n'

/**
 * Serves the built pages below `/ui/`; a path without a file is a page of the one-page application. Files were compressed
 * when they were built; each is looked at when it is first asked for, so that a start reads none of them.
 */
export function mountAssets(app: Hono<HttpEnv>, pages: Pages = embedded()): void {
  const there = new Set(pages.paths)
  const variants = new Map<string, Variant>()
  const load = (path: string): Variant => {
    const known = variants.get(path) ?? read(pages, path)
    variants.set(path, known)
    return known
  }
  app.get('/ui', (c) => c.redirect('/ui/', 302))
  app.get('/ui/*', (c) => {
    if (!there.has('index.html')) return c.text(notBuilt, 503)
    const path = fileFor(c, there)
    if (path === undefined) return c.notFound()
    const [encoding, ending] = chooseEncoding(c, (ending) => there.has(path + ending))
    return send(c, { path, encoding, ...load(path + ending) })
  })
}

function read(pages: Pages, path: string): Variant {
  const bytes = pages.read(path) as Uint8Array<ArrayBuffer>
  return { bytes, tag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` }
}

/** A name with a dot (`mail.example`) may be a guest's, where a browser goes to a page; a script is never one. */
function fileFor(c: HttpContext, there: ReadonlySet<string>): string | undefined {
  const path = decoded(new URL(c.req.url).pathname)?.slice('/ui/'.length)
  if (path === undefined) return undefined
  if (there.has(path) && !encodings.some(([, ending]) => path.endsWith(ending))) return path
  const goesToPage = (c.req.header('accept') ?? '').includes('text/html')
  const isPage = !path.startsWith('assets/') && (goesToPage || !/\.[^/]+$/.test(path))
  return isPage ? 'index.html' : undefined
}

function decoded(path: string): string | undefined {
  try {
    return decodeURI(path)
  } catch {
    return undefined
  }
}

function chooseEncoding(c: HttpContext, has: (ending: string) => boolean): [name: string, ending: string] {
  const accepted = parseAccept(c.req.header('accept-encoding') ?? '')
  const takes = (name: string) => {
    const found =
      accepted.find(({ type }) => type.toLowerCase() === name) ?? accepted.find(({ type }) => type === '*')
    return found !== undefined && found.q > 0
  }
  return encodings.find(([name, ending]) => has(ending) && takes(name)) ?? ['', '']
}

function send(c: HttpContext, { path, encoding, bytes, tag }: Variant & { path: string; encoding: string }) {
  // The bundler writes a hash into the names below assets/, so that those never change.
  const cache = path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
  const headers = { ETag: tag, 'Cache-Control': cache, Vary: 'Accept-Encoding' }
  if (hasTag(c.req.header('if-none-match'), tag)) return new Response(null, { status: 304, headers })
  const type = getMimeType(path) ?? 'application/octet-stream'
  return new Response(bytes, {
    headers: {
      ...headers,
      'Content-Type': type,
      'Content-Length': String(bytes.byteLength),
      ...(encoding === '' ? {} : { 'Content-Encoding': encoding }),
    },
  })
}

/** A proxy that compresses for itself marks the tag as weak. */
const hasTag = (header = '', tag: string): boolean =>
  header.split(',').some((given) => given.trim().replace(/^W\//, '') === tag)
