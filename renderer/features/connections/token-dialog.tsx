/** The one time a client's token is seen, with the text to paste into the client. */
import { useState } from 'react'
import { mcpSnippets } from '../../../shared/mcp-snippets.ts'
import { fill } from '../../format.ts'
import { visible } from '../../parts/words.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Select } from '../../ui/field.tsx'
import { Notice } from '../../ui/state.tsx'
import { toast } from '../../ui/toast.tsx'
import type { NewClient } from './add-client-dialog.tsx'

const t = TEXTS.connections.token

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast(TEXTS.common.copied)
  } catch {
    toast(t.copyFailed)
  }
}

function Code({ label, text }: { label: string; text: string }) {
  return (
    <div className="relative">
      <pre
        // A scrolling block without controls must take the focus to be scrolled and copied by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="group"
        aria-label={label}
        className="max-h-56 overflow-auto rounded-md border border-line bg-sunken px-3 py-2 pr-20 font-mono text-xs break-all whitespace-pre-wrap"
      >
        {text}
      </pre>
      <span className="absolute top-1.5 right-1.5">
        <Button size="small" icon="copy" onPress={() => void copy(text)}>
          {TEXTS.common.copy}
        </Button>
      </span>
    </div>
  )
}

export function TokenDialog({ made, onClose }: { made: NewClient; onClose: () => void }) {
  const snippets = mcpSnippets({ token: made.token, httpUrl: made.http_url, bridge: made.bridge })
  const [at, setAt] = useState('0')
  const snippet = snippets[Number(at)]
  return (
    <Dialog
      title={fill(t.title, { name: visible(made.client.untrusted.name) })}
      onClose={onClose}
      footer={
        <Button look="primary" onPress={onClose}>
          {t.done}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <Notice tone="warn" title={t.once} />
        <div className="flex flex-col gap-1">
          <p className="font-medium">{t.label}</p>
          <Code label={t.label} text={made.token} />
        </div>
        {snippet === undefined ? null : (
          <div className="flex flex-col gap-2">
            <div className="flex flex-wrap items-center justify-between gap-2">
              <p className="font-medium">{t.paste}</p>
              <Select
                label={t.client}
                isLabelHidden
                value={at}
                onChange={setAt}
                options={snippets.map((each, index) => ({
                  value: String(index),
                  label: fill(t.option, { client: each.label, via: t.via[each.via] }),
                }))}
              />
            </div>
            <p className="text-ink-2">{fill(t.where, { where: snippet.where })}</p>
            <Code label={fill(t.snippet, { client: snippet.label })} text={snippet.text} />
          </div>
        )}
      </div>
    </Dialog>
  )
}
