import { Link } from '@tanstack/react-router'
import { type KeyboardEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { addressOf, type Block, blockName, sizeOf } from './addresses.ts'

export interface AddressGridProps {
  block: Block
  holders: ReadonlyMap<string, string>
  names: ReadonlyMap<string, string>
}

/**
 * A cell for each address: filled and underlined where a guest has it, which it leads to, and an outline where it is free. One stop of
 * the tab key; arrows move within.
 */
export function AddressGrid({ block, holders, names }: AddressGridProps) {
  const { t } = useTranslation('network')
  const [current, setCurrent] = useState(0)
  const [isTold, setTold] = useState(false)
  const list = useRef<HTMLUListElement>(null)
  const addresses = Array.from({ length: sizeOf(block) }, (_, index) => addressOf(block.first + index))
  const tell = (address: string) => {
    const guest = holders.get(address)
    return guest === undefined
      ? t('isFree', { address })
      : t('isUsed', { address, guest: names.get(guest) ?? guest })
  }
  const go = (index: number) => {
    const target = Math.max(0, Math.min(addresses.length - 1, index))
    setCurrent(target)
    list.current?.querySelectorAll<HTMLElement>('[data-cell]')[target]?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = stepOf(event.key, list.current)
    if (step === undefined) return
    event.preventDefault()
    go(step === 'first' ? 0 : step === 'last' ? addresses.length - 1 : current + step)
  }
  const told = addresses[current]
  return (
    <>
      <ul
        ref={list}
        className="address-grid"
        aria-label={t('map', { range: blockName(block) })}
        onKeyDown={onKeyDown}
        onMouseLeave={() => setTold(false)}
      >
        {addresses.map((address, index) => (
          <li key={address}>
            <Cell
              address={address}
              guest={holders.get(address)}
              text={tell(address)}
              isCurrent={index === current}
              onLook={() => {
                setCurrent(index)
                setTold(true)
              }}
            />
          </li>
        ))}
      </ul>
      <div className="address-foot">
        <span>{isTold && told ? tell(told) : t('nobodyYet')}</span>
        <Legend />
      </div>
    </>
  )
}

interface CellProps {
  address: string
  guest: string | undefined
  text: string
  isCurrent: boolean
  onLook: () => void
}

function Cell({ address, guest, text, isCurrent, onLook }: CellProps) {
  const common = {
    'data-cell': true,
    title: text,
    'aria-label': text,
    tabIndex: isCurrent ? 0 : -1,
    onFocus: onLook,
    onMouseEnter: onLook,
  }
  const last = address.slice(address.lastIndexOf('.') + 1)
  return guest === undefined ? (
    <span role="img" {...common} className="address-cell">
      {last}
    </span>
  ) : (
    <Link
      to="/instances/$id/network"
      params={{ id: guest }}
      {...common}
      className="address-cell address-used"
    >
      {last}
    </Link>
  )
}

/** How far an arrow goes: up and down by as many cells as stand in a row. */
function stepOf(key: string, list: HTMLElement | null): number | 'first' | 'last' | undefined {
  if (key === 'Home') return 'first'
  if (key === 'End') return 'last'
  if (key === 'ArrowLeft') return -1
  if (key === 'ArrowRight') return 1
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return undefined
  const columns = list ? getComputedStyle(list).gridTemplateColumns.split(' ').length : 1
  return key === 'ArrowUp' ? -columns : columns
}

function Legend() {
  const { t } = useTranslation('network')
  return (
    <span className="address-legend">
      <span className="address-cell address-used" aria-hidden>
        5
      </span>
      {t('usedWord')}
      <span className="address-cell" aria-hidden>
        6
      </span>
      {t('free')} · {t('mapHint')}
    </span>
  )
}
