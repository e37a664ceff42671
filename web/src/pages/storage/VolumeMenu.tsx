import { Spinner } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { useChange } from '../../api/query.ts'
import { useMay } from '../../api/session.ts'
import { notify } from '../../components/notices.ts'
import { useRefusalText } from '../../components/Refusal.tsx'
import { useDialog } from '../../components/use-dialog.ts'
import { RowMenu } from '../../ui/RowMenu.tsx'
import { type Volume, type VolumeVerb, volumeRefusal, volumeVerbs } from './ledger-rules.ts'

/** What can be done with a volume; only what nothing brings back asks first. */
export function VolumeMenu({ pool, volume }: { pool: string; volume: Volume }) {
  const { t } = useTranslation(['storage', 'common'])
  const { open } = useDialog()
  const mayWrite = useMay('storage.write')
  const { run, isPending } = useVolumeVerbs(pool, volume.name)
  if (isPending) return <Spinner size="md" aria-label={t('common:loading')} />
  const refusalOf = (verb: VolumeVerb) => {
    if (!mayWrite) return t('common:missingPermission', { permission: 'storage.write' })
    const refusal = volumeRefusal(verb, volume)
    return refusal && t(refusal)
  }
  return (
    <RowMenu
      name={volume.name}
      verbs={volumeVerbs.map((verb) => ({
        key: verb,
        title: t(verb),
        isDanger: verb === 'purge',
        refusal: refusalOf(verb),
        onChoose: () => (verb === 'purge' ? open('purge', volume.name) : run(verb)),
      }))}
    />
  )
}

function useVolumeVerbs(pool: string, name: string) {
  const { t } = useTranslation(['storage', 'common'])
  const textOf = useRefusalText()
  const changes = {
    adopt: useChange('post', '/storage_pools/{pool}/volumes/{volume}/adopt'),
    quarantine: useChange('post', '/storage_pools/{pool}/volumes/{volume}/quarantine'),
    undelete: useChange('post', '/storage_pools/{pool}/volumes/{volume}/undelete'),
  }
  const run = (verb: 'adopt' | 'quarantine' | 'undelete') => {
    const params = { path: { pool, volume: name } }
    changes[verb].mutate(
      { params },
      {
        onError: (error) => notify({ kind: 'danger', title: name, text: textOf(error) }),
        onSuccess: () => {
          if (verb === 'quarantine')
            notify({
              kind: 'info',
              title: t('isQuarantined', { name }),
              action: { title: t('common:undo'), onChoose: () => changes.undelete.mutate({ params }) },
            })
        },
      },
    )
  }
  return { run, isPending: Object.values(changes).some((change) => change.isPending) }
}
