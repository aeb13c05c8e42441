/** Reading and doing through the core, with one cache. Keys are the operation's name and input. */
import {
  keepPreviousData,
  QueryClient,
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
} from '@tanstack/react-query'
import type { OperationName } from '../shared/operation-names.ts'
import type { InputOf, OutputOf } from '../shared/operations.ts'
import { ApiError, api } from './api.ts'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The core tells when something changed (live.ts); age alone is no reason to ask again.
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: 'always',
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && error.reply.retryable && error.reply.code !== 'app_not_running',
      retryDelay: 800,
    },
    // Inputs and answers can hold a passphrase or a token: nothing of them stays once their screen is gone.
    mutations: { networkMode: 'always', retry: false, gcTime: 0 },
  },
})

export interface ReadOptions {
  readonly isEnabled?: boolean
  /** Shows the previous answer while another input loads: for ranges and filters, never for another entity. */
  readonly keepsPrevious?: boolean
}

export function useRead<N extends OperationName>(
  name: N,
  input: InputOf<N>,
  options: ReadOptions = {},
): UseQueryResult<OutputOf<N>> {
  return useQuery<OutputOf<N>>({
    queryKey: [name, input],
    queryFn: ({ signal }) => api[name](input, signal),
    enabled: options.isEnabled ?? true,
    ...(options.keepsPrevious === true ? { placeholderData: keepPreviousData } : {}),
  })
}

/**
 * Runs an operation on a person's word. Never retried by itself; afterwards everything shown is read again. `onDone` runs on success even
 * if what asked for it is no longer on the screen.
 */
export function useAct<N extends OperationName>(
  name: N,
  onDone?: () => void,
): UseMutationResult<OutputOf<N>, Error, InputOf<N>> {
  return useMutation<OutputOf<N>, Error, InputOf<N>>({
    mutationFn: (input) => api[name](input),
    ...(onDone === undefined ? {} : { onSuccess: onDone }),
    onSettled: () => queryClient.invalidateQueries(),
  })
}

/** Drops every answer but the app's own state: those of one workspace must never be shown under the name of another. */
export function forgetWorkspace(): void {
  queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== 'get_app_state' })
}
