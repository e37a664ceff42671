import { Button } from '@patternfly/react-core'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { call } from '../../api/client.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { Note } from '../../ui/Note.tsx'

const shownHash = 16

/** Whether the journal is what was written; the check reads all of it, so somebody has to ask for it. */
export function ChainState() {
  const { t } = useTranslation('journal')
  const check = useMutation({ mutationFn: () => call('get', '/journal/verify') })
  const verify = (
    <Button variant="link" isInline isLoading={check.isPending} onClick={() => check.mutate()}>
      {t('verify')}
    </Button>
  )
  if (check.error) return <Refusal error={check.error} onRetry={() => check.mutate()} />
  if (!check.data)
    return (
      <Note kind="info" title={t('chain')} actions={verify}>
        {t('chainUnknown')}
      </Note>
    )
  const { ok, revisions, hash, broken } = check.data
  return (
    <Note kind={ok ? 'success' : 'danger'} title={t('chain')} actions={verify}>
      {broken
        ? t('chainBroken', { ...broken })
        : t('chainWhole', { count: revisions, hash: hash.slice(0, shownHash) })}
    </Note>
  )
}
