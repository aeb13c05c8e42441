/** One record, closer: its stored line, its hash, what signed it, and the texts beside it. */
import { Fragment } from 'react'
import type { AuditRow } from '../../../shared/operations.ts'
import { absoluteTime, fill, integer } from '../../format.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { visible } from '../../parts/words.ts'
import { useRead } from '../../queries.ts'
import { href } from '../../router.ts'
import { AUDIT_TEXTS } from '../../texts-audit.ts'
import { IconButton } from '../../ui/button.tsx'
import { Notice, SkeletonRows } from '../../ui/state.tsx'
import { Exact } from './job-parts.tsx'
import { actorWords, type Client, detailWords, typeWords } from './record-words.ts'

const t = AUDIT_TEXTS.record

function Texts({ record: { disclosed, withheld } }: { record: AuditRow }) {
  const texts = Object.entries(disclosed)
  return (
    <>
      {texts.length === 0 ? null : (
        <section>
          <h3 className="text-md">{t.texts}</h3>
          <p className="text-xs text-ink-2">{t.textsHelp}</p>
          <dl className="mt-1 grid grid-cols-[7rem_1fr] gap-x-3 gap-y-1">
            {texts.map(([name, value]) => (
              <Fragment key={name}>
                <dt className="foreign truncate text-ink-2">{visible(name)}</dt>
                <dd dir="auto" className="foreign whitespace-pre-wrap">
                  {visible(value, true)}
                </dd>
              </Fragment>
            ))}
          </dl>
        </section>
      )}
      {withheld.length === 0 ? null : (
        <Notice tone="info" title={fill(t.withheld, { names: withheld.map((name) => visible(name)).join(', ') })} />
      )}
    </>
  )
}

function Body({ record, clients }: { record: AuditRow; clients: readonly Client[] }) {
  const detail = detailWords(record)
  const { checkpoint_size: covered, draft_id: draftId } = record
  return (
    <div className="flex flex-col gap-3 overflow-y-auto px-4 pb-4">
      <div>
        <p className="font-medium">{typeWords(record.type)}</p>
        {detail === null ? null : <p className="foreign text-ink-2">{detail}</p>}
        <p className="text-ink-2">
          {absoluteTime(record.at)} · <span className="foreign">{actorWords(record, clients).name}</span>
        </p>
      </div>
      {draftId === null ? null : (
        <p className="flex flex-wrap gap-3">
          <a href={href('audit', draftId)} className="text-accent-ink underline">
            {t.story}
          </a>
          <a href={href('queue', draftId)} className="text-accent-ink underline" title={draftId}>
            {t.draft}
          </a>
        </p>
      )}
      <Texts record={record} />
      <Exact label={t.line} value={visible(record.line)} />
      <Exact label={t.leaf} value={record.leaf} />
      <p className="num text-xs text-ink-2">
        {covered === null ? t.unsigned : fill(t.checkpoint, { size: integer(covered) })}
      </p>
    </div>
  )
}

export function RecordInspector({
  seq,
  known,
  clients,
  onClose,
}: {
  seq: number
  /** The record, if it is in the list. */
  known: AuditRow | undefined
  clients: readonly Client[]
  onClose: () => void
}) {
  const found = useRead('list_audit', { before_seq: seq + 1, limit: 1 }, { isEnabled: known === undefined })
  const answer = found.data?.records[0]
  const record = known ?? (answer?.seq === seq ? answer : undefined)
  return (
    <aside
      aria-label={fill(t.title, { seq: integer(seq) })}
      className="flex w-96 max-w-[45%] shrink-0 flex-col border-l border-line bg-surface"
    >
      <div className="flex items-center justify-between gap-2 px-4 py-2">
        <h2 className="num text-md">{fill(t.title, { seq: integer(seq) })}</h2>
        <IconButton icon="cross" label={t.close} onPress={onClose} />
      </div>
      {record !== undefined ? (
        <Body record={record} clients={clients} />
      ) : found.isError ? (
        <div className="p-3">
          <ErrorNotice error={found.error} onRetry={() => void found.refetch()} />
        </div>
      ) : found.data === undefined ? (
        <SkeletonRows rows={5} label={AUDIT_TEXTS.list.searching} />
      ) : (
        <p className="px-4 text-ink-2">{fill(t.missing, { seq: integer(seq) })}</p>
      )}
    </aside>
  )
}
