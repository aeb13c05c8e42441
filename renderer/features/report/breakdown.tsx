/** The table with its tools: columns, exports, whether the rows add up, and what there is to know about the row that is selected. */
import { useState } from 'react'
import { type EntityId, isImportedAccount } from '../../../shared/domain/ids.ts'
import { csvOf } from '../../../shared/csv.ts'
import { fill, plural } from '../../format.ts'
import { Age } from '../../parts/pieces.tsx'
import { ProposeDialog } from '../../parts/propose-dialog.tsx'
import { visible } from '../../parts/words.ts'
import { DEFAULT_COLUMNS, REPORT_COLUMNS, type ReportColumn } from '../../report-choices.ts'
import { go, href } from '../../router.ts'
import { setReport } from '../../settings.ts'
import { REPORT_TEXTS } from '../../texts-report.ts'
import { TEXTS } from '../../texts.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Popover } from '../../ui/popover.tsx'
import { saveFile } from '../../ui/save.ts'
import { Section } from '../../ui/screen.tsx'
import { toast } from '../../ui/toast.tsx'
import { indexOf, ReportGrid } from './grid.tsx'
import { levelWord, nameOf } from './grid-row.tsx'
import { addsUp, arrivedText, groupOf, isMetric, metricText, whyMissing, windowMark } from './numbers.ts'
import { ParquetDialog } from './parquet-dialog.tsx'
import { type Account, placeOf, type ReportTotals, type Scope } from './scope.ts'
import { tableRows } from './table-file.ts'
import type { NumberRow } from './tree.ts'
import type { LevelData } from './use-report.ts'
import { useTree } from './use-tree.ts'

const t = REPORT_TEXTS

function Columns({ chosen }: { chosen: readonly ReportColumn[] }) {
  const toggle = (column: ReportColumn, isOn: boolean) => {
    const columns = REPORT_COLUMNS.filter((each) => (each === column ? isOn : chosen.includes(each)))
    if (columns.length > 0) setReport({ columns })
  }
  const groups = Map.groupBy(REPORT_COLUMNS, groupOf)
  return (
    <Popover label={t.table.columns} text={t.table.columns} icon="table">
      {[...groups].map(([group, columns]) => (
        <fieldset key={group}>
          <legend className="mb-0.5 font-medium">{t.groups[group]}</legend>
          {columns.map((column) => (
            <Checkbox key={column} isSelected={chosen.includes(column)} onChange={(isOn) => toggle(column, isOn)}>
              {t.columns[column]}
            </Checkbox>
          ))}
        </fieldset>
      ))}
      <Button onPress={() => setReport({ columns: DEFAULT_COLUMNS })}>{t.table.usual}</Button>
    </Popover>
  )
}

/** Everything that the marks of one row mean, in sentences: the keyboard's way to what the mouse finds on hover. */
function wordsOf(item: NumberRow, scope: Scope): readonly string[] {
  const { row } = item
  const { attribution, columns } = scope.choices
  const mark = windowMark(row, attribution)
  const arrived = arrivedText(row)
  const unknown = columns.filter(isMetric).filter((column) => metricText(row, column) === null)
  // One reason often goes for several columns: it is said once.
  const reasons = Map.groupBy(unknown, (column) => whyMissing(row, column, attribution))
  const missing = [...reasons].map(([why, names]) =>
    fill(t.table.missing, { column: names.map((name) => t.columns[name]).join(', '), why }),
  )
  return [
    ...(row.is_remainder ? [t.table.remainderWhy] : []),
    ...(mark === null ? [] : [mark.why]),
    ...(arrived === null ? [] : [fill(t.arrivingRow, { arrived })]),
    ...(row.is_incomplete ? [t.chart.incompleteWhy] : []),
    ...(row.account_id !== null && isImportedAccount(row.account_id) ? [t.imported] : []),
    ...missing,
  ]
}

function Selected({
  item,
  scope,
  accounts,
  onPropose,
}: {
  item: NumberRow | undefined
  scope: Scope
  accounts: ReadonlyMap<string, Account>
  onPropose: (id: EntityId) => void
}) {
  if (item === undefined) return <p className="min-h-12 text-xs text-ink-2">{t.table.keys}</p>
  const { row, level } = item
  const words = wordsOf(item, scope)
  const account = row.account_id === null ? undefined : accounts.get(row.account_id)
  const place = placeOf(row, level)
  return (
    <div className="flex min-h-12 flex-wrap items-start gap-x-3 gap-y-1.5 text-xs">
      <div aria-live="polite" className="min-w-0 flex-1">
        <p>
          <span className="text-ink-2">{levelWord(row, level)}</span>{' '}
          <span className="foreign font-medium">{visible(nameOf(row, level, accounts))}</span>
          {account?.last_sync_at === null || account === undefined ? null : (
            <span className="text-ink-2">
              {' '}
              · {t.table.dataAge} <Age at={account.last_sync_at} isFocusable />
            </span>
          )}
        </p>
        <p className="foreign text-ink-2">
          {words.length === 0 ? t.table.exact : words.map((each) => visible(each)).join(' ')}
        </p>
      </div>
      <span className="flex gap-1.5">
        {place === null ? null : (
          <LinkButton size="small" href={href('report', place)}>
            {t.table.into}
          </LinkButton>
        )}
        {row.account_id === null ? null : (
          <LinkButton size="small" look="quiet" href={href('accounts', row.account_id)}>
            {t.table.inAccounts}
          </LinkButton>
        )}
        {row.entity_id === null || row.is_remainder ? null : (
          <Button size="small" look="quiet" onPress={() => row.entity_id !== null && onPropose(row.entity_id)}>
            {TEXTS.propose.short}
          </Button>
        )}
      </span>
    </div>
  )
}

function Sum({ top, totals }: { top: LevelData; totals: readonly ReportTotals[] }) {
  if (top.hasMore) return <span>{t.table.sumOpen}</span>
  return totals.every((total) => addsUp(top.rows, total)) ? (
    <span className="inline-flex items-center gap-1">
      <Icon name="check" size={12} className="text-good" />
      {t.table.sumFine}
    </span>
  ) : (
    <span className="inline-flex items-center gap-1 text-warn">
      <Icon name="warn" size={12} />
      {t.table.sumOff}
    </span>
  )
}

/** No row has this key: what is selected is then found by its place. */
const STAYS = ''

export function Breakdown({ scope, top }: { scope: Scope; top: LevelData }) {
  const tree = useTree(scope, top)
  const [chosen, setChosen] = useState<{ readonly key: string | null; readonly index: number }>({ key: null, index: 0 })
  const [proposing, setProposing] = useState<EntityId | null>(null)
  const [isExporting, setIsExporting] = useState(false)
  const accounts = new Map<string, Account>(scope.accounts.map((account) => [account.account_id, account]))
  const { totals } = top.answer
  const ages = new Map<string, string | null>([
    ['total', top.answer.as_of],
    ...top.answer.platforms.map((each) => [each.platform, each.as_of] as const),
    ...scope.accounts.map((account) => [account.account_id, account.last_sync_at] as const),
  ])
  const selected = indexOf(tree.rows, chosen.key, chosen.index)
  const current = tree.rows[selected]
  const save = () => {
    const file = `report-${scope.range.start}-${scope.range.end}.csv`
    saveFile(file, 'text/csv;charset=utf-8', csvOf(tableRows(tree.rows, totals, scope, accounts)))
    toast(fill(TEXTS.overview.saved, { file }))
  }
  return (
    <Section
      title={t.table.title}
      action={
        <span className="flex flex-wrap gap-1.5">
          <Columns chosen={scope.choices.columns} />
          <Button icon="download" aria-label={t.table.csvLong} onPress={save}>
            {TEXTS.overview.csv}
          </Button>
          <Button icon="download" onPress={() => setIsExporting(true)}>
            {t.parquet.open}
          </Button>
        </span>
      }
    >
      <ReportGrid
        tree={tree}
        totals={totals}
        scope={scope}
        shared={{ accounts, ages }}
        selected={selected}
        isChosen={chosen.key !== null}
        onSelect={(index) => setChosen({ key: tree.rows[index]?.key ?? null, index })}
        onEnter={(item) => {
          const place = placeOf(item.row, item.level)
          if (place !== null) go('report', place)
        }}
        onMore={(of) => {
          tree.more(of)
          setChosen({ key: STAYS, index: selected })
        }}
        onPropose={(item) => {
          if (item.row.entity_id !== null && !item.row.is_remainder) setProposing(item.row.entity_id)
        }}
      />
      <p className="flex flex-wrap gap-x-3 text-xs text-ink-2">
        <span>{plural(t.table.count, tree.rows.filter((row) => row.kind === 'row').length)}</span>
        <Sum top={tree.top} totals={totals} />
      </p>
      <Selected
        item={chosen.key === null || current?.kind !== 'row' ? undefined : current}
        scope={scope}
        accounts={accounts}
        onPropose={setProposing}
      />
      {isExporting ? <ParquetDialog range={scope.range} onClose={() => setIsExporting(false)} /> : null}
      {proposing === null ? null : (
        <ProposeDialog
          entity={proposing}
          onClose={() => setProposing(null)}
          onMade={(draftId) => go('queue', draftId)}
        />
      )}
    </Section>
  )
}
