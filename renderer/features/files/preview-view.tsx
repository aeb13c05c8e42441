/** A file as it was understood: what it is, which columns are used as what, what cannot be read. All its texts are other people's. */
import type { ReactNode } from 'react'
import { fill, integer, plural } from '../../format.ts'
import { Foreign, PlatformChip } from '../../parts/pieces.tsx'
import { IMPORT_TEXTS as t } from '../../texts-imports.ts'
import { Section } from '../../ui/screen.tsx'
import { Notice } from '../../ui/state.tsx'
import { Table, Td, Th } from '../../ui/table.tsx'
import { periodText, sizeText } from './file-words.ts'
import type { Preview } from './import-dialog.tsx'

function Fact({ label, isWide = false, children }: { label: string; isWide?: boolean; children: ReactNode }) {
  return (
    <div className={isWide ? 'col-span-2 min-w-0 md:col-span-4' : 'min-w-0'}>
      <dt className="text-xs text-ink-2">{label}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  )
}

function Facts({ preview }: { preview: Preview }) {
  const { file, account, window } = preview
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 md:grid-cols-4">
      <Fact label={t.layout}>
        {preview.layout}
        {preview.platform === null ? null : (
          <span className="mt-0.5 block">
            <PlatformChip platform={preview.platform} />
          </span>
        )}
      </Fact>
      <Fact label={t.file}>
        <Foreign text={file.name} />
        <span className="block text-xs text-ink-2">
          {fill(t.fileLine, { encoding: file.encoding, bytes: sizeText(file.bytes) })}
        </span>
      </Fact>
      {account === null ? null : (
        <Fact label={t.account}>
          <Foreign text={account.untrusted.name} />
          <span className="block text-xs text-ink-2">{account.is_new ? t.accountNew : t.accountKnown}</span>
        </Fact>
      )}
      {preview.start_date === null || preview.end_date === null ? null : (
        <Fact label={t.dates}>
          {periodText(preview.start_date, preview.end_date)}
          {preview.is_daily === false ? <span className="block text-xs text-warn">{t.notDaily}</span> : null}
        </Fact>
      )}
      {preview.level === null ? null : <Fact label={t.level}>{t.levels[preview.level]}</Fact>}
      {preview.currency === null ? null : <Fact label={t.currency}>{preview.currency}</Fact>}
      {preview.number_format === null ? null : (
        <Fact label={t.numbers}>
          <span className="num">{t.numberFormats[preview.number_format]}</span>
        </Fact>
      )}
      {preview.date_order === null ? null : <Fact label={t.dateOrder}>{t.dateOrders[preview.date_order]}</Fact>}
      {preview.time_zone === null ? null : <Fact label={t.timeZone}>{preview.time_zone}</Fact>}
      <Fact label={t.rows}>
        {plural(t.rowCounts, preview.rows.good)}
        {preview.rows.totals === 0 ? null : (
          <span className="block text-xs text-ink-2">{plural(t.totalsRows, preview.rows.totals)}</span>
        )}
      </Fact>
      {window === null ? null : (
        <Fact label={t.window} isWide>
          {window.note}
        </Fact>
      )}
    </dl>
  )
}

function BadRows({ preview }: { preview: Preview }) {
  const { bad_rows: rows, rows: counts } = preview
  if (counts.bad === 0) return null
  return (
    <Notice tone="warn" title={plural(t.bad, counts.bad)}>
      <p>{t.badText}</p>
      <div className="mt-2 max-h-48 overflow-auto rounded-md border border-line bg-surface text-ink">
        <Table label={plural(t.bad, counts.bad)}>
          <thead>
            <tr>
              <Th isNumber>{t.line}</Th>
              <Th>{t.reason}</Th>
              <Th>{t.text}</Th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.line} ${row.reason}`}>
                <Td isNumber>{integer(row.line)}</Td>
                <Td>{row.reason}</Td>
                <Td className="max-w-64 truncate text-ink-2">
                  <Foreign text={row.untrusted.text} />
                </Td>
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
      {counts.bad > rows.length ? <p className="mt-1 text-xs">{fill(t.badMore, { count: rows.length })}</p> : null}
    </Notice>
  )
}

function Totals({ preview }: { preview: Preview }) {
  if (preview.totals_check.length === 0) return null
  return (
    <Section title={t.totals}>
      <Table label={t.totals}>
        <thead>
          <tr>
            <Th>{t.column}</Th>
            <Th isNumber>{t.inFile}</Th>
            <Th isNumber>{t.summed}</Th>
            <Th />
          </tr>
        </thead>
        <tbody>
          {preview.totals_check.map((check) => (
            <tr key={check.column}>
              <Td>{check.column}</Td>
              <Td isNumber>{check.in_file}</Td>
              <Td isNumber>{check.summed}</Td>
              <Td className={check.is_equal ? 'text-ink-2' : 'font-medium text-warn'}>
                {check.is_equal ? t.totalsEqual : t.totalsDiffer}
              </Td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Section>
  )
}

function Columns({ preview }: { preview: Preview }) {
  const used = preview.columns.filter((column) => column.used_as !== null).length
  return (
    <details className="rounded-lg border border-line">
      <summary className="cursor-default px-3 py-2 font-medium">
        {t.columns} <span className="text-ink-2">{fill(t.columnUsed, { used, all: preview.columns.length })}</span>
      </summary>
      <div className="max-h-64 overflow-auto border-t border-line">
        <Table label={t.columns}>
          <thead>
            <tr>
              <Th>{t.column}</Th>
              <Th>{t.usedAs}</Th>
            </tr>
          </thead>
          <tbody>
            {preview.columns.map((column) => (
              <tr key={column.index}>
                <Td>
                  <Foreign text={column.untrusted.header} />
                </Td>
                <Td className={column.used_as === null ? 'text-ink-2' : ''}>
                  {column.used_as ?? t.notUsed}
                  {column.note === null ? null : <span className="block text-xs text-ink-2">{column.note}</span>}
                </Td>
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
    </details>
  )
}

function Sample({ preview }: { preview: Preview }) {
  const [first] = preview.sample
  if (first === undefined) return null
  return (
    <Section title={t.sample}>
      <div className="max-h-64 overflow-auto rounded-lg border border-line">
        <Table label={t.sample}>
          <thead>
            <tr>
              {first.map((cell) => (
                <Th key={cell.name}>{cell.name}</Th>
              ))}
            </tr>
          </thead>
          <tbody>
            {preview.sample.map((row, index) => (
              <tr key={index}>
                {row.map((cell) => (
                  <Td key={cell.name} className="num max-w-56 truncate whitespace-nowrap">
                    <Foreign text={cell.untrusted.value} />
                  </Td>
                ))}
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
    </Section>
  )
}

export function PreviewView({ preview }: { preview: Preview }) {
  return (
    <div className="flex flex-col gap-4">
      <Facts preview={preview} />
      {preview.warnings.map((warning) => (
        <Notice key={warning} tone="info" title={warning} />
      ))}
      <BadRows preview={preview} />
      <Totals preview={preview} />
      <Sample preview={preview} />
      {preview.columns.length === 0 ? null : <Columns preview={preview} />}
    </div>
  )
}
