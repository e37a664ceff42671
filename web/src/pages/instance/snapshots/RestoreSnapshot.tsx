import { Checkbox } from '@patternfly/react-core'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePlan } from '../../../api/plan.ts'
import { useChange } from '../../../api/query.ts'
import { isOn, shortName, stateOf, type VerbGuest } from '../../../components/guest-verbs.ts'
import { PlanPreview } from '../../../components/PlanPreview.tsx'
import { Refusal } from '../../../components/Refusal.tsx'
import { Confirm } from '../../../ui/Confirm.tsx'
import { Note } from '../../../ui/Note.tsx'
import type { SnapshotDetails } from './use-snapshots.ts'

export interface RestoreSnapshotProps {
  guest: VerbGuest
  name: string
  details: SnapshotDetails | undefined
  /** The snapshot that the guest stands on now. */
  current: string | undefined
  onClose: () => void
}

/** Says what going back to a snapshot loses, and does it. */
export function RestoreSnapshot({ guest, name, details, current, onClose }: RestoreSnapshotProps) {
  const { t } = useTranslation('snapshots')
  const id = useId()
  const [start, setStart] = useState(false)
  const isRunning = isOn(stateOf(guest))
  const request = { params: { path: { id: guest.id } }, body: { target: name, start } }
  const plan = usePlan('put', '/instances/{id}/snapshots', request)
  const { mutate, isPending, error } = useChange('put', '/instances/{id}/snapshots', { onSuccess: onClose })
  return (
    <Confirm
      title={t('restoreTitle', { guest: shortName(guest), name })}
      verb={t('restore')}
      isDanger
      isPending={isPending}
      error={<Refusal error={error} />}
      onConfirm={() => mutate(request)}
      onClose={onClose}
    >
      <Note kind="warning" title={current === undefined ? t('lostAll') : t('lostSince', { name: current })}>
        {t('lostHint')}
      </Note>
      {isRunning && <p>{t('endsRunning')}</p>}
      {details?.memory ? (
        <p>{t('goesOn')}</p>
      ) : (
        <Checkbox
          id={`${id}-start`}
          label={t('startAfter')}
          isChecked={start}
          onChange={(_, isChecked) => setStart(isChecked)}
        />
      )}
      <PlanPreview asked={plan} />
    </Confirm>
  )
}
