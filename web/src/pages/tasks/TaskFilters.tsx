import {
  FormSelect,
  FormSelectOption,
  Label,
  SearchInput,
  Switch,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type TaskFilter, taskKinds, taskStates } from './task-filter.ts'

export interface TaskFiltersProps {
  filter: TaskFilter
  onChange: (filter: TaskFilter) => void
}

/** Which tasks are shown; all of it stands in the address. */
export function TaskFilters({ filter, onChange }: TaskFiltersProps) {
  const { t } = useTranslation('tasks')
  const { page: _, ...kept } = filter
  const set = (change: TaskFilter) =>
    onChange(Object.fromEntries(Object.entries({ ...kept, ...change }).filter(([, value]) => value)))
  const kinds = filter.kind && !taskKinds.includes(filter.kind) ? [filter.kind, ...taskKinds] : taskKinds
  return (
    <Toolbar>
      <ToolbarContent>
        <ToolbarItem>
          <FormSelect
            aria-label={t('anyState')}
            value={filter.state ?? ''}
            onChange={(_, state) => set({ state })}
          >
            <FormSelectOption value="" label={t('anyState')} />
            {taskStates.map((state) => (
              <FormSelectOption key={state} value={state} label={t(state)} />
            ))}
          </FormSelect>
        </ToolbarItem>
        <ToolbarItem>
          <FormSelect
            aria-label={t('anyKind')}
            value={filter.kind ?? ''}
            onChange={(_, kind) => set({ kind })}
          >
            <FormSelectOption value="" label={t('anyKind')} />
            {kinds.map((kind) => (
              <FormSelectOption key={kind} value={kind} label={kind} />
            ))}
          </FormSelect>
        </ToolbarItem>
        <ToolbarItem>
          <UserFilter key={filter.who ?? ''} who={filter.who ?? ''} onChange={(who) => set({ who })} />
        </ToolbarItem>
        <ToolbarItem alignSelf="center">
          <Switch
            label={t('liveOnly')}
            isChecked={filter.live ?? false}
            onChange={(_, live) => set({ live })}
          />
        </ToolbarItem>
        {filter.subject && (
          <ToolbarItem alignSelf="center">
            <Label onClose={() => set({ subject: undefined })}>
              {t('about')} {filter.subject}
            </Label>
          </ToolbarItem>
        )}
      </ToolbarContent>
    </Toolbar>
  )
}

function UserFilter({ who, onChange }: { who: string; onChange: (who: string) => void }) {
  const { t } = useTranslation('tasks')
  const [text, setText] = useState(who)
  return (
    <SearchInput
      aria-label={t('byUser')}
      placeholder={t('byUser')}
      value={text}
      onChange={(_, value) => setText(value)}
      onClear={() => onChange('')}
      onSearch={() => onChange(text)}
    />
  )
}
