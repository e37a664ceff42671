import {
  keepPreviousData,
  QueryClient,
  queryOptions,
  type UseMutationOptions,
  useMutation,
} from '@tanstack/react-query'
import { type Answer, call, type PathOf, type Request } from './client.ts'
import { ApiError, isSignedOut } from './errors.ts'

const retries = 2

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // What changes is told by the feed; a look at the page need not ask again.
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      retry: (count, error) =>
        count < retries && (!(error instanceof ApiError) || error.status === 0 || error.status >= 502),
    },
    mutations: { retry: false },
  },
})

/** Called wherever an answer says that the session has ended. */
export function onSignedOut(listener: () => void): void {
  const look = (error: unknown) => {
    if (isSignedOut(error)) listener()
  }
  queryClient.getQueryCache().config.onError = look
  queryClient.getMutationCache().config.onError = look
}

/**
 * What is read with GET. The key is the path of the document and the parameters: the feed finds by the path what it has to
 * make anew (live.ts).
 */
export const reading = <P extends PathOf<'get'>>(path: P, request: Request<P, 'get'> = {}) =>
  queryOptions({
    queryKey: [path, request.params ?? {}] as const,
    queryFn: ({ signal }) => call('get', path, { ...request, signal }),
  })

/** As `reading`, for a page of a list that stays on the screen while the next one comes. */
export const readingPage = <P extends PathOf<'get'>>(path: P, request: Request<P, 'get'> = {}) => ({
  ...reading(path, request),
  placeholderData: keepPreviousData,
})

/** A search is a POST that changes nothing. */
export const searching = <P extends PathOf<'post'>>(path: P, request: Request<P, 'post'>) =>
  queryOptions({
    queryKey: [path, request.body ?? {}] as const,
    queryFn: ({ signal }) => call('post', path, { ...request, signal }),
    placeholderData: keepPreviousData,
  })

/** A change by the API. What it changes comes back by the feed, so nothing is made anew here. */
export function useChange<M extends 'put' | 'post' | 'delete' | 'patch', P extends PathOf<M>>(
  method: M,
  path: P,
  options: Omit<UseMutationOptions<Answer<P, M>, ApiError, Request<P, M>>, 'mutationFn'> = {},
) {
  return useMutation<Answer<P, M>, ApiError, Request<P, M>>({
    ...options,
    mutationFn: (request) => call(method, path, request),
  })
}
