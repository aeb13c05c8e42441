/** The audit log as it is: looked through, told as a story, checked and exported. Reads and verifies; never changes a record. */
import { useState } from 'react'
import { useRead } from '../../queries.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { replace } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { AUDIT_TEXTS } from '../../texts-audit.ts'
import { Button } from '../../ui/button.tsx'
import { ScreenHeader } from '../../ui/screen.tsx'
import { Empty, SkeletonRows } from '../../ui/state.tsx'
import { AuditFilters } from './audit-filters.tsx'
import { AuditList } from './audit-list.tsx'
import { ExportDialog } from './export-dialog.tsx'
import { GuaranteesDialog } from './guarantees-dialog.tsx'
import { LogHead } from './log-head.tsx'
import type { Client } from './record-words.ts'
import { RecordInspector } from './record-inspector.tsx'
import { Story } from './story.tsx'
import { type AuditFilter, isAnyFilter, NO_FILTER, useAuditList } from './use-audit-list.ts'
import { VerifyDialog } from './verify-dialog.tsx'

const t = TEXTS.audit

function seqOf(id: string | null): number | null {
  return id !== null && /^\d{1,15}$/.test(id) ? Number(id) : null
}

function Records({ selectedSeq, clients }: { selectedSeq: number | null; clients: readonly Client[] }) {
  const [filter, setFilter] = useState(NO_FILTER)
  return (
    <>
      <AuditFilters filter={filter} onChange={setFilter} />
      <Found key={JSON.stringify(filter)} filter={filter} selectedSeq={selectedSeq} clients={clients} />
    </>
  )
}

function Found({
  filter,
  selectedSeq,
  clients,
}: {
  filter: AuditFilter
  selectedSeq: number | null
  clients: readonly Client[]
}) {
  const list = useAuditList(filter)
  const isFiltered = isAnyFilter(filter)
  const { rows, hasAnswer, error } = list
  const isEmpty = hasAnswer && rows.length === 0 && !isFiltered
  return (
    <>
      {!hasAnswer && error !== null ? (
        <div className="p-4">
          <ErrorNotice title={t.failed} error={error} onRetry={list.retry} />
        </div>
      ) : !hasAnswer ? (
        <SkeletonRows rows={12} label={t.loading} />
      ) : isEmpty ? (
        <Empty icon="audit" title={t.emptyTitle}>
          {t.empty}
        </Empty>
      ) : (
        <div className="flex min-h-0 flex-1">
          <AuditList
            list={list}
            clients={clients}
            selectedSeq={selectedSeq}
            isFiltered={isFiltered}
            onSelect={(seq) => replace('audit', String(seq))}
          />
          {selectedSeq === null ? null : (
            <RecordInspector
              seq={selectedSeq}
              known={rows.find((row) => row.seq === selectedSeq)}
              clients={clients}
              onClose={() => replace('audit')}
            />
          )}
        </div>
      )}
    </>
  )
}

/** @param id a record's number, a draft, or nothing */
export function AuditScreen({ id }: { id: string | null }) {
  const [open, setOpen] = useState<'verify' | 'export' | 'proves' | null>(null)
  // For names only: without them a record still says which client it was.
  const clients = useRead('list_clients', {}).data?.clients ?? []
  const selectedSeq = seqOf(id)
  const draftId = id !== null && selectedSeq === null ? id : null
  const close = (): void => setOpen(null)
  return (
    <div className="flex h-full min-h-0 flex-col">
      <ScreenHeader title={t.title} question={t.question}>
        <Button look="quiet" onPress={() => setOpen('proves')}>
          {AUDIT_TEXTS.proves}
        </Button>
        <Button onPress={() => setOpen('export')}>{AUDIT_TEXTS.export.open}</Button>
        <Button look="primary" icon="shield" onPress={() => setOpen('verify')}>
          {AUDIT_TEXTS.verify.open}
        </Button>
      </ScreenHeader>
      <LogHead />
      {draftId === null ? (
        <Records selectedSeq={selectedSeq} clients={clients} />
      ) : (
        <Story key={draftId} draftId={draftId} clients={clients} onExport={() => setOpen('export')} />
      )}
      {open === 'verify' ? <VerifyDialog onClose={close} /> : null}
      {open === 'export' ? <ExportDialog draftId={draftId} onClose={close} /> : null}
      {open === 'proves' ? <GuaranteesDialog onClose={close} /> : null}
    </div>
  )
}
