/** Every file that was stored, newest first. */
import type { OutputOf } from '../../../shared/operations.ts'
import { fill, integer } from '../../format.ts'
import { Age, Foreign, PlatformChip } from '../../parts/pieces.tsx'
import { IMPORT_TEXTS as t } from '../../texts-imports.ts'
import { Chip } from '../../ui/chip.tsx'
import { Table, Td, Th } from '../../ui/table.tsx'
import { periodText } from './file-words.ts'

export function ImportsTable({ imports }: { imports: OutputOf<'list_imports'>['imports'] }) {
  if (imports.length === 0) return <p className="text-ink-2">{t.listEmpty}</p>
  return (
    <div className="overflow-x-auto rounded-lg border border-line">
      <Table label={t.list}>
        <thead>
          <tr>
            <Th>{t.file}</Th>
            <Th>{t.kind}</Th>
            <Th>{t.period}</Th>
            <Th isNumber>{t.kept}</Th>
            <Th>{t.when}</Th>
          </tr>
        </thead>
        <tbody>
          {imports.map((each) => (
            <tr key={each.import_id}>
              <Td className="max-w-72 truncate">
                <Foreign text={each.untrusted.file_name} />
              </Td>
              <Td className="whitespace-nowrap">
                {t.kinds[each.kind]} {each.platform === null ? null : <PlatformChip platform={each.platform} />}
              </Td>
              <Td className="whitespace-nowrap">
                {each.start_date === null || each.end_date === null ? null : periodText(each.start_date, each.end_date)}
              </Td>
              <Td isNumber>
                {integer(each.rows_kept)}
                {each.rows_refused === 0 ? null : (
                  <span className="block text-xs text-ink-2">
                    {fill(t.refused, { count: integer(each.rows_refused) })}
                  </span>
                )}
              </Td>
              <Td className="whitespace-nowrap">
                {each.state === 'storing' ? (
                  <Chip tone="accent" icon="sync">
                    {t.unfinished}
                  </Chip>
                ) : (
                  <Age at={each.imported_at} isFocusable />
                )}
              </Td>
            </tr>
          ))}
        </tbody>
      </Table>
    </div>
  )
}
