/** Views by name: the days and everything chosen, to come back to. Kept in this window, not in the workspace. */
import { useState } from 'react'
import { fill } from '../../format.ts'
import { MAX_VIEW_NAME, MAX_VIEWS, type SavedView } from '../../report-choices.ts'
import { set, useSettings } from '../../settings.ts'
import { REPORT_TEXTS } from '../../texts-report.ts'
import { TEXTS } from '../../texts.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Popover } from '../../ui/popover.tsx'
import { toast } from '../../ui/toast.tsx'

const t = REPORT_TEXTS.views

function useViews() {
  const settings = useSettings()
  const { views, range, customStart, customEnd, report } = settings
  const isShown = (view: SavedView): boolean =>
    view.range === range &&
    (range !== 'custom' || (view.customStart === customStart && view.customEnd === customEnd)) &&
    JSON.stringify(view.report) === JSON.stringify(report)
  return {
    views,
    current: views.find(isShown),
    save: (name: string) => {
      const view: SavedView = { name, range, customStart, customEnd, report }
      set({ views: [...views.filter((each) => each.name !== name), view] })
      toast(fill(t.saved, { name }))
    },
    choose: (view: SavedView) => {
      const { name: _name, ...rest } = view
      set(rest)
    },
    remove: (view: SavedView) => set({ views: views.filter((each) => each !== view) }),
  }
}

function SaveForm({ all, onSaved }: { all: ReturnType<typeof useViews>; onSaved: () => void }) {
  const [name, setName] = useState('')
  const trimmed = name.trim()
  const isKnown = all.views.some((view) => view.name === trimmed)
  const isFull = all.views.length >= MAX_VIEWS && !isKnown
  return (
    <form
      className="flex flex-col gap-2 border-t border-line pt-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (trimmed === '' || isFull) return
        all.save(trimmed)
        onSaved()
      }}
    >
      <TextField
        label={t.name}
        value={name}
        onChange={setName}
        maxLength={MAX_VIEW_NAME}
        error={isFull ? fill(t.full, { count: MAX_VIEWS }) : null}
        help={t.help}
      />
      <Button type="submit" isDisabled={trimmed === '' || isFull}>
        {isKnown ? t.replace : t.save}
      </Button>
    </form>
  )
}

export function ViewsPopover() {
  const all = useViews()
  return (
    <Popover label={t.label} text={all.current?.name ?? t.label} isMarked={all.current !== undefined}>
      {(close) => (
        <>
          {all.views.length === 0 ? <p className="text-ink-2">{t.none}</p> : null}
          <ul className="flex flex-col">
            {all.views.map((view) => (
              <li key={view.name} className="flex items-center gap-1">
                <button
                  type="button"
                  {...(view === all.current ? { 'aria-current': 'true' as const } : {})}
                  onClick={() => {
                    all.choose(view)
                    close()
                  }}
                  className="min-w-0 flex-1 rounded px-1.5 py-1 text-left hover:bg-hover aria-[current]:font-semibold aria-[current]:text-accent-ink"
                >
                  <span className="foreign">{view.name}</span>
                  <span className="block text-xs font-normal text-ink-2">
                    {TEXTS.bar.ranges[view.range]} · {REPORT_TEXTS.attributions[view.report.attribution]}
                  </span>
                </button>
                <IconButton icon="cross" label={fill(t.remove, { name: view.name })} onPress={() => all.remove(view)} />
              </li>
            ))}
          </ul>
          <SaveForm all={all} onSaved={close} />
        </>
      )}
    </Popover>
  )
}
