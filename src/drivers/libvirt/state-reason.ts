// Why a domain is in its state.
import type { StateReason } from '../../core/hypervisor.ts'
import { stateOf } from './domains.ts'
import type { Virsh } from './virsh.ts'

export async function stateReason({ reader }: Virsh, id: string): Promise<StateReason> {
  const { state, reason } = parseStateReason(await reader.read({ words: 'domstate --reason', id }))
  const asked = state === 'paused' ? await reader.read({ words: 'domblkerror', id }) : ''
  return { state, reason, fullDisks: parseFullDisks(asked) }
}

/** E.g. `paused (I/O error)`. */
export function parseStateReason(out: string): Omit<StateReason, 'fullDisks'> {
  const [, state = '', reason = ''] = /^\s*(.*?)(?: \((.*)\))?\s*$/.exec(out) ?? []
  return { state: stateOf(state), reason }
}

/** The targets of lines like `vda: no space`; other errors are none of a full pool. */
export const parseFullDisks = (out: string): string[] =>
  [...out.matchAll(/^(\S+): no space$/gm)].map(([, target = '']) => target)
