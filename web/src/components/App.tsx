import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { isSignedOut } from '../api/errors.ts'
import { createFeed } from '../api/feed.ts'
import { followFeed } from '../api/live.ts'
import { onSignedOut, queryClient } from '../api/query.ts'
import { SessionContext, sessionReading, useSessionReading } from '../api/session.ts'
import type { AppRouter } from '../routes.tsx'
import { FeedContext } from './feed-context.ts'
import { Refusal } from './Refusal.tsx'
import { SignIn } from './SignIn.tsx'

export function App({ router }: { router: AppRouter }) {
  return (
    <QueryClientProvider client={queryClient}>
      <SignedIn router={router} />
    </QueryClientProvider>
  )
}

/** Shows the pages to who has logged in. A session that ends later asks again above the page, which stays as it is. */
function SignedIn({ router }: { router: AppRouter }) {
  const { data: session, error, refetch } = useSessionReading()
  const [hasEnded, setEnded] = useState(false)
  useEffect(() => onSignedOut(() => setEnded(true)), [])
  const enter = async () => {
    await refetch()
    setEnded(false)
    void queryClient.invalidateQueries({
      predicate: ({ queryKey }) => queryKey[0] !== sessionReading.queryKey[0],
    })
  }
  if (!session) {
    if (isSignedOut(error)) return <SignIn onSignedIn={enter} />
    return error ? <Refusal error={error} onRetry={() => void refetch()} /> : null
  }
  return (
    <SessionContext value={session}>
      <Fed session={session.id}>
        <RouterProvider router={router} />
        {hasEnded && <SignIn isAgain onSignedIn={enter} />}
      </Fed>
    </SessionContext>
  )
}

/** The feed of the session; the pages stay when another one takes its place. */
function Fed({ session, children }: { session: string; children: ReactNode }) {
  const [feed] = useState(createFeed)
  const told = useRef(session)
  useEffect(() => followFeed(queryClient, feed.subscribe), [feed])
  useEffect(() => {
    if (told.current !== session) feed.renew()
    told.current = session
  }, [feed, session])
  return <FeedContext value={feed}>{children}</FeedContext>
}
