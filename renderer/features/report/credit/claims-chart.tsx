/** Two bars per platform: what it claims, with the part that no order can be held against hatched, and what orders credit to it. */
import { csvOf } from '../../../../shared/csv.ts'
import { dayRange, fill, integer } from '../../../format.ts'
import { PlatformChip } from '../../../parts/pieces.tsx'
import { REPORT_TEXTS } from '../../../texts-report.ts'
import { TEXTS } from '../../../texts.ts'
import { Bars } from '../../../ui/bars.tsx'
import { Table, Td, Th } from '../../../ui/table.tsx'
import { ChartFigure } from '../chart-figure.tsx'
import type { Credit } from './credit.ts'

const t = REPORT_TEXTS.orders

export function ClaimsChart({ credit }: { credit: Credit }) {
  const rows = credit.platforms.map((each) => ({
    platform: each.platform,
    claimed: each.claimed,
    aggregateOnly: each.aggregate_only ?? 0,
    credited: each.credited,
  }))
  const sentence = fill(t.chart.summary, {
    claimed: integer(credit.claimed_sum),
    orders: integer(credit.orders.total),
    credited: integer(credit.orders.credited),
  })
  return (
    <ChartFigure
      title={t.chart.title}
      file={`claimed-and-credited-${credit.start_date}-${credit.end_date}`}
      caption={fill(t.chart.caption, { title: t.chart.title, range: dayRange(credit.start_date, credit.end_date) })}
      csv={() =>
        csvOf([
          ['platform', 'claimed', 'aggregate_only', 'credited'],
          ...rows.map((row) => [row.platform, row.claimed, row.aggregateOnly, row.credited]),
        ])
      }
      summary={sentence}
      legend={
        <p className="flex items-center gap-1.5">
          <span aria-hidden="true" className="hatched size-3 rounded-sm border border-line-strong" />
          {t.aggregateOnly}
        </p>
      }
      table={
        <Table label={t.chart.title}>
          <thead>
            <tr>
              <Th>{t.table.platform}</Th>
              <Th isNumber>{t.table.claimed}</Th>
              <Th isNumber>{t.aggregateOnly}</Th>
              <Th isNumber>{t.table.credited}</Th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.platform}>
                <Td>
                  <PlatformChip platform={row.platform} />
                </Td>
                <Td isNumber>{row.claimed === null ? TEXTS.common.unknown : integer(row.claimed)}</Td>
                <Td isNumber>{integer(row.aggregateOnly)}</Td>
                <Td isNumber>{integer(row.credited)}</Td>
              </tr>
            ))}
          </tbody>
        </Table>
      }
    >
      <div role="img" aria-label={sentence}>
        <Bars
          groups={rows.map((row) => ({
            key: row.platform,
            label: TEXTS.platforms[row.platform],
            bars: [
              {
                key: 'claimed',
                label: t.table.claimed,
                value: row.claimed,
                hatched: row.aggregateOnly,
                text: row.claimed === null ? TEXTS.common.unknown : integer(row.claimed),
                colour: `var(--color-${row.platform})`,
                isFaint: true,
              },
              {
                key: 'credited',
                label: t.table.credited,
                value: row.credited,
                hatched: 0,
                text: integer(row.credited),
                colour: `var(--color-${row.platform})`,
                isFaint: false,
              },
            ],
          }))}
        />
      </div>
    </ChartFigure>
  )
}
