// Looks at the figures of a lab's guests as the appliance does, and counts what all processes of the lab together spend
// on it. Runs inside. Usage: node bench/sampler-client.ts <seconds>
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import pino from 'pino'
import { GuestFiguresTable } from '../src/core/figures/guest-figures.ts'
import { Sampler } from '../src/core/figures/sampler.ts'
import { LiveGuests } from '../src/core/guests/live.ts'
import { createHostMeter } from '../src/drivers/host/meter.ts'
import { createLibvirt } from '../src/drivers/libvirt/hypervisor.ts'

const seconds = Number(process.argv[2])
const ticksPerSecond = 100
/** Until the interval has followed the cost. */
const settleSeconds = 60

/** Processor time of everything in this PID namespace so far, in seconds. */
async function spent(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const ticks = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      const words = text.slice(text.lastIndexOf(')') + 2).split(' ')
      return text === '' ? 0 : Number(words[11]) + Number(words[12])
    }),
  )
  return ticks.reduce((sum, own) => sum + own, 0) / ticksPerSecond
}

async function during(seconds: number): Promise<number> {
  const before = await spent()
  await delay(seconds * 1000)
  return (await spent()) - before
}

const log = pino({ level: 'silent' })
const hypervisor = createLibvirt({ uri: 'qemu:///system', log })
const live = new LiveGuests(hypervisor)
await live.refresh()
const guests = new GuestFiguresTable({ hypervisor, live })
const idle = await during(seconds)
const sampler = new Sampler({
  ...{ cell: 'lab', host: createHostMeter(), guests, log, now: Date.now },
  storage: async () => undefined,
  sampled: () => undefined,
})
// Somebody watches, so that only the cost makes the interval longer than two seconds.
const watching = setInterval(() => sampler.watch(), 1000)
sampler.watch()
sampler.start()
await delay(settleSeconds * 1000)
const looksBefore = sampler.status().looks
const busy = await during(seconds)
const { intervalMs, durationMs, looks, failures, costRatio } = sampler.status()
clearInterval(watching)
await sampler.stop()
await hypervisor.close()
const seen = guests.all().size
const costPercent = ((busy - idle) / seconds) * 100
console.log(
  JSON.stringify({
    ...{ guests: seen, intervalMs, durationMs, looks: looks - looksBefore, failures },
    ...{ costPercent, believedPercent: costRatio * 100, idlePercent: (idle / seconds) * 100 },
  }),
)
