/** Every order credited to one platform at most: what the platforms claim, what the orders bear out, and what nobody can know. */
import { fill, integer, money, percent, ratio } from '../../../format.ts'
import { ErrorNotice, Foreign, PlatformChip } from '../../../parts/pieces.tsx'
import { useRead } from '../../../queries.ts'
import { go } from '../../../router.ts'
import { REPORT_TEXTS } from '../../../texts-report.ts'
import { Button } from '../../../ui/button.tsx'
import { Explain } from '../../../ui/explain.tsx'
import { Section } from '../../../ui/screen.tsx'
import { Empty, Notice, SkeletonRows } from '../../../ui/state.tsx'
import { Table, Td, Th } from '../../../ui/table.tsx'
import { Warnings } from '../platform-notes.tsx'
import { type Scope, scopedInput } from '../scope.ts'
import { ClaimsChart } from './claims-chart.tsx'
import { type Credit, totalOf } from './credit.ts'
import { Interval } from './interval.tsx'
import { Overlap } from './overlap.tsx'

const t = REPORT_TEXTS.orders
const BOX = 'flex min-h-22 min-w-0 flex-col gap-1 rounded-lg border border-line bg-surface px-3 py-2.5'

function Fact({ label, value, note }: { label: string; value: string; note: string }) {
  return (
    <div className={BOX}>
      <dt className="text-ink-2">{label}</dt>
      <dd className="num text-xl font-semibold">{value}</dd>
      <dd className="num mt-auto text-xs text-ink-2">{note}</dd>
    </div>
  )
}

function Facts({ credit }: { credit: Credit }) {
  const { orders } = credit
  const amount = (value: string): string => money({ amount: value, currency: credit.currency })
  return (
    <dl className="grid grid-cols-2 gap-3 wide:grid-cols-4">
      <Fact
        label={t.facts.orders}
        value={integer(orders.total)}
        note={fill(t.facts.ordersNote, {
          value: amount(orders.value),
          excluded: integer(orders.excluded),
          duplicates: integer(orders.duplicates),
        })}
      />
      <Fact
        label={t.facts.claimed}
        value={integer(credit.claimed_sum)}
        note={
          credit.inflation === null
            ? t.facts.claimedNone
            : fill(t.facts.claimedNote, { times: ratio(credit.inflation.toFixed(2)) })
        }
      />
      <Fact
        label={t.facts.credited}
        value={integer(orders.credited)}
        note={fill(t.facts.creditedNote, { value: amount(orders.credited_value) })}
      />
      <Fact
        label={t.facts.unattributed}
        value={integer(orders.unattributed)}
        note={fill(t.facts.unattributedNote, { contested: integer(orders.contested) })}
      />
    </dl>
  )
}

function Cell({ value, why }: { value: string | null; why: string }) {
  return (
    <Td isNumber>
      {value === null ? (
        <Explain why={why} label={why}>
          —
        </Explain>
      ) : (
        value
      )}
    </Td>
  )
}

function PlatformTable({ credit }: { credit: Credit }) {
  const heads = [
    t.table.claimed,
    t.table.credited,
    t.table.creditedValue,
    t.table.coverage,
    t.aggregateOnly,
    t.table.viewOnly,
    t.table.claimedRoas,
    t.table.roas,
  ]
  const all = totalOf(credit)
  return (
    <div className="relative overflow-x-auto rounded-lg border border-line bg-surface">
      <Table label={t.table.label}>
        <thead>
          <tr>
            <Th>{t.table.platform}</Th>
            {heads.map((head) => (
              <th
                key={head}
                scope="col"
                className="h-8 min-w-20 border-b border-line px-3 py-1 text-right align-bottom text-xs font-medium text-ink-2"
              >
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {credit.platforms.map((each) => (
            <tr key={each.platform}>
              <Td>
                <PlatformChip platform={each.platform} />
              </Td>
              <Td isNumber>
                {each.claimed === null ? (
                  <Explain why={t.claimStatuses[each.claim_status]} label={t.claimStatuses[each.claim_status]}>
                    —
                  </Explain>
                ) : (
                  <>
                    {each.claim_status === 'exact' ? null : (
                      <span className="mr-1 text-xs text-ink-2">
                        <Explain why={t.claimStatuses[each.claim_status]}>{t.claimSigns[each.claim_status]}</Explain>
                      </span>
                    )}
                    {integer(each.claimed)}
                  </>
                )}
              </Td>
              <Td isNumber>{integer(each.credited)}</Td>
              <Td isNumber>{money({ amount: each.credited_value, currency: credit.currency })}</Td>
              <Cell value={each.coverage === null ? null : percent(each.coverage, false)} why={t.why.coverage} />
              <Cell value={each.aggregate_only === null ? null : integer(each.aggregate_only)} why={t.why.claims} />
              <Td isNumber>{integer(each.view_only)}</Td>
              <Cell value={each.claimed_roas === null ? null : ratio(each.claimed_roas)} why={t.why.claims} />
              <Cell value={each.roas === null ? null : ratio(each.roas)} why={t.why.spend} />
            </tr>
          ))}
          <tr className="bg-sunken font-semibold">
            <Td className="whitespace-nowrap">{t.table.all}</Td>
            <Td isNumber>{integer(credit.claimed_sum)}</Td>
            <Td isNumber>{integer(credit.orders.credited)}</Td>
            <Td isNumber>{money({ amount: credit.orders.credited_value, currency: credit.currency })}</Td>
            <Td isNumber />
            <Td isNumber>{integer(all.aggregateOnly)}</Td>
            <Td isNumber>{integer(all.viewOnly)}</Td>
            <Td isNumber />
            <Td isNumber />
          </tr>
        </tbody>
      </Table>
    </div>
  )
}

function Campaigns({ credit }: { credit: Credit }) {
  if (credit.top_campaigns.length === 0) return null
  return (
    <Section title={t.campaigns}>
      <div className="relative overflow-x-auto rounded-lg border border-line bg-surface">
        <Table label={t.campaigns}>
          <thead>
            <tr>
              <Th>{t.table.platform}</Th>
              <Th>{t.campaign}</Th>
              <Th isNumber>{t.table.credited}</Th>
              <Th isNumber>{t.table.creditedValue}</Th>
            </tr>
          </thead>
          <tbody>
            {credit.top_campaigns.map((each) => (
              <tr key={`${each.platform} ${each.untrusted.campaign}`}>
                <Td>
                  <PlatformChip platform={each.platform} />
                </Td>
                <Td className="max-w-96 truncate">
                  <Foreign text={each.untrusted.campaign} />
                </Td>
                <Td isNumber>{integer(each.orders)}</Td>
                <Td isNumber>{money({ amount: each.value, currency: credit.currency })}</Td>
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
    </Section>
  )
}

export function OrdersTab({ scope }: { scope: Scope }) {
  const answer = useRead('get_order_credit', scopedInput(scope), { keepsPrevious: true })
  if (answer.isPending) return <SkeletonRows rows={8} height={44} label={t.loading} />
  if (answer.data === undefined)
    return (
      <div className="p-4">
        <ErrorNotice title={t.failed} error={answer.error} onRetry={() => void answer.refetch()} />
      </div>
    )
  const { credit, warnings } = answer.data
  if (credit === null)
    return (
      <Empty
        icon="files"
        title={t.emptyTitle}
        action={
          <Button look="primary" onPress={() => go('files')}>
            {t.emptyAction}
          </Button>
        }
      >
        <p>{t.empty}</p>
        <p className="mt-2">{t.emptyWhat}</p>
      </Empty>
    )
  return (
    <div className={`flex flex-col gap-5 p-4 ${answer.isPlaceholderData ? 'opacity-60' : ''}`}>
      <Facts credit={credit} />
      {credit.orders.without_rate === 0 ? null : (
        <Notice
          tone="warn"
          title={fill(t.withoutRate, { count: integer(credit.orders.without_rate), currency: credit.currency })}
        />
      )}
      <div className="grid gap-3 wide:grid-cols-2">
        <ClaimsChart credit={credit} />
        <Interval credit={credit} />
      </div>
      <Section title={t.table.label} text={t.table.text}>
        <PlatformTable credit={credit} />
      </Section>
      <Overlap credit={credit} />
      <Campaigns credit={credit} />
      <Warnings words={[...credit.notes, ...warnings]} />
    </div>
  )
}
