import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useChange } from '../../api/query.ts'
import { notify } from '../../components/notices.ts'
import { useRefusalText } from '../../components/Refusal.tsx'
import { useMissing } from '../../components/use-missing.ts'
import type { Verb } from '../../ui/RowMenu.tsx'

/** What can be done with a cell of a pool, in one order everywhere. */
export function useCellVerbs(pool: string, { name, enabled }: { name: string; enabled: boolean }): Verb[] {
  const { t } = useTranslation(['compute', 'common'])
  const navigate = useNavigate()
  const textOf = useRefusalText()
  const { mutate, isPending } = useChange('put', '/compute_pool_cells/{pool}/{cell}')
  const refusal = useMissing('compute.write')
  const path = { pool, cell: name }
  const open = (dialog: string) =>
    void navigate({ to: '/compute/cells/$pool/$cell', params: path, search: { dialog } })
  const toggle = () =>
    mutate(
      { params: { path }, body: { enable: !enabled } },
      { onError: (error) => notify({ kind: 'danger', title: name, text: textOf(error) }) },
    )
  return [
    {
      key: 'enable',
      title: t(enabled ? 'disable' : 'enable'),
      refusal: refusal ?? (isPending ? t('common:loading') : undefined),
      onChoose: toggle,
    },
    { key: 'bridge', title: t('changeBridge'), refusal, onChoose: () => open('bridge') },
    { key: 'remove', title: t('removeCell'), refusal, isDanger: true, onChoose: () => open('remove') },
  ]
}
