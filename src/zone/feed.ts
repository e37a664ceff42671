import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Zone, ZoneEvent } from './zone.ts'

export type FeedItem =
  | { kind: 'event'; event: ZoneEvent }
  /** What was missed cannot be replayed: read everything again, then go on from this revision. */
  | { kind: 'reset'; revision: number }

export interface FeedSubscription {
  /** The last revision that the subscriber knows (Last-Event-ID); left out: only what comes from now on. */
  after?: number
  /** Which changes it may see; events of which nothing is left are not sent. */
  allows(change: ZoneEvent['changes'][number]): boolean
  /** Called in the order of revisions, never twice for one. */
  receive(item: FeedItem): void
}

export interface Feed {
  /** Returns how to stop. */
  subscribe(subscription: FeedSubscription): () => void
  /** Number of subscribers now. */
  size(): number
  close(): void
}

/** Who is further behind than this reads everything again instead. */
export const replayLimit = 5000
const pageSize = 100

interface Subscriber extends FeedSubscription {
  /** The last revision that was looked at for it. */
  position: number
  live: boolean
  stopped: boolean
}

/** One subscription of the zone, shared by all who listen. */
export function createFeed(zone: Pick<Zone, 'subscribe' | 'eventsSince' | 'revision'>): Feed {
  const subscribers = new Set<Subscriber>()
  const stop = zone.subscribe((event) => {
    for (const subscriber of subscribers) if (subscriber.live) deliver(subscriber, event)
  })
  return {
    subscribe(subscription) {
      const revision = zone.revision()
      const subscriber: Subscriber = {
        ...subscription,
        position: subscription.after ?? revision,
        live: subscription.after === undefined,
        stopped: false,
      }
      subscribers.add(subscriber)
      if (!subscriber.live) startCatchUp(zone, subscriber)
      return () => {
        subscriber.stopped = true
        subscribers.delete(subscriber)
      }
    },
    size: () => subscribers.size,
    close() {
      stop()
      for (const subscriber of subscribers) subscriber.stopped = true
      subscribers.clear()
    },
  }
}

function deliver(subscriber: Subscriber, event: ZoneEvent): void {
  if (subscriber.stopped || event.revision <= subscriber.position) return
  subscriber.position = event.revision
  const changes = event.changes.filter((change) => subscriber.allows(change))
  if (changes.length > 0) subscriber.receive({ kind: 'event', event: { ...event, changes } })
}

function startCatchUp(zone: Pick<Zone, 'eventsSince' | 'revision'>, subscriber: Subscriber): void {
  catchUp(zone, subscriber).catch(() => {
    // The journal could not be read: the subscriber must not believe that it knows everything.
    subscriber.position = zone.revision()
    subscriber.live = true
    if (!subscriber.stopped) subscriber.receive({ kind: 'reset', revision: subscriber.position })
  })
}

/** Goes live in the same turn in which nothing more was found, so that no commit can slip between. */
async function catchUp(zone: Pick<Zone, 'eventsSince' | 'revision'>, subscriber: Subscriber): Promise<void> {
  await nextTurn()
  const head = zone.revision()
  if (subscriber.position > head || head - subscriber.position > replayLimit) {
    subscriber.position = head
    if (!subscriber.stopped) subscriber.receive({ kind: 'reset', revision: head })
  }
  while (!subscriber.stopped) {
    const events = zone.eventsSince(subscriber.position, pageSize)
    if (events.length === 0) {
      subscriber.live = true
      return
    }
    for (const event of events) deliver(subscriber, event)
    await nextTurn()
  }
}
