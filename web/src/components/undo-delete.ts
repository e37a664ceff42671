import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { call } from '../api/client.ts'
import { notify } from './notices.ts'
import { useRefusalText } from './Refusal.tsx'

interface Deleted {
  pool: string
  name: string
}

async function quarantinedOf(owners: ReadonlySet<string>): Promise<Deleted[]> {
  const pools = await call('get', '/storage_pools')
  const lists = await Promise.all(
    pools.map(async ({ name: pool }) => {
      const query = { status: 'quarantined' } as const
      const entries = await call('get', '/storage_pools/{pool}/volumes', {
        params: { path: { pool }, query },
      })
      return entries.filter(({ owner }) => owners.has(owner)).map(({ name }) => ({ pool, name }))
    }),
  )
  return lists.flat()
}

/** What stands on another deleted volume is refused until that one is back: one round for each storey. */
async function undeleteAll(volumes: readonly Deleted[]): Promise<void> {
  let left = volumes
  while (left.length > 0) {
    const results = await Promise.allSettled(
      left.map(({ pool, name }) =>
        call('post', '/storage_pools/{pool}/volumes/{volume}/undelete', {
          params: { path: { pool, volume: name } },
        }),
      ),
    )
    const refused = results.flatMap((result, index) =>
      result.status === 'rejected' ? [{ volume: left[index]!, reason: result.reason as unknown }] : [],
    )
    if (refused.length === left.length) throw refused[0]?.reason
    left = refused.map(({ volume }) => volume)
  }
}

/** Brings the disks of deleted guests back from quarantine, by the guests' ids. */
export function useBringBack(): (guests: readonly string[]) => void {
  const { t } = useTranslation('instances')
  const textOf = useRefusalText()
  const { mutate } = useMutation({
    mutationFn: async (guests: readonly string[]) => undeleteAll(await quarantinedOf(new Set(guests))),
    onSuccess: () => notify({ kind: 'info', title: t('broughtBack'), text: t('broughtBackText') }),
    onError: (error) => notify({ kind: 'danger', title: t('bringBackFailed'), text: textOf(error) }),
  })
  return mutate
}
