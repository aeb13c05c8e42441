/**
 * Records, newest first, as they are asked for. The log only grows: what was read stays, and what came after it is put in front. Not in the
 * common cache, where every change anywhere would read all of it again.
 */
import { useCallback, useEffect, useRef, useState } from 'react'
import type { AuditGroup, AuditRow } from '../../../shared/schemas/audit.ts'
import type { InputOf } from '../../../shared/operations.ts'
import { api } from '../../api.ts'
import { useRead } from '../../queries.ts'

export interface AuditFilter {
  readonly groups: readonly AuditGroup[]
  readonly actor: '' | 'user' | 'agent' | 'loop' | 'system'
  readonly accountId: string
  readonly from: string
  readonly to: string
  readonly search: string
}
export const NO_FILTER: AuditFilter = { groups: [], actor: '', accountId: '', from: '', to: '', search: '' }
export const isAnyFilter = (filter: AuditFilter): boolean => JSON.stringify(filter) !== JSON.stringify(NO_FILTER)

const PAGE = 100
/** More than a person reads, less than a window should hold. */
export const MAX_ROWS = 20_000

interface State {
  readonly key: string
  readonly rows: readonly AuditRow[]
  readonly size: number
  readonly lookedAt: number
  /** Null at the log's beginning. */
  readonly next: number | null
  readonly isReading: boolean
  readonly hasAnswer: boolean
  readonly error: unknown
}
const begin = (key: string): State => ({
  key,
  rows: [],
  size: 0,
  lookedAt: 0,
  next: null,
  isReading: true,
  hasAnswer: false,
  error: null,
})

function inputOf(filter: AuditFilter): InputOf<'list_audit'> {
  const { groups, actor, accountId, from, to, search } = filter
  return {
    limit: PAGE,
    ...(groups.length === 0 ? {} : { groups: [...groups] }),
    ...(actor === '' ? {} : { actor_kind: actor }),
    ...(accountId === '' ? {} : { account_id: accountId as NonNullable<InputOf<'list_audit'>['account_id']> }),
    ...(from === '' ? {} : { from }),
    ...(to === '' ? {} : { to }),
    ...(search.trim() === '' ? {} : { search: search.trim() }),
  }
}

export interface AuditList extends Omit<State, 'key' | 'next'> {
  readonly canReadMore: boolean
  readonly isFull: boolean
  readonly readMore: () => void
  readonly retry: () => void
}

export function useAuditList(filter: AuditFilter): AuditList {
  const key = JSON.stringify(filter)
  const [state, setState] = useState(() => begin(key))
  const running = useRef(new AbortController())
  const read = useCallback(async (of: string, beforeSeq: number | null): Promise<void> => {
    const { signal } = running.current
    setState((now) => (beforeSeq === null ? begin(of) : { ...now, isReading: true, error: null }))
    try {
      const wanted = JSON.parse(of) as AuditFilter
      const page = await api.list_audit(
        { ...inputOf(wanted), ...(beforeSeq === null ? {} : { before_seq: beforeSeq }) },
        signal,
      )
      if (signal.aborted) return
      setState((now) => ({
        ...now,
        rows: beforeSeq === null ? page.records : [...now.rows, ...page.records].slice(0, MAX_ROWS),
        size: page.size,
        lookedAt: now.lookedAt + page.looked_at,
        next: page.next_before_seq,
        isReading: false,
        hasAnswer: true,
      }))
    } catch (error) {
      if (!signal.aborted) setState((now) => ({ ...now, isReading: false, error }))
    }
  }, [])
  useEffect(() => {
    running.current = new AbortController()
    const mine = running.current
    void read(key, null)
    return () => mine.abort()
  }, [key, read])
  useNewer(state, setState, filter)
  const isFull = state.rows.length >= MAX_ROWS
  const canReadMore = state.next !== null && !isFull
  const { next, isReading } = state
  return {
    ...state,
    canReadMore,
    isFull,
    readMore: () => {
      if (next !== null && !isReading && !isFull) void read(key, next)
    },
    retry: () => void read(key, state.rows.length === 0 ? null : next),
  }
}

/** What was recorded since is put in front. */
function useNewer(state: State, setState: (change: (now: State) => State) => void, filter: AuditFilter): void {
  const size = useRead('list_audit', { limit: 1 }).data?.size
  const { hasAnswer, size: known, key } = state
  useEffect(() => {
    if (!hasAnswer || size === undefined || size <= known) return undefined
    const stop = new AbortController()
    api
      .list_audit(inputOf(filter), stop.signal)
      .then((page) => {
        setState((now) => {
          if (stop.signal.aborted || now.key !== key) return now
          const newest = now.rows[0]?.seq ?? -1
          const fresh = page.records.filter((record) => record.seq > newest)
          // More came than fits one page: what lies between would be missing, so the list begins anew.
          if (fresh.length >= PAGE) return { ...now, rows: fresh, next: page.next_before_seq, size: page.size }
          return { ...now, rows: [...fresh, ...now.rows].slice(0, MAX_ROWS), size: page.size }
        })
      })
      .catch(() => undefined) // The next change asks again.
    return () => stop.abort()
  }, [size, hasAnswer, known, key, filter, setState])
}
