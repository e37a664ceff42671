import { Checkbox, TextInput } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePlan } from '../../api/plan.ts'
import { useChange } from '../../api/query.ts'
import { useSession } from '../../api/session.ts'
import { fieldError, otherError } from '../../components/field-error.ts'
import { PlanPreview } from '../../components/PlanPreview.tsx'
import { Refusal } from '../../components/Refusal.tsx'
import { Field } from '../../ui/Field.tsx'
import { Note } from '../../ui/Note.tsx'
import { FormDialog } from './FormDialog.tsx'
import type { Domain } from './Unmanaged.tsx'

const path = '/unmanaged_guests/{id}/adopt'
const fields = ['owner', 'group', 'name'] as const

/** Makes a domain of somebody else's a guest: what stands in the way, what will be otherwise, and the plan. */
export function AdoptDomain({ domain, onClose }: { domain: Domain; onClose: () => void }) {
  const { t } = useTranslation('compute')
  const { user, groups } = useSession()
  const [values, setValues] = useState({ owner: user, group: groups[0] ?? '', name: domain.name })
  const [reconnect, setReconnect] = useState(false)
  const { mutate, isPending, error } = useChange('post', path)
  const params = { path: { id: domain.id } }
  const body = { ...values, reconnect }
  const isWhole = values.owner !== '' && values.group !== ''
  const plan = usePlan('post', path, domain.adoptable && isWhole ? { params, body } : undefined)
  const refusal = error ?? plan.error
  return (
    <FormDialog
      title={t('adoptTitle', { name: domain.name })}
      verb={t('adopt')}
      isReady={domain.adoptable && isWhole && !plan.error}
      isPending={isPending}
      onSubmit={() => mutate({ params, body }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <Lines kind="danger" title={t('inTheWay')} lines={domain.refusals} />
      <Lines kind="info" title={t('otherwise')} lines={domain.changes} />
      {domain.adoptable && (
        <>
          {fields.map((field) => (
            <Field
              key={field}
              id={`adopt-${field}`}
              label={t(`adopt_${field}`)}
              error={fieldError(refusal, field)}
              isRequired={field !== 'name'}
            >
              <TextInput
                id={`adopt-${field}`}
                value={values[field]}
                onChange={(_, value) => setValues({ ...values, [field]: value })}
              />
            </Field>
          ))}
          <Checkbox
            id="adopt-reconnect"
            label={t('reconnect')}
            description={t('reconnectHint')}
            isChecked={reconnect}
            onChange={(_, isChecked) => setReconnect(isChecked)}
          />
          {!plan.error && <PlanPreview asked={plan} />}
          <Refusal error={otherError(refusal, fields)} />
        </>
      )}
    </FormDialog>
  )
}

interface LinesProps {
  kind: 'danger' | 'info'
  title: string
  lines: readonly string[]
}

function Lines({ kind, title, lines }: LinesProps) {
  if (lines.length === 0) return null
  return (
    <Note kind={kind} title={title}>
      <ul className="compute-list">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Note>
  )
}
