/** What became of every message. What was given up can be sent again, on a person's word. */
import { useState } from 'react'
import type { OutputOf } from '../../../shared/operations.ts'
import { fill, plural, relativeTime } from '../../format.ts'
import { useNow } from '../../clock.ts'
import { Age, ErrorNotice, Foreign } from '../../parts/pieces.tsx'
import { useAct, useRead } from '../../queries.ts'
import { href } from '../../router.ts'
import { NOTIFICATION_TEXTS } from '../../texts-notifications.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Chip } from '../../ui/chip.tsx'
import { Select } from '../../ui/field.tsx'
import { Section } from '../../ui/screen.tsx'
import { Empty, SkeletonRows } from '../../ui/state.tsx'
import { Table, Td, Th } from '../../ui/table.tsx'
import { toast } from '../../ui/toast.tsx'

type Delivery = OutputOf<'list_deliveries'>['deliveries'][number]
type Filter = Delivery['state'] | 'all'
const { deliveries: t, events } = NOTIFICATION_TEXTS
const FILTERS: readonly Filter[] = ['all', 'queued', 'delivered', 'dead']
const STEP = 50
const MOST = 100
const TONES = { queued: 'warn', delivered: 'good', dead: 'danger' } as const

function Row({ delivery }: { delivery: Delivery }) {
  const nowMs = useNow()
  const resend = useAct('resend_delivery', () => toast(t.resent))
  const { state, problem, next_at, attempts, merged, checkpoint_size, draft_id } = delivery
  return (
    <tr className="align-top hover:bg-hover">
      <Td className="py-1.5">
        {events[delivery.event]}
        {merged === 0 ? null : <span className="text-xs text-ink-2"> {plural(t.merged, merged)}</span>}
        {draft_id === null ? null : (
          <a href={href('queue', draft_id)} className="ml-2 text-xs text-accent-ink underline">
            {t.draft}
          </a>
        )}
      </Td>
      <Td className="max-w-48 py-1.5">
        <Foreign text={delivery.target_label} />
      </Td>
      <Td className="py-1.5">
        <Chip tone={TONES[state]}>{t.states[state]}</Chip>
        <span className="block text-xs text-ink-2">
          {plural(t.attempts, attempts)}
          {next_at === null ? '' : ` · ${fill(t.next, { when: relativeTime(next_at, nowMs) })}`}
        </span>
        {problem === null ? null : <span className="block max-w-72 text-xs text-ink-2">{problem.message}</span>}
        {resend.error === null ? null : <ErrorNotice error={resend.error} />}
      </Td>
      <Td isNumber className="py-1.5 text-ink-2">
        {checkpoint_size === null ? '—' : plural(t.checkpointOf, checkpoint_size)}
      </Td>
      <Td className="py-1.5 whitespace-nowrap text-ink-2">
        <Age at={delivery.finished_at ?? delivery.created_at} />
      </Td>
      <Td className="py-1.5 text-right">
        {delivery.can_resend ? (
          <Button
            size="small"
            isPending={resend.isPending}
            onPress={() => resend.mutate({ delivery_id: delivery.delivery_id })}
          >
            {t.resend}
          </Button>
        ) : null}
      </Td>
    </tr>
  )
}

export function DeliveriesSection() {
  const [filter, setFilter] = useState<Filter>('all')
  const [limit, setLimit] = useState(STEP)
  const found = useRead(
    'list_deliveries',
    { limit, ...(filter === 'all' ? {} : { state: filter }) },
    { keepsPrevious: true },
  )
  const rows = found.data?.deliveries
  return (
    <Section
      title={t.title}
      text={t.text}
      action={
        <Select
          label={t.filter}
          value={filter}
          onChange={setFilter}
          options={FILTERS.map((value) => ({ value, label: value === 'all' ? t.all : t.states[value] }))}
        />
      }
    >
      <div className="relative overflow-x-auto rounded-lg border border-line bg-surface">
        {rows === undefined ? (
          found.isError ? (
            <div className="p-3">
              <ErrorNotice title={t.failed} error={found.error} onRetry={() => void found.refetch()} />
            </div>
          ) : (
            <SkeletonRows rows={4} label={t.loading} />
          )
        ) : rows.length === 0 ? (
          <Empty icon="audit" title={t.emptyTitle}>
            {t.empty}
          </Empty>
        ) : (
          <Table label={t.title}>
            <thead>
              <tr>
                <Th>{t.what}</Th>
                <Th>{t.to}</Th>
                <Th>{t.state}</Th>
                <Th isNumber>{t.checkpoint}</Th>
                <Th>{t.when}</Th>
                <Th>
                  <span className="sr-only">{t.resend}</span>
                </Th>
              </tr>
            </thead>
            <tbody>
              {rows.map((delivery) => (
                <Row key={delivery.delivery_id} delivery={delivery} />
              ))}
            </tbody>
          </Table>
        )}
      </div>
      {rows === undefined || found.data === undefined || found.data.total <= rows.length ? null : (
        <p className="num flex items-center gap-3 text-xs text-ink-2">
          {fill(TEXTS.common.shown, { shown: rows.length, total: found.data.total })}
          {limit < MOST ? (
            <Button size="small" isPending={found.isFetching} onPress={() => setLimit(MOST)}>
              {TEXTS.common.more}
            </Button>
          ) : null}
        </p>
      )}
    </Section>
  )
}
