import { Button } from '@patternfly/react-core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../api/client.ts'
import { reading } from '../api/query.ts'
import { Confirm } from '../ui/Confirm.tsx'
import { DataTable } from '../ui/DataTable.tsx'
import { EmptyNote } from '../ui/EmptyNote.tsx'
import { timeText } from '../ui/format.ts'
import { Refusal } from './Refusal.tsx'

/** Tokens of a user, each of which can be ended. */
export function TokenTable({ user }: { user: string }) {
  const { t, i18n } = useTranslation('profile')
  const { data, error, refetch } = useQuery(reading('/tokens'))
  const [ending, setEnding] = useState<{ id: string; name: string }>()
  const end = useMutation({
    mutationFn: (id: string) => call('delete', '/tokens/{id}', { params: { path: { id } } }),
    onSuccess: async () => {
      await refetch()
      setEnding(undefined)
    },
  })
  return (
    <>
      <Refusal error={error} onRetry={() => void refetch()} />
      <DataTable
        label={t('tokens')}
        rows={data?.filter((token) => token.user === user)}
        rowKey={({ id }) => id}
        columns={[
          { key: 'name', title: t('tokenName'), render: ({ name }) => name },
          {
            key: 'permissions',
            title: t('tokenMay'),
            render: ({ permissions }) => permissions?.join(', ') ?? t('allOfUser'),
          },
          {
            key: 'expires',
            title: t('expires'),
            render: ({ expire_time }) => (expire_time ? timeText(expire_time, i18n.language) : t('never')),
          },
        ]}
        rowActions={({ id, name }) => (
          <Button
            variant="link"
            isInline
            isDanger
            aria-label={t('endTokenNamed', { name })}
            onClick={() => setEnding({ id, name })}
          >
            {t('endToken')}
          </Button>
        )}
        empty={<EmptyNote title={t('noTokens')}>{t('noTokensText')}</EmptyNote>}
      />
      {ending && (
        <Confirm
          title={t('endTokenNamed', { name: ending.name })}
          verb={t('endToken')}
          isDanger
          isPending={end.isPending}
          error={<Refusal error={end.error} />}
          onConfirm={() => end.mutate(ending.id)}
          onClose={() => setEnding(undefined)}
        >
          {t('endTokenText')}
        </Confirm>
      )}
    </>
  )
}
