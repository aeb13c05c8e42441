/** What a file leaves open, asked one by one. An answer reads the file again; nothing is guessed meanwhile. */
import { useState } from 'react'
import { IMPORT_TEXTS as t } from '../../texts-imports.ts'
import { Button } from '../../ui/button.tsx'
import { Select, TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/state.tsx'
import type { Choices, Preview } from './import-dialog.tsx'

type Question = Preview['questions'][number]
const UNANSWERED = ''

function AccountName({ question, onChoose }: { question: Question; onChoose: (change: Choices) => void }) {
  const [name, setName] = useState('')
  const submit = () => {
    if (name.trim() !== '') onChoose({ account_name: name.trim() })
  }
  return (
    <div className="flex flex-col gap-1">
      <div className="flex flex-wrap items-end gap-2">
        <div className="min-w-64 flex-1">
          <TextField
            label={t.name}
            value={name}
            onChange={setName}
            maxLength={120}
            onKey={(key) => {
              if (key === 'Enter') submit()
            }}
          />
        </div>
        <Button className="h-8" isDisabled={name.trim() === ''} onPress={submit}>
          {t.nameAction}
        </Button>
        {question.options.length === 0 ? null : (
          <Select
            label={t.orKnown}
            className="h-8"
            value={UNANSWERED}
            options={[{ value: UNANSWERED, label: t.pick }, ...question.options]}
            onChange={(value) => {
              if (value !== UNANSWERED) onChoose({ account_name: value })
            }}
          />
        )}
      </div>
      <p className="text-xs text-ink-2">{t.nameHelp}</p>
    </div>
  )
}

export function Questions({ preview, onChoose }: { preview: Preview; onChoose: (change: Choices) => void }) {
  if (preview.questions.length === 0) return null
  return (
    <Notice tone="warn" title={t.questions}>
      <p>{t.questionHelp}</p>
      <ul className="mt-2 flex flex-col gap-3">
        {preview.questions.map((question) => (
          <li key={question.field} className="flex flex-col gap-1 text-ink">
            <p className="font-medium">{question.text}</p>
            {question.field === 'account_name' ? (
              <AccountName question={question} onChoose={onChoose} />
            ) : (
              <Select
                label={question.text}
                isLabelHidden
                value={UNANSWERED}
                options={[{ value: UNANSWERED, label: t.pick }, ...question.options]}
                onChange={(value) => {
                  // The options are the core's own: each is a value of its field.
                  if (value !== UNANSWERED) onChoose({ [question.field]: value })
                }}
              />
            )}
          </li>
        ))}
      </ul>
    </Notice>
  )
}
