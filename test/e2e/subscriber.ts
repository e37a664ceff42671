import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { waitFor } from '../lab/http.ts'
import type { Appliance } from './harness.ts'

/** A reader of the change feed. */
export interface Subscriber {
  /** Waits until the feed has shown the pattern; what came stays. */
  until(pattern: RegExp): Promise<void>
  close(): void
}

/** Reads `/events` of an appliance on HTTPS; resolves once the feed has greeted. */
export async function subscribe(appliance: Appliance): Promise<Subscriber> {
  const ca = await readFile(join(appliance.dataDir, 'tls/ca.pem'), 'utf8')
  const headers = { authorization: `Bearer ${appliance.session}` }
  let text = ''
  const outgoing = request(new URL('/events', appliance.url), { ca, headers, agent: false }, (incoming) => {
    incoming.on('data', (chunk: Buffer) => (text += chunk))
    incoming.on('error', () => undefined)
  })
  outgoing.on('error', () => undefined)
  outgoing.end()
  const until = async (pattern: RegExp) => {
    await waitFor(`${pattern} in ${appliance.url}/events`, async () => pattern.test(text) || undefined)
  }
  await until(/event: hello/)
  return { until, close: () => outgoing.destroy() }
}
