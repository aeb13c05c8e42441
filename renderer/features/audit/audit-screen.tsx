/** The audit log as it is: newest first, in words, with the stored line on demand. Reads and verifies; never changes a record. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Fragment, useState } from 'react'
import type { AuditRow, OutputOf } from '../../../shared/operations.ts'
import { api } from '../../api.ts'
import { fill, plural } from '../../format.ts'
import { Age, ErrorNotice } from '../../parts/pieces.tsx'
import { visible } from '../../parts/words.ts'
import { useAct, useRead } from '../../queries.ts'
import { href } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { ScreenHeader } from '../../ui/screen.tsx'
import { Empty, Notice, SkeletonRows } from '../../ui/state.tsx'
import { Table, Td, Th } from '../../ui/table.tsx'
import { actorWords, type Client, detailWords, typeWords } from './record-words.ts'

const t = TEXTS.audit
const PAGE = 100
const COLUMNS = 6
const WARNS = new Set([
  'draft.unknown',
  'draft.apply_failed',
  'draft.blocked',
  'call.refused',
  'draft.stale',
  'integrity.alarm',
  'clock.jump',
  'unreadable',
])

function useRecords(draftId: string | null) {
  return useInfiniteQuery({
    queryKey: ['list_audit', draftId],
    initialPageParam: null as number | null,
    maxPages: 20,
    queryFn: ({ pageParam, signal }) =>
      api.list_audit(
        {
          limit: PAGE,
          ...(pageParam === null ? {} : { before_seq: pageParam }),
          ...(draftId === null ? {} : { draft_id: draftId }),
        },
        signal,
      ),
    getNextPageParam: (page) => page.next_before_seq,
  })
}

function Raw({ record }: { record: AuditRow }) {
  const disclosed = Object.entries(record.disclosed)
  return (
    <div className="flex flex-col gap-2 py-1">
      <div>
        <p className="text-xs font-medium text-ink-2">{t.line}</p>
        <pre className="foreign max-h-48 overflow-y-auto rounded-md border border-line bg-sunken px-3 py-2 font-mono text-xs break-all whitespace-pre-wrap">
          {visible(record.line)}
        </pre>
      </div>
      <p className="text-xs text-ink-2">
        {t.leaf} <code className="font-mono break-all text-ink">{record.leaf}</code>
      </p>
      {disclosed.length === 0 ? null : (
        <div>
          <p className="text-xs font-medium text-ink-2">{t.disclosed}</p>
          <dl className="grid grid-cols-[8rem_1fr] gap-x-3">
            {disclosed.map(([name, value]) => (
              <Fragment key={name}>
                <dt className="foreign text-ink-2">{visible(name)}</dt>
                <dd dir="auto" className="foreign whitespace-pre-wrap">
                  {visible(value, true)}
                </dd>
              </Fragment>
            ))}
          </dl>
        </div>
      )}
    </div>
  )
}

function Record({ record, clients }: { record: AuditRow; clients: readonly Client[] }) {
  const [isOpen, setIsOpen] = useState(false)
  const detail = detailWords(record)
  const who = actorWords(record, clients)
  return (
    <>
      <tr className={isOpen ? 'bg-selected' : 'hover:bg-hover'}>
        <Td isNumber className="w-16 text-ink-2">
          {record.seq}
        </Td>
        <Td className="w-28 whitespace-nowrap text-ink-2">
          <Age at={record.at} />
        </Td>
        <Td className="w-full py-1">
          <span className={WARNS.has(record.type) ? 'font-medium text-warn' : ''}>{typeWords(record.type)}</span>
          {detail === null ? null : (
            <>
              {' '}
              <bdi className="foreign text-xs text-ink-2">{detail}</bdi>
            </>
          )}
        </Td>
        <Td title={record.actor.id} className="whitespace-nowrap">
          <bdi className={who.isForeign ? 'foreign inline-block max-w-48 truncate align-bottom' : ''}>{who.name}</bdi>
          {who.kind === null ? null : <span className="hidden text-xs text-ink-2 lg:inline"> {who.kind}</span>}
        </Td>
        <Td>
          {record.draft_id === null ? null : (
            <a
              href={href('queue', record.draft_id)}
              aria-label={fill(t.openDraft, { id: record.draft_id })}
              title={record.draft_id}
              className="text-xs text-accent-ink underline"
            >
              <span className="lg:hidden">{t.draft}</span>
              <span className="hidden font-mono lg:inline">{visible(record.draft_id)}</span>
            </a>
          )}
        </Td>
        <Td className="w-24 text-right">
          <Button
            size="small"
            look="quiet"
            aria-expanded={isOpen}
            aria-label={fill(isOpen ? t.rawHide : t.raw, { seq: record.seq })}
            onPress={() => setIsOpen(!isOpen)}
          >
            {t.line}
          </Button>
        </Td>
      </tr>
      {isOpen ? (
        <tr>
          <td colSpan={COLUMNS} className="border-b border-line px-3 pb-2">
            <Raw record={record} />
          </td>
        </tr>
      ) : null}
    </>
  )
}

function Verdict({ result }: { result: OutputOf<'verify_audit'> }) {
  if (!result.is_ok) {
    const fault = result.fault
    const where =
      fault === null
        ? null
        : fault.seq === null
          ? fill(t.faultNoSeq, { kind: fault.kind })
          : fill(t.faultAt, { kind: fault.kind, seq: fault.seq })
    return (
      <Notice tone="danger" title={t.faultTitle}>
        {where === null ? null : <p className="font-medium text-ink">{where}</p>}
        {fault === null ? null : <p>{visible(fault.message)}</p>}
        <p>{t.faultHint}</p>
      </Notice>
    )
  }
  return (
    <Notice tone="good" title={plural(t.okTitle, result.size)}>
      <p className="num">
        {plural(t.checkpoints, result.checkpoints)} · {fill(t.took, { ms: result.took_ms })}
      </p>
      <dl className="mt-1 grid grid-cols-[6rem_1fr] gap-x-3">
        <dt>{t.root}</dt>
        <dd className="font-mono text-xs break-all text-ink">{result.root}</dd>
        <dt>{t.vkey}</dt>
        <dd className="font-mono text-xs break-all text-ink">{result.vkey}</dd>
      </dl>
      {result.limits.length === 0 ? null : (
        <details className="mt-1">
          <summary>{t.limits}</summary>
          <ul className="list-disc pl-5">
            {result.limits.map((limit) => (
              <li key={limit}>{limit}</li>
            ))}
          </ul>
        </details>
      )}
    </Notice>
  )
}

export function AuditScreen({ draftId }: { draftId: string | null }) {
  const records = useRecords(draftId)
  const verify = useAct('verify_audit')
  // For names only: without them a record still says which client it was.
  const clients = useRead('list_clients', {}).data?.clients ?? []
  const rows = records.data?.pages.flatMap((page) => page.records) ?? []
  const size = records.data?.pages[0]?.size ?? 0
  return (
    <div className="min-h-full">
      <ScreenHeader title={t.title} question={t.question}>
        {draftId === null ? null : <LinkButton href={href('audit')}>{t.all}</LinkButton>}
        <Button look="primary" icon="shield" isPending={verify.isPending} onPress={() => verify.mutate({})}>
          {verify.isPending ? t.verifying : t.verify}
        </Button>
      </ScreenHeader>
      <div className="flex flex-col gap-3 p-4">
        {verify.data === undefined || verify.isPending ? null : <Verdict result={verify.data} />}
        {verify.error === null ? null : <ErrorNotice title={t.verifyFailed} error={verify.error} />}
        {records.isPending ? <SkeletonRows rows={12} label={t.loading} /> : null}
        {records.isError && records.data === undefined ? (
          <ErrorNotice title={t.failed} error={records.error} onRetry={() => void records.refetch()} />
        ) : null}
        {records.data !== undefined && rows.length === 0 ? (
          <Empty icon="audit" title={t.emptyTitle}>
            {t.empty}
          </Empty>
        ) : null}
        {rows.length === 0 ? null : (
          <div className="relative overflow-x-auto rounded-lg border border-line bg-surface">
            <Table label={t.title}>
              <thead>
                <tr>
                  <Th isNumber>{t.number}</Th>
                  <Th>{t.when}</Th>
                  <Th>{t.what}</Th>
                  <Th>{t.who}</Th>
                  <Th>{t.draft}</Th>
                  <Th>
                    <span className="sr-only">{TEXTS.common.actions}</span>
                  </Th>
                </tr>
              </thead>
              <tbody>
                {rows.map((record) => (
                  <Record key={record.seq} record={record} clients={clients} />
                ))}
              </tbody>
            </Table>
          </div>
        )}
        {rows.length === 0 ? null : (
          <p className="num flex items-center gap-3 text-xs text-ink-2">
            {draftId === null
              ? fill(TEXTS.common.shown, { shown: rows.length, total: size })
              : fill(t.filterDraft, { id: draftId })}
            {records.hasNextPage ? (
              <Button size="small" isPending={records.isFetchingNextPage} onPress={() => void records.fetchNextPage()}>
                {TEXTS.common.more}
              </Button>
            ) : null}
          </p>
        )}
      </div>
    </div>
  )
}
