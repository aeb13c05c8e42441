/** The way out for those who outgrow one laptop: every fact of the chosen days as Parquet files, for DuckDB, Spark or BigQuery. */
import { dayLong, fill, plural } from '../../format.ts'
import type { DayRange } from '../../day-range.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { useAct } from '../../queries.ts'
import { REPORT_TEXTS } from '../../texts-report.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Notice } from '../../ui/state.tsx'
import { toast } from '../../ui/toast.tsx'
import { fileSize } from './words.ts'

const t = REPORT_TEXTS.parquet

async function copyPath(path: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(path)
    toast(TEXTS.common.copied)
  } catch {
    toast(t.copyFailed)
  }
}

export function ParquetDialog({ range, onClose }: { range: DayRange; onClose: () => void }) {
  const save = useAct('export_report_data')
  const made = save.data
  return (
    <Dialog
      title={t.title}
      onClose={onClose}
      footer={
        made === undefined ? (
          <>
            <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
            <Button
              look="primary"
              isPending={save.isPending}
              onPress={() => save.mutate({ start_date: range.start, end_date: range.end })}
            >
              {save.isPending ? t.running : t.save}
            </Button>
          </>
        ) : (
          <Button onPress={onClose}>{TEXTS.common.close}</Button>
        )
      }
    >
      <div className="flex flex-col gap-3">
        <p>{fill(t.text, { start: dayLong(range.start), end: dayLong(range.end) })}</p>
        <p className="text-ink-2">{t.privacy}</p>
        {save.error === null ? null : <ErrorNotice error={save.error} />}
        {made === undefined ? null : (
          <Notice
            tone="good"
            title={fill(t.done, {
              files: plural(t.files, made.files),
              rows: plural(t.rows, made.rows),
              size: fileSize(made.bytes),
            })}
            action={
              <Button icon="copy" onPress={() => void copyPath(made.folder)}>
                {t.copyPath}
              </Button>
            }
          >
            <code className="font-mono text-xs">{made.folder}</code>
          </Notice>
        )}
      </div>
    </Dialog>
  )
}
