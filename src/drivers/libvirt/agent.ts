// Commands to qemu-guest-agent inside the guest, through libvirt.
import { AppError, hasCode } from '../../core/errors.ts'
import type { GuestAgent } from '../../core/hypervisor.ts'
import { agentChannel, isLive } from './live-xml.ts'
import { AgentFailure, agentCommand, type Virsh } from './virsh.ts'
import * as words from './words.ts'

const quickSeconds = 5

export function createAgent(virsh: Virsh): GuestAgent {
  const ask = async (id: string, { command, seconds }: typeof words.freezeCall) => {
    await requireChannel(virsh, id)
    try {
      return await agentCommand(virsh, id, command, seconds)
    } catch (error) {
      throw error instanceof AgentFailure ? refusal(error) : error
    }
  }
  return {
    ping: (id, timeoutMs) => agentAnswers(virsh, id, timeoutMs),
    async setPassword(id, username, password) {
      await ask(id, words.passwordCall(username, Buffer.from(password).toString('base64')))
    },
    addresses: async (id) =>
      parseInterfaces(
        await ask(id, { command: { execute: 'guest-network-get-interfaces' }, seconds: quickSeconds }),
      ),
    async freeze(id) {
      try {
        return Number(await ask(id, words.freezeCall))
      } catch (error) {
        // It may have frozen after we gave up; a guest must not stay so.
        await ask(id, { ...words.thawCall, seconds: quickSeconds }).catch(() => undefined)
        throw error
      }
    },
    async thaw(id) {
      await ask(id, words.thawCall)
    },
    async trim(id) {
      await ask(id, words.trimCall)
    },
  }
}

/** Whether an agent answers now. Throws `not_found` and `conflict` as for every domain that does not run. */
export async function agentAnswers(virsh: Virsh, id: string, timeoutMs = 2_000): Promise<boolean> {
  try {
    await requireChannel(virsh, id)
    await agentCommand(virsh, id, { execute: 'guest-ping' }, Math.max(1, Math.ceil(timeoutMs / 1000)))
    return true
  } catch (error) {
    if (error instanceof AgentFailure || hasCode(error, 'unavailable') || hasCode(error, 'busy')) return false
    throw error
  }
}

/** Refuses at once where no agent has opened its channel, instead of waiting for one. */
async function requireChannel(virsh: Virsh, id: string): Promise<void> {
  const xml = await virsh.reader.read({ words: 'dumpxml', id })
  if (!isLive(xml)) throw new AppError('conflict', 'the guest is not running')
  if (agentChannel(xml) !== 'connected') throw noAgent()
}

const noAgent = (cause?: unknown) =>
  new AppError(
    'unavailable',
    'the guest agent does not answer; install and start qemu-guest-agent in the guest',
    { cause },
  )

/** Libvirt says so when the agent is silent; anything else are the agent's own words. */
function refusal(error: AgentFailure): AppError {
  const words = error.message.replace(/^error: /gm, '').trim()
  const own = /unable to execute QEMU agent command[^:]*: (.*)/.exec(words)?.[1]
  if (own === undefined) return noAgent(error)
  return new AppError('conflict', `the guest refused: ${own}`, { cause: error })
}

interface AgentInterface {
  'hardware-address'?: string
  'ip-addresses'?: { 'ip-address': string; prefix: number }[]
}

export function parseInterfaces(answer: unknown): { mac: string; address: string; prefix: number }[] {
  const interfaces = Array.isArray(answer) ? (answer as AgentInterface[]) : []
  return interfaces.flatMap((one) =>
    (one['ip-addresses'] ?? [])
      .filter(({ 'ip-address': address }) => !isLocal(address))
      .map(({ 'ip-address': address, prefix }) => ({
        mac: (one['hardware-address'] ?? '').toLowerCase(),
        address,
        prefix,
      })),
  )
}

const isLocal = (address: string) => /^(127\.|169\.254\.|::1$|fe[89ab][0-9a-f]:)/i.test(address)
