import {
  FormSelect,
  FormSelectOption,
  SearchInput,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { type LedgerFilter, type Volume, volumeStatuses } from './ledger-rules.ts'

export interface LedgerFiltersProps {
  filter: LedgerFilter
  volumes: readonly Volume[]
  onChange: (filter: LedgerFilter) => void
}

/** Which volumes are shown; how many there are of each status stands with it. */
export function LedgerFilters({ filter, volumes, onChange }: LedgerFiltersProps) {
  const { t } = useTranslation('storage')
  const { status, q } = filter
  const set = (change: LedgerFilter) => {
    const next = { status, q, ...change }
    onChange({ ...(next.status ? { status: next.status } : {}), ...(next.q ? { q: next.q } : {}) })
  }
  const count = (wanted: string) => volumes.filter((volume) => volume.status === wanted).length
  return (
    <Toolbar>
      <ToolbarContent>
        <ToolbarItem>
          <FormSelect
            aria-label={t('status')}
            value={status ?? ''}
            onChange={(_, value) => set({ status: value })}
          >
            <FormSelectOption value="" label={t('anyStatus', { count: volumes.length })} />
            {volumeStatuses.map((one) => (
              <FormSelectOption key={one} value={one} label={`${t(`status_${one}`)} (${count(one)})`} />
            ))}
          </FormSelect>
        </ToolbarItem>
        <ToolbarItem>
          <SearchInput
            aria-label={t('findVolume')}
            placeholder={t('findVolume')}
            value={q ?? ''}
            onChange={(_, value) => set({ q: value })}
            onClear={() => set({ q: '' })}
          />
        </ToolbarItem>
      </ToolbarContent>
    </Toolbar>
  )
}
