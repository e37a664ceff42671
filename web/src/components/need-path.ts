import type { Answer } from '../api/client.ts'

export type Need = Answer<'/attention', 'get'>[number]

/** The page on which something that needs a person can be put right. */
export function needPath({ kind, subject }: Pick<Need, 'kind' | 'subject'>): string | undefined {
  const name = encodeURIComponent(subject)
  switch (kind) {
    case 'task':
      return `/tasks/${name}`
    case 'guest':
      return `/instances/${name}`
    case 'storage_pool':
    case 'volume':
      return subject === '' ? '/storage' : `/storage/${name}`
    case 'host':
    case 'reconciler':
    case 'state_disk':
    case 'certificate':
      return '/settings'
  }
}
