import { lazy, Suspense, useEffect } from 'react'
import { useSession } from '../../api/session.ts'
import { useUploads } from './upload-store.ts'
import { restoreUploads } from './uploads.ts'

const UploadList = lazy(async () => ({ default: (await import('./UploadList.tsx')).UploadList }))

// Another tab may have gone meanwhile.
const lookEveryMs = 5000

/** The uploads that go on, above the tasks; nothing where there are none. */
export function UploadTray() {
  const uploads = useUploads()
  const { user } = useSession()
  useEffect(() => {
    const look = () => void restoreUploads(user)
    look()
    const timer = setInterval(look, lookEveryMs)
    return () => clearInterval(timer)
  }, [user])
  if (uploads.length === 0) return null
  return (
    <Suspense fallback={null}>
      <UploadList uploads={uploads} />
    </Suspense>
  )
}
