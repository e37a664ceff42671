import {
  Button,
  MenuToggle,
  SearchInput,
  Select,
  SelectList,
  SelectOption,
  Toolbar,
  ToolbarContent,
  ToolbarFilter,
  ToolbarGroup,
  ToolbarItem,
} from '@patternfly/react-core'
import ColumnsIcon from '@patternfly/react-icons/dist/esm/icons/columns-icon'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { StateLabel } from '../../components/GuestState.tsx'
import { guestStates } from '../../components/guest-verbs.ts'
import { Choice } from './Choice.tsx'
import { type ColumnKey, columnKeys, fixedColumn } from './columns.tsx'
import { type FilterKey, filterKeys, type InstancesSearch, noFilters, statesOf } from './search.ts'
import { TagFilter } from './TagFilter.tsx'
import { useFilterOptions } from './use-filter-options.ts'
import type { GuestRows } from './use-guest-rows.ts'
import { useTyped } from './use-typed.ts'

export interface GuestToolbarProps {
  search: InstancesSearch
  counts: GuestRows['counts']
  total: number
  /** Changes the address; what is undefined leaves it. */
  onSearch: (changed: Partial<InstancesSearch>) => void
  columns: { shown: readonly ColumnKey[]; toggle: (key: ColumnKey) => void; reset: () => void }
  isNarrow: boolean
}

/** Search, filters (as chips below, once chosen) and the choice of columns. */
export function GuestToolbar(props: GuestToolbarProps) {
  const { search, counts, total, onSearch, columns, isNarrow } = props
  const { t } = useTranslation(['instances', 'common'])
  const typed = useTyped(search.q ?? '', (q) => onSearch({ q: q || undefined }))
  const states = statesOf(search)
  const chooseState = (state: string) => {
    const changed = states.includes(state as (typeof states)[number])
      ? states.filter((one) => one !== state)
      : [...states, state]
    onSearch({ state: changed.join(',') || undefined })
  }
  return (
    <Toolbar
      className="instances-toolbar"
      clearAllFilters={() => onSearch(noFilters)}
      clearFiltersButtonText={t('common:clearFilters')}
    >
      <ToolbarContent>
        <ToolbarItem className="instances-search">
          <SearchInput
            aria-label={t('searchGuests')}
            placeholder={t('searchHint')}
            value={typed.text}
            onChange={(_, text) => typed.type(text)}
            onClear={() => typed.type('')}
          />
        </ToolbarItem>
        <ToolbarFilter
          categoryName={{ key: 'state', name: t('column_state') }}
          labels={states.map((state) => ({ key: state, node: t(state) }))}
          deleteLabel={(_, label) => chooseState(typeof label === 'string' ? label : label.key)}
          deleteLabelGroup={() => onSearch({ state: undefined })}
        >
          <Choice
            label={t('column_state')}
            isMany
            chosen={states}
            options={guestStates.map((state) => ({
              value: state,
              title: <StateLabel state={state} />,
              ...(counts ? { count: counts[state] } : {}),
            }))}
            onChoose={chooseState}
          />
        </ToolbarFilter>
        {filterKeys.map((key) => (
          <PlaceFilter key={key} name={key} search={search} onSearch={onSearch} isNarrow={isNarrow} />
        ))}
        <TagFilter search={search} onSearch={onSearch} isNarrow={isNarrow} />
        <ToolbarGroup align={{ default: 'alignEnd' }}>
          {!isNarrow && (
            <ToolbarItem>
              <ColumnChoice {...columns} />
            </ToolbarItem>
          )}
          <ToolbarItem className="instances-total" role="status">
            {t('total', { count: total })}
          </ToolbarItem>
        </ToolbarGroup>
      </ToolbarContent>
    </Toolbar>
  )
}

interface PlaceFilterProps extends Pick<GuestToolbarProps, 'search' | 'onSearch' | 'isNarrow'> {
  name: FilterKey
}

/** By pool, cell, group or owner. On a phone only what the address names is shown, as a chip. */
function PlaceFilter({ name, search, onSearch, isNarrow }: PlaceFilterProps) {
  const { t } = useTranslation('instances')
  const chosen = search[name]
  const options = useFilterOptions(name)
  const values = chosen && !options.includes(chosen) ? [chosen, ...options] : options
  const set = (value: string | undefined) => onSearch({ [name]: value })
  return (
    <ToolbarFilter
      categoryName={{ key: name, name: t(`column_${name}`) }}
      labels={chosen ? [chosen] : []}
      deleteLabel={() => set(undefined)}
      showToolbarItem={!isNarrow && values.length > 1}
    >
      <Choice
        label={t(`column_${name}`)}
        chosen={chosen ? [chosen] : []}
        options={values.map((value) => ({ value, title: value }))}
        onChoose={(value) => set(value === chosen ? undefined : value)}
      />
    </ToolbarFilter>
  )
}

function ColumnChoice({ shown, toggle, reset }: GuestToolbarProps['columns']) {
  const { t } = useTranslation('instances')
  const [isOpen, setOpen] = useState(false)
  return (
    <Select
      isOpen={isOpen}
      onOpenChange={setOpen}
      selected={[...shown]}
      onSelect={(_, key) => toggle(key as ColumnKey)}
      popperProps={{ position: 'end' }}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plainText"
          icon={<ColumnsIcon />}
          isExpanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {t('columns')}
        </MenuToggle>
      )}
    >
      <SelectList aria-label={t('columns')}>
        {columnKeys.map((key) => (
          <SelectOption
            key={key}
            value={key}
            hasCheckbox
            isSelected={shown.includes(key)}
            isDisabled={key === fixedColumn}
          >
            {t(`column_${key}`)}
          </SelectOption>
        ))}
      </SelectList>
      <Button variant="link" onClick={reset}>
        {t('usualColumns')}
      </Button>
    </Select>
  )
}
