// The real server on a free port of loopback, for tests of what app.request() cannot show.
import type { Principal } from '../../src/core/context.ts'
import { type AppDeps, createApp } from '../../src/http/app.ts'
import { createMetrics } from '../../src/http/metrics.ts'
import { responder } from '../../src/http/respond.ts'
import { type ServerOptions, startServer } from '../../src/http/server.ts'
import type { ZoneEvent } from '../../src/zone/zone.ts'
import { principal, silentLog } from './serve.ts'

/** A feed that a test fills by hand. */
export function handFeed() {
  const past: ZoneEvent[] = []
  const listeners = new Set<(event: ZoneEvent) => void>()
  return {
    listeners,
    revision: () => past.length,
    subscribe: (listener: (event: ZoneEvent) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    eventsSince: (revision: number, limit: number) => past.slice(revision, revision + limit),
    commit(...changes: ZoneEvent['changes']) {
      const event = {
        revision: past.length + 1,
        time: 1,
        who: 'admin',
        requestId: 'r',
        action: 'test',
        changes,
      }
      past.push(event)
      for (const listener of listeners) listener(event)
    },
  }
}

export interface RunOptions {
  deps?: Partial<AppDeps>
  server?: Partial<ServerOptions>
  tokens?: Record<string, Principal>
}

export async function runServer({ deps, server, tokens }: RunOptions = {}) {
  const stopping = new AbortController()
  const feed = handFeed()
  const app = createApp({
    operations: [],
    log: silentLog,
    metrics: createMetrics(),
    checks: {},
    feed,
    stopping: stopping.signal,
    resolve: (credential) => (credential === 'main' ? principal() : tokens?.[credential]),
    ...deps,
  })
  const running = await startServer({
    ...{ respond: responder(app), host: '127.0.0.1', port: 0, log: silentLog, stopping },
    ...server,
  })
  return { ...running, feed, stopping }
}

/** The JSON object of an answer. */
export const bodyOf = async (response: Response) => (await response.json()) as Record<string, unknown>
