import { useState } from 'react'
import { pathOf, visible } from '../parts/words.ts'
import { useRead } from '../queries.ts'
import { go, SCREENS } from '../router.ts'
import { TEXTS } from '../texts.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      title={TEXTS.keys.title}
      width="narrow"
      onClose={onClose}
      footer={<Button onPress={onClose}>{TEXTS.common.close}</Button>}
    >
      <dl className="grid grid-cols-[7rem_1fr] gap-y-1.5">
        {TEXTS.keys.rows.map(([keys, words]) => (
          <div key={keys} className="contents">
            <dt>
              <kbd className="rounded border border-line bg-sunken px-1.5 font-mono text-xs">{keys}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}

interface Target {
  readonly key: string
  readonly label: string
  readonly kind: string
  readonly open: () => void
}
const MAX_RESULTS = 12

/** Type, then Enter opens the first result; arrows choose another. */
export function PaletteDialog({
  isDemo,
  onWorkspace,
  onClose,
}: {
  isDemo: boolean
  onWorkspace: () => void
  onClose: () => void
}) {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const drafts = useRead('list_drafts', { group: 'any', limit: 100 })
  const targets: Target[] = [
    ...SCREENS.map((screen) => ({
      key: screen,
      label: TEXTS.rail[screen],
      kind: TEXTS.palette.screen,
      open: () => go(screen),
    })),
    {
      key: 'workspace',
      label: isDemo ? TEXTS.workspace.mine : TEXTS.workspace.openDemo,
      kind: TEXTS.palette.workspace,
      open: onWorkspace,
    },
    ...(drafts.data?.drafts ?? []).flatMap((draft) => {
      const change = draft.operations[0]
      return change === undefined
        ? []
        : [
            {
              key: draft.draft_id,
              label: `${visible(pathOf(change).name)} · ${TEXTS.fields[change.field]}`,
              kind: TEXTS.states[draft.state],
              open: () => go('queue', draft.draft_id),
            },
          ]
    }),
  ]
  const wanted = text.trim().toLocaleLowerCase()
  const found = targets
    .filter((target) => `${target.label} ${target.key}`.toLocaleLowerCase().includes(wanted))
    .slice(0, MAX_RESULTS)
  const choose = (target: Target | undefined) => {
    if (target === undefined) return
    onClose()
    target.open()
  }
  return (
    <Dialog title={TEXTS.palette.title} isTitleHidden onClose={onClose}>
      <div>
        <TextField
          label={TEXTS.palette.title}
          placeholder={TEXTS.palette.placeholder}
          value={text}
          autoFocus
          onKey={(key) => {
            if (key === 'Enter') choose(found[at])
            if (key === 'ArrowDown') setAt(Math.min(at + 1, found.length - 1))
            if (key === 'ArrowUp') setAt(Math.max(at - 1, 0))
          }}
          onChange={(next) => {
            setText(next)
            setAt(0)
          }}
        />
        <ul aria-label={TEXTS.palette.results} className="mt-2 min-h-64">
          {found.map((target, index) => (
            <li key={target.key}>
              <button
                type="button"
                onClick={() => choose(target)}
                {...(index === at ? { 'aria-current': 'true' as const } : {})}
                className={`flex h-8 w-full items-center justify-between gap-3 rounded-md px-2 text-left ${index === at ? 'bg-selected' : 'hover:bg-hover'}`}
              >
                <bdi className="truncate">{target.label}</bdi>
                <span className="shrink-0 text-xs text-ink-2">{target.kind}</span>
              </button>
            </li>
          ))}
          {found.length === 0 ? <li className="px-2 py-2 text-ink-2">{TEXTS.palette.none}</li> : null}
        </ul>
      </div>
    </Dialog>
  )
}
