import { FormSelect, FormSelectOption } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { reading } from '../api/query.ts'
import { useMay, useSession } from '../api/session.ts'
import { Field } from '../ui/Field.tsx'
import { fieldError } from './field-error.ts'

export interface Ownership {
  owner: string
  group: string
}

/** What one makes is one's own, and of one's first group. */
export function useOwnOwnership(): Ownership {
  const { user, groups } = useSession()
  return { owner: user, group: groups[0] ?? '' }
}

export interface OwnerFieldsProps extends Ownership {
  error: unknown
  /** What the API calls the owner. */
  ownerField?: 'owner' | 'user'
  onChange: (values: Ownership) => void
}

/** Whose something is. Who may not see other people chooses among himself and his own groups. */
export function OwnerFields({ owner, group, error, ownerField = 'owner', onChange }: OwnerFieldsProps) {
  const { t } = useTranslation('images')
  const { user, groups } = useSession()
  const enabled = useMay('identity.read')
  const users = useQuery({ ...reading('/user_search'), enabled })
  const found = useQuery({ ...reading('/user_groups'), enabled })
  return (
    <>
      <Choice
        label={t('owner')}
        value={owner}
        values={users.data ?? [user]}
        error={fieldError(error, ownerField)}
        onChange={(value) => onChange({ owner: value, group })}
      />
      <Choice
        label={t('group')}
        value={group}
        values={found.data?.map(({ name }) => name) ?? groups}
        error={fieldError(error, 'group')}
        onChange={(value) => onChange({ owner, group: value })}
      />
    </>
  )
}

interface ChoiceProps {
  label: string
  value: string
  values: readonly string[]
  error: string | undefined
  onChange: (value: string) => void
}

function Choice({ label, value, values, error, onChange }: ChoiceProps) {
  const id = useId()
  const all = values.includes(value) ? values : [value, ...values]
  return (
    <Field id={id} label={label} error={error} isRequired>
      <FormSelect
        id={id}
        value={value}
        validated={error ? 'error' : 'default'}
        onChange={(_, chosen) => onChange(chosen)}
      >
        {all.map((name) => (
          <FormSelectOption key={name} value={name} label={name} />
        ))}
      </FormSelect>
    </Field>
  )
}
