import type { Task } from '../api/live-tasks.ts'

export type SubjectWord = 'subjectGuest' | 'subjectImage' | 'subjectImages' | 'subjectCells'

export interface SubjectLink {
  word: SubjectWord
  path: string
}

const guestTabs: readonly [string, string][] = [
  ['snapshot.', '/snapshots'],
  ['guest.disk.', '/disks'],
]

/** The page of what a task is about; undefined where it has none, or has gone with the task's end. */
export function subjectLink({
  subject,
  kind,
  state,
}: Pick<Task, 'subject' | 'kind' | 'state'>): SubjectLink | undefined {
  const [what, id = ''] = subject.split(/:(.*)/)
  const isGone = kind.endsWith('.delete') && !kind.startsWith('snapshot.') && state === 'done'
  const wasNeverMade = kind === 'guest.create' && (state === 'failed' || state === 'cancelled')
  if (id === '' || isGone || wasNeverMade) return undefined
  switch (what) {
    case 'guest': {
      const tab = guestTabs.find(([start]) => kind.startsWith(start))?.[1] ?? ''
      return { word: 'subjectGuest', path: `/instances/${encodeURIComponent(id)}${tab}` }
    }
    case 'image':
      // Only disk images are built; what is deleted may be of either kind.
      return kind === 'image.build'
        ? { word: 'subjectImage', path: `/images/disk/${encodeURIComponent(id)}` }
        : undefined
    case 'import':
      return { word: 'subjectImages', path: `/images/${id === 'media' ? 'media' : 'disk'}` }
    case 'cell':
      return { word: 'subjectCells', path: '/compute/cells' }
    default:
      return undefined
  }
}
