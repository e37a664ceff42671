// IPv4 addresses as numbers, and ranges in parts that a page can show.
import type { components } from '../../api/schema.d.ts'

export type Pool = components['schemas']['AddressPool']
export type Range = components['schemas']['AddressRange']
export type RangeType = 'internal' | 'external'

export const numberOf = (address: string): number =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

export const addressOf = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')

/** Addresses from `first` to `last`, both of them. */
export interface Block {
  first: number
  last: number
}

export const blockOf = ({ start, end }: Pick<Range, 'start' | 'end'>): Block => ({
  first: numberOf(start),
  last: numberOf(end),
})

export const sizeOf = ({ first, last }: Block): number => last - first + 1

/** More of them are summed up in parts. */
export const mostCells = 256
const mostBlocks = 256

/** Parts at round addresses: of 256, or larger where there were too many of them. */
export function blocksOf(range: Block): Block[] {
  let size = mostCells
  while (sizeOf(range) / size > mostBlocks) size *= 16
  const blocks: Block[] = []
  for (let first = range.first; first <= range.last; ) {
    const last = Math.min(range.last, (Math.floor(first / size) + 1) * size - 1)
    blocks.push({ first, last })
    first = last + 1
  }
  return blocks
}

export const blockName = ({ first, last }: Block): string => `${addressOf(first)} – ${addressOf(last)}`

/** The block that an address of the page names, `<first>-<last>` in numbers, where it lies in the range. */
export function blockNamed(text: string | undefined, range: Block): Block | undefined {
  const [first, last] = (text ?? '').split('-').map(Number)
  if (first === undefined || last === undefined || !(first <= last)) return undefined
  return first >= range.first && last <= range.last ? { first, last } : undefined
}
