import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import type { HttpEnv } from './request-context.ts'

/** The app as a listener of Node's server. In a file of its own: loading the web classes takes a third of a start. */
export const responder = (app: Hono<HttpEnv>): RequestListener => {
  const listener = getRequestListener(app.fetch as never, {
    overrideGlobalObjects: false,
    hostname: 'localhost',
  })
  return (request, response) => void listener(request, response)
}
