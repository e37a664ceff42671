// One verb for many guests: by a batch of the appliance where it has one, else guest by guest.
import { call } from '../../api/client.ts'
import { askGuest } from '../../components/guest-action.ts'
import { type BulkVerb, isOn, stateOf } from '../../components/guest-verbs.ts'
import type { Guest } from './use-guest-rows.ts'

export interface BulkItem {
  id: string
  state: 'waiting' | 'done' | 'failed'
  error?: string
}

type Tell = (items: readonly BulkItem[]) => void

export interface BulkRequest {
  verb: BulkVerb
  guests: readonly Guest[]
  tell: Tell
  /** What an error says to a person. */
  textOf: (error: unknown) => string
}

// The most that the appliance takes in a batch.
const mostOfBatch = 500
const askAgainMs = 400
const parallel = 6

/** Ends when every guest is done or has failed. */
export async function runBulk(request: BulkRequest): Promise<void> {
  const { verb, guests } = request
  if (verb === 'start' || verb === 'reboot' || verb === 'reset') return oneByOne(request)
  for (let from = 0; from < guests.length; from += mostOfBatch)
    await byBatch({ ...request, guests: guests.slice(from, from + mostOfBatch) })
}

async function byBatch({ verb, guests, tell, textOf }: BulkRequest): Promise<void> {
  const force = verb === 'powerOff' || (verb === 'delete' && guests.some((guest) => isOn(stateOf(guest))))
  const kind = verb === 'delete' ? 'delete_guest' : 'stop_guest'
  try {
    const { id } = await call('post', `/batch/${kind}`, {
      body: { guest: guests.map((guest) => guest.id), force },
    })
    for (;;) {
      const found = await call('get', `/batch/${kind}/{id}`, { params: { path: { id } } })
      const items = found.map(itemOf)
      tell(items)
      if (items.every(({ state }) => state !== 'waiting')) return
      await new Promise((resolve) => setTimeout(resolve, askAgainMs))
    }
  } catch (error) {
    tell(guests.map(({ id }) => ({ id, state: 'failed', error: textOf(error) })))
  }
}

const itemOf = ({ id, status, error }: { id: string; status: string; error?: string }): BulkItem => ({
  id,
  state: status === 'fail' ? 'failed' : status === 'deleted' || status === 'stopped' ? 'done' : 'waiting',
  ...(error === undefined ? {} : { error }),
})

async function oneByOne({ verb, guests, tell, textOf }: BulkRequest): Promise<void> {
  const left = [...guests]
  const work = async () => {
    for (let guest = left.shift(); guest; guest = left.shift()) {
      const { id } = guest
      const item = await askGuest(verb, guest).then(
        (): BulkItem => ({ id, state: 'done' }),
        (error: unknown): BulkItem => ({ id, state: 'failed', error: textOf(error) }),
      )
      tell([item])
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
}
