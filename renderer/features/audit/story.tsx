/** Everything this log holds of one draft, oldest first: who, when, how long after, and which record says so. */
import type { AuditRow } from '../../../shared/operations.ts'
import { absoluteTime, fill, integer } from '../../format.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { visible } from '../../parts/words.ts'
import { useRead } from '../../queries.ts'
import { href } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { AUDIT_TEXTS } from '../../texts-audit.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Empty, SkeletonRows } from '../../ui/state.tsx'
import { actorWords, type Client, detailWords, elapsedWords, isWarning, typeWords } from './record-words.ts'

const t = AUDIT_TEXTS.story
const MOST = 200

function Step({
  record,
  before,
  clients,
}: {
  record: AuditRow
  before: AuditRow | undefined
  clients: readonly Client[]
}) {
  const detail = detailWords(record)
  const who = actorWords(record, clients)
  const elapsed = before === undefined ? null : elapsedWords(before.at, record.at)
  const isBad = isWarning(record.type)
  const reason = record.disclosed['reason'] ?? record.disclosed['rationale']
  return (
    <li className="group relative grid grid-cols-[1.5rem_1fr] gap-x-2 pb-4">
      <span aria-hidden="true" className="absolute top-5 bottom-0 left-[0.7rem] w-px bg-line group-last:hidden" />
      <span
        aria-hidden="true"
        className={`z-10 mt-0.5 grid size-[1.4rem] place-items-center rounded-full border bg-surface ${isBad ? 'border-warn text-warn' : 'border-line-strong text-ink-2'}`}
      >
        <Icon name={isBad ? 'warn' : 'check'} size={12} />
      </span>
      <div className="min-w-0">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className={`font-medium ${isBad ? 'text-warn' : ''}`}>{typeWords(record.type)}</span>
          {detail === null ? null : <bdi className="foreign text-ink-2">{detail}</bdi>}
        </p>
        {reason === undefined || reason === '' ? null : (
          <p dir="auto" className="foreign max-w-2xl text-ink-2">
            “{visible(reason)}”
          </p>
        )}
        <p className="num flex flex-wrap gap-x-2 text-xs text-ink-2">
          <time dateTime={record.at}>{absoluteTime(record.at)}</time>
          {elapsed === null ? null : <span>· {fill(t.after, { time: elapsed })}</span>}
          <span className={who.isForeign ? 'foreign' : ''}>· {who.name}</span>
          <a href={href('audit', String(record.seq))} className="text-accent-ink underline">
            {fill(t.record, { seq: integer(record.seq) })}
          </a>
        </p>
      </div>
    </li>
  )
}

/** What was made of it: each has a story of its own. */
function Linked({ draftId }: { draftId: string }) {
  const linked = useRead('get_draft', { draft_id: draftId }).data?.linked ?? []
  if (linked.length === 0) return null
  return (
    <ul className="flex flex-wrap gap-3">
      {linked.map(({ draft_id, link }) => (
        <li key={draft_id}>
          {t.linked[link]}{' '}
          <a href={href('audit', draft_id)} className="font-mono text-xs text-accent-ink underline">
            {draft_id}
          </a>
        </li>
      ))}
    </ul>
  )
}

export function Story({
  draftId,
  clients,
  onExport,
}: {
  draftId: string
  clients: readonly Client[]
  onExport: () => void
}) {
  const found = useRead('list_audit', { draft_id: draftId, limit: MOST })
  const steps = (found.data?.records ?? []).toReversed()
  const title = steps.find((each) => each.disclosed['title'] !== undefined)?.disclosed['title']
  return (
    <div className="flex flex-col gap-4 overflow-y-auto p-4">
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-0 flex-1">
          <h2 className="foreign text-lg">{title === undefined ? t.title : visible(title)}</h2>
          <p className="text-ink-2">
            {t.text} <code className="font-mono text-xs">{visible(draftId)}</code>
          </p>
        </div>
        <LinkButton href={href('audit')}>{t.back}</LinkButton>
        <LinkButton href={href('queue', draftId)}>{t.open}</LinkButton>
        <Button onPress={onExport}>{t.export}</Button>
      </div>
      <Linked draftId={draftId} />
      {found.isError && found.data === undefined ? (
        <ErrorNotice title={TEXTS.audit.failed} error={found.error} onRetry={() => void found.refetch()} />
      ) : found.data === undefined ? (
        <SkeletonRows rows={8} label={TEXTS.audit.loading} />
      ) : steps.length === 0 ? (
        <Empty icon="audit" title={t.none} />
      ) : (
        <>
          {found.data.next_before_seq === null ? null : (
            <p className="text-ink-2">{fill(t.cut, { count: integer(steps.length) })}</p>
          )}
          <ol aria-label={t.title}>
            {steps.map((record, at) => (
              <Step key={record.seq} record={record} before={steps[at - 1]} clients={clients} />
            ))}
          </ol>
        </>
      )}
    </div>
  )
}
