import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { call } from '../../api/client.ts'
import { Refusal } from '../../components/Refusal.tsx'
import { Confirm } from '../../ui/Confirm.tsx'

const paths = { user: '/users/{name}', group: '/user_groups/{name}', role: '/roles/{name}' } as const

export interface DeletePersonProps {
  kind: keyof typeof paths
  name: string
  onClose: () => void
  /** Where the page of what is deleted was shown. */
  onDeleted?: () => void
}

/** Asks before a user, group or role goes. */
export function DeletePerson({ kind, name, onClose, onDeleted = onClose }: DeletePersonProps) {
  const { t } = useTranslation(['people', 'common'])
  const remove = useMutation({
    mutationFn: () => call('delete', paths[kind], { params: { path: { name } } }),
    onSuccess: onDeleted,
  })
  const titles = {
    user: t('deleteUser', { name }),
    group: t('deleteGroup', { name }),
    role: t('deleteRole', { name }),
  }
  const texts = { user: t('deleteUserText'), group: t('deleteGroupText'), role: t('deleteRoleText') }
  return (
    <Confirm
      title={titles[kind]}
      verb={t('common:delete')}
      isDanger
      isPending={remove.isPending}
      error={<Refusal error={remove.error} />}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      {texts[kind]}
    </Confirm>
  )
}
