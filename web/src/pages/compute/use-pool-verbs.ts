import { useTranslation } from 'react-i18next'
import { useChange } from '../../api/query.ts'
import { notify } from '../../components/notices.ts'
import { useRefusalText } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { useMissing } from '../../components/use-missing.ts'
import type { Verb } from '../../ui/RowMenu.tsx'
import type { ComputePool } from './pool-body.ts'

/** What can be done with a compute pool, in one order everywhere. */
export function usePoolVerbs({ name, enabled, cells }: ComputePool): Verb[] {
  const { t } = useTranslation(['compute', 'common'])
  const { open } = useDialog()
  const textOf = useRefusalText()
  const { mutate, isPending } = useChange('put', '/compute_pools/{pool}')
  const refusal = useMissing('compute.write')
  const toggle = () =>
    mutate(
      { params: { path: { pool: name } }, body: { enable: !enabled } },
      { onError: (error) => notify({ kind: 'danger', title: name, text: textOf(error) }) },
    )
  return [
    { key: 'modify', title: t('modify'), refusal, onChoose: () => open('modify', name) },
    {
      key: 'enable',
      title: t(enabled ? 'disable' : 'enable'),
      refusal: refusal ?? (isPending ? t('common:loading') : undefined),
      onChoose: toggle,
    },
    {
      key: 'delete',
      title: t('common:delete'),
      isDanger: true,
      refusal: refusal ?? (cells > 0 ? t('poolHasCells') : undefined),
      onChoose: () => open('delete', name),
    },
  ]
}
