/**
 * Records, newest first, as they are asked for. The log only grows: what was read stays, and what came after it is put in front. Not in the
 * common cache, where every change anywhere would read all of it again.
 */
import { useEffect, useState } from 'react'
import type { AuditGroup, AuditRow } from '../../../shared/schemas/audit.ts'
import type { InputOf, OutputOf } from '../../../shared/operations.ts'
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
  readonly rows: readonly AuditRow[]
  readonly size: number
  readonly lookedAt: number
  /** Null at the log's beginning. */
  readonly next: number | null
  readonly isReading: boolean
  readonly hasAnswer: boolean
  readonly error: unknown
}
const BEGIN: State = { rows: [], size: 0, lookedAt: 0, next: null, isReading: true, hasAnswer: false, error: null }

function inputOf(filter: AuditFilter): InputOf<'list_audit'> {
  const { groups, actor, accountId, from, to, search } = filter
  return {
    limit: PAGE,
    ...(groups.length === 0 ? {} : { groups: [...groups] }),
    ...(actor === '' ? {} : { actor_kind: actor }),
    ...(accountId === '' ? {} : { account_id: accountId }),
    ...(from === '' ? {} : { from }),
    ...(to === '' ? {} : { to }),
    ...(search.trim() === '' ? {} : { search: search.trim() }),
  }
}

export interface AuditList extends Omit<State, 'next'> {
  readonly canReadMore: boolean
  readonly isFull: boolean
  readonly readMore: () => void
  readonly retry: () => void
}

type Page = OutputOf<'list_audit'>
const added = (now: State, page: Page): State => ({
  ...now,
  rows: [...now.rows, ...page.records].slice(0, MAX_ROWS),
  size: page.size,
  lookedAt: now.lookedAt + page.looked_at,
  next: page.next_before_seq,
  isReading: false,
  hasAnswer: true,
})

type Change = (now: State) => State
/** Never fails: what goes wrong is part of the state. */
async function readPage(filter: AuditFilter, beforeSeq: number | null, signal: AbortSignal): Promise<Change> {
  try {
    const page = await api.list_audit(
      { ...inputOf(filter), ...(beforeSeq === null ? {} : { before_seq: beforeSeq }) },
      signal,
    )
    return (now) => added(beforeSeq === null ? BEGIN : now, page)
  } catch (error) {
    return (now) => ({ ...now, isReading: false, error })
  }
}

/** @param filter of this list for good: another one is another list, with a key of its own */
export function useAuditList(filter: AuditFilter): AuditList {
  const [state, setState] = useState(BEGIN)
  const [stop] = useState(() => new AbortController())
  useEffect(() => {
    const mine = new AbortController()
    void readPage(filter, null, mine.signal).then((change) => mine.signal.aborted || setState(change))
    return () => mine.abort()
  }, [filter])
  useNewer(state, setState, filter)
  const { next, isReading, rows } = state
  const isFull = rows.length >= MAX_ROWS
  const readFrom = (beforeSeq: number | null): void => {
    setState((now) => ({ ...now, isReading: true, error: null }))
    void readPage(filter, beforeSeq, stop.signal).then(setState)
  }
  return {
    ...state,
    canReadMore: next !== null && !isFull,
    isFull,
    readMore: () => {
      if (next !== null && !isReading && !isFull) readFrom(next)
    },
    retry: () => readFrom(rows.length === 0 ? null : next),
  }
}

/** What was recorded since is put in front. */
function useNewer(state: State, setState: (change: Change) => void, filter: AuditFilter): void {
  const size = useRead('list_audit', { limit: 1 }).data?.size
  const { hasAnswer, size: known } = state
  useEffect(() => {
    if (!hasAnswer || size === undefined || size <= known) return undefined
    const stop = new AbortController()
    api
      .list_audit(inputOf(filter), stop.signal)
      .then((page) => {
        if (!stop.signal.aborted) setState((now) => withNewer(now, page))
      })
      .catch(() => undefined) // The next change asks again.
    return () => stop.abort()
  }, [size, hasAnswer, known, filter, setState])
}

function withNewer(now: State, page: Page): State {
  const newest = now.rows[0]?.seq ?? -1
  const fresh = page.records.filter((record) => record.seq > newest)
  // More came than fits one page: what lies between would be missing, so the list begins anew.
  if (fresh.length >= PAGE) return added(BEGIN, page)
  return { ...now, rows: [...fresh, ...now.rows].slice(0, MAX_ROWS), size: page.size }
}
