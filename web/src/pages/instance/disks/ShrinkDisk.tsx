import { useTranslation } from 'react-i18next'
import { usePlan } from '../../../api/plan.ts'
import { useChange } from '../../../api/query.ts'
import { isOn, shortName, stateOf } from '../../../components/guest-verbs.ts'
import type { DiskDialogProps } from './disk.ts'
import { PlanDialog } from './PlanDialog.tsx'

const path = '/guests/{id}/disks/shrink/{index}'

/** Gives the pool back what the guest has freed; the size stays. */
export function ShrinkDisk({ guest, disk, onClose }: DiskDialogProps) {
  const { t } = useTranslation('instance')
  const runs = isOn(stateOf(guest))
  const request = {
    params: { path: { id: guest.id, index: String(disk.index) } },
    body: { immediate: runs },
  }
  const asked = usePlan('put', path, request)
  const shrink = useChange('put', path, { onSuccess: onClose })
  return (
    <PlanDialog
      title={t('shrinkTitle', { disk: disk.index, name: shortName(guest) })}
      verb={t('shrinkVerb')}
      isReady
      asked={asked}
      change={shrink}
      onConfirm={() => shrink.mutate(request)}
      onClose={onClose}
    >
      <p>{runs ? t('shrinkRunning') : t('shrinkStopped')}</p>
    </PlanDialog>
  )
}
