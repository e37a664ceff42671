import { useTranslation } from 'react-i18next'
import { useListSearch } from '../../components/use-list-search.ts'
import { AddressGrid } from './AddressGrid.tsx'
import {
  type Block,
  blockName,
  blockNamed,
  blockOf,
  blocksOf,
  mostCells,
  numberOf,
  type Range,
  sizeOf,
} from './addresses.ts'

export interface RangeMapProps {
  range: Range
  /** Ids of guests by address. */
  holders: ReadonlyMap<string, string>
  names: ReadonlyMap<string, string>
}

/** Who has which address of a range. A large one is summed up in parts; one of them is shown address by address. */
export function RangeMap({ range, holders, names }: RangeMapProps) {
  const { search, change } = useListSearch<'block'>()
  const whole = blockOf(range)
  if (sizeOf(whole) <= mostCells) return <AddressGrid block={whole} holders={holders} names={names} />
  const used = [...holders.keys()].map(numberOf)
  const chosen = blockNamed(search.block, whole)
  const show = (block: Block) => change({ block: `${block.first}-${block.last}` })
  return (
    <>
      <Parts blocks={blocksOf(whole)} used={used} chosen={chosen} onChoose={show} />
      {chosen && sizeOf(chosen) > mostCells && (
        <Parts blocks={blocksOf(chosen)} used={used} chosen={undefined} onChoose={show} />
      )}
      {chosen && sizeOf(chosen) <= mostCells && (
        <AddressGrid key={chosen.first} block={chosen} holders={holders} names={names} />
      )}
    </>
  )
}

interface PartsProps {
  blocks: readonly Block[]
  used: readonly number[]
  chosen: Block | undefined
  onChoose: (block: Block) => void
}

/** Parts of a range as small bars, each with its figure. */
function Parts({ blocks, used, chosen, onChoose }: PartsProps) {
  const { t } = useTranslation('network')
  const [first, last] = [blocks[0], blocks.at(-1)]
  const range = first && last ? blockName({ first: first.first, last: last.last }) : ''
  return (
    <ul className="address-parts" aria-label={t('blocks', { range })}>
      {blocks.map((block) => {
        const count = used.filter((value) => value >= block.first && value <= block.last).length
        const text = t('blockOf', { range: blockName(block), used: count, all: sizeOf(block) })
        return (
          <li key={block.first}>
            <button
              type="button"
              className="address-part"
              title={text}
              aria-pressed={chosen?.first === block.first && chosen.last === block.last}
              onClick={() => onChoose(block)}
            >
              <span className="pf-v6-screen-reader">{text}</span>
              <span aria-hidden>{blockName(block).split(' ')[0]}</span>
              <meter min={0} max={sizeOf(block)} value={count} aria-hidden />
              <span aria-hidden>{count}</span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}
