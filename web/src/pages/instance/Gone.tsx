import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { reading } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { AppLink } from '../../components/AppLink.tsx'
import { PageHead } from '../../components/PageHead.tsx'
import { EmptyNote } from '../../ui/EmptyNote.tsx'

export interface GoneProps {
  id: string
  /** Where the page still knew it. */
  name: string | undefined
  /** In the appliance's words, e.g. why it was never made. */
  reason: string
}

/** A guest that was deleted, was never made, or that the reader may not see. */
export function Gone({ id, name, reason }: GoneProps) {
  const { t } = useTranslation(['instance', 'frame'])
  const mayBringBack = useMay('storage.write')
  const { data } = useQuery(reading('/tasks', { params: { query: { subject: `guest:${id}`, limit: '1' } } }))
  const [task] = data?.tasks ?? []
  const wasDeleted = task?.kind === 'guest.delete' && task.state === 'done'
  return (
    <>
      <PageHead title={name ?? id} crumbs={[{ title: t('frame:instances'), to: '/instances' }]} />
      <EmptyNote
        title={wasDeleted ? t('goneDeleted') : t('goneTitle')}
        action={
          <>
            <AppLink to="/instances">{t('toInstances')}</AppLink>
            {task && <AppLink to={`/tasks/${task.id}`}>{t('toTask')}</AppLink>}
            {wasDeleted && <AppLink to="/storage">{t('toQuarantine')}</AppLink>}
          </>
        }
      >
        {wasDeleted ? t(mayBringBack ? 'goneUndelete' : 'goneUndeleteAsk') : reason}
      </EmptyNote>
    </>
  )
}
