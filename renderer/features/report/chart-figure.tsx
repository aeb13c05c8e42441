/** The frame of a chart: its name, the same data as a table and as a file, the picture for elsewhere, and a sentence that says it all. */
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { fill } from '../../format.ts'
import { set, useSettings } from '../../settings.ts'
import { REPORT_TEXTS } from '../../texts-report.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { copyOrSavePng, saveFile } from '../../ui/save.ts'
import { toast } from '../../ui/toast.tsx'

const t = TEXTS.overview

/** T switches between chart and table. Mounted once by the screen. */
export function useTableKey(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 't' || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.target instanceof HTMLElement && event.target.closest('input, textarea, select') !== null) return
      if (document.querySelector('[role="dialog"], [role="alertdialog"]') !== null) return
      set({ isTable: !useSettings.getState().isTable })
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}

export function ChartFigure({
  title,
  file,
  caption,
  csv,
  summary,
  legend,
  controls,
  table,
  height = 'h-56',
  children,
}: {
  title: string
  /** Name of what is saved, without its ending. */
  file: string
  /** Stands over the copied picture: what it is, of when, in which money. */
  caption: string
  /** The table as a file's text. */
  csv: () => string
  summary: ReactNode
  legend?: ReactNode
  controls?: ReactNode
  table: ReactNode
  height?: string
  children: ReactNode
}) {
  const box = useRef<HTMLDivElement>(null)
  const id = useId()
  const isTable = useSettings((state) => state.isTable)
  const copy = async () => {
    const svg = box.current?.querySelector<SVGSVGElement>('svg')
    if (svg === null || svg === undefined) return
    try {
      const done = await copyOrSavePng(svg, `${file}.png`, caption)
      toast(done === 'copied' ? REPORT_TEXTS.chart.copied : fill(t.saved, { file: `${file}.png` }))
    } catch {
      toast(t.pngFailed)
    }
  }
  return (
    <figure className="flex min-w-0 flex-col rounded-lg border border-line bg-surface" aria-labelledby={id}>
      <figcaption className="flex flex-wrap items-center justify-between gap-x-2 gap-y-1 px-3 pt-2.5">
        <h2 id={id} className="text-base">
          {title}
        </h2>
        <span className="ml-auto flex flex-wrap items-center justify-end gap-0.5">
          {controls}
          <Button
            size="small"
            look="quiet"
            icon={isTable ? 'chart' : 'table'}
            onPress={() => set({ isTable: !isTable })}
          >
            {isTable ? t.asChart : t.asTable}
          </Button>
          <Button
            size="small"
            look="quiet"
            icon="download"
            aria-label={fill(t.csvLong, { chart: title })}
            onPress={() => {
              saveFile(`${file}.csv`, 'text/csv;charset=utf-8', csv())
              toast(fill(t.saved, { file: `${file}.csv` }))
            }}
          >
            {t.csv}
          </Button>
          {isTable ? null : (
            <Button
              size="small"
              look="quiet"
              icon="copy"
              aria-label={fill(REPORT_TEXTS.chart.copyLong, { chart: title })}
              onPress={() => void copy()}
            >
              {REPORT_TEXTS.chart.copy}
            </Button>
          )}
        </span>
      </figcaption>
      <div ref={box} className="px-1.5">
        {isTable ? (
          // Scrollable content without controls of its own has to take the focus to be scrolled by keyboard.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          <div className={`overflow-auto ${height}`} tabIndex={0} role="group" aria-label={title}>
            {table}
          </div>
        ) : (
          children
        )}
      </div>
      <div className="flex flex-col gap-0.5 px-3.5 pt-1 pb-2.5 text-xs text-ink-2">
        <div className="num">{summary}</div>
        {legend}
      </div>
    </figure>
  )
}
