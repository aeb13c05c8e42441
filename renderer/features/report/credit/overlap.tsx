/** Which platforms had a click before the same orders: a small matrix, each number with a bar of its size. */
import { csvOf } from '../../../../shared/csv.ts'
import { fill, integer } from '../../../format.ts'
import { PlatformChip } from '../../../parts/pieces.tsx'
import { REPORT_TEXTS } from '../../../texts-report.ts'
import { TEXTS } from '../../../texts.ts'
import { Button } from '../../../ui/button.tsx'
import { saveFile } from '../../../ui/save.ts'
import { Section } from '../../../ui/screen.tsx'
import { Table, Td, Th } from '../../../ui/table.tsx'
import { toast } from '../../../ui/toast.tsx'
import { type Credit, overlapOf } from './credit.ts'

const t = REPORT_TEXTS.orders.overlap

function Sized({ value, max, isOwn }: { value: number; max: number; isOwn: boolean }) {
  return (
    <span className="flex items-center justify-end gap-2">
      <span aria-hidden="true" className="h-2 w-24 overflow-hidden rounded-sm bg-sunken">
        <span
          className={`block h-full ${isOwn ? 'bg-line-strong' : 'bg-accent'}`}
          style={{ width: `${max === 0 ? 0 : (value / max) * 100}%` }}
        />
      </span>
      <span className="min-w-10">{integer(value)}</span>
    </span>
  )
}

export function Overlap({ credit }: { credit: Credit }) {
  const platforms = credit.platforms.map((each) => each.platform)
  if (platforms.length < 2) return null
  const max = Math.max(0, ...credit.platforms.map((each) => each.matched))
  const save = () => {
    const file = `overlap-${credit.start_date}-${credit.end_date}.csv`
    const rows = platforms.map((a) => [a, ...platforms.map((b) => overlapOf(credit, a, b))])
    saveFile(file, 'text/csv;charset=utf-8', csvOf([['orders with clicks of both', ...platforms], ...rows]))
    toast(fill(TEXTS.overview.saved, { file }))
  }
  return (
    <Section
      title={t.title}
      text={t.text}
      action={
        <Button size="small" look="quiet" icon="download" aria-label={t.csvLong} onPress={save}>
          {TEXTS.overview.csv}
        </Button>
      }
    >
      <div className="relative overflow-x-auto rounded-lg border border-line bg-surface">
        <Table label={t.title}>
          <thead>
            <tr>
              <Th>{t.with}</Th>
              {platforms.map((platform) => (
                <Th key={platform} isNumber>
                  {TEXTS.platforms[platform]}
                </Th>
              ))}
              <Th isNumber>{t.alone}</Th>
            </tr>
          </thead>
          <tbody>
            {credit.platforms.map((row) => (
              <tr key={row.platform}>
                <th
                  scope="row"
                  className="h-8 border-b border-line px-3 text-left font-normal [tr:last-child>&]:border-b-0"
                >
                  <PlatformChip platform={row.platform} />
                </th>
                {platforms.map((column) => {
                  const value = overlapOf(credit, row.platform, column)
                  return (
                    <Td key={column} isNumber>
                      {value === null ? '—' : <Sized value={value} max={max} isOwn={column === row.platform} />}
                    </Td>
                  )
                })}
                <Td isNumber>{integer(row.exclusive)}</Td>
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
    </Section>
  )
}
