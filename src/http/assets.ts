import { createHash } from 'node:crypto'
import type { Hono } from 'hono'
import { getMimeType } from 'hono/utils/mime'
import { listAssets, readAsset } from '../packaging/assets.ts'
import type { HttpContext, HttpEnv } from './request-context.ts'

interface Asset {
  bytes: Uint8Array<ArrayBuffer>
  type: string
  tag: string
}

/**
 * Serves the embedded pages below `/ui/`; a path without a file is a page of the one-page application. Everything is
 * read now, so that no request ever reads a file.
 */
export function mountAssets(app: Hono<HttpEnv>): void {
  const assets = new Map(listAssets('web/').map((path) => [path.slice('web/'.length), load(path)]))
  app.get('/ui', (c) => c.redirect('/ui/', 302))
  app.get('/ui/*', (c) => {
    const path = decodeURI(new URL(c.req.url).pathname).slice('/ui/'.length)
    const asset = assets.get(path) ?? (hasExtension(path) ? undefined : assets.get('index.html'))
    return asset === undefined ? c.notFound() : send(c, asset, path)
  })
}

const hasExtension = (path: string) => /\.[^/]+$/.test(path)

function load(path: string): Asset {
  const bytes = readAsset(path) as Uint8Array<ArrayBuffer>
  const type = getMimeType(path) ?? 'application/octet-stream'
  return { bytes, type, tag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` }
}

function send(c: HttpContext, { bytes, type, tag }: Asset, path: string): Response {
  // The bundler writes a hash into the names below assets/, so that those never change.
  const cache = path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
  const headers = { ETag: tag, 'Cache-Control': cache }
  if (c.req.header('if-none-match') === tag) return new Response(null, { status: 304, headers })
  return new Response(bytes, { headers: { ...headers, 'Content-Type': type } })
}
