/** The limits as a form: what is typed stays here until it has been tried on past drafts and saved as a new version. */
import { useState } from 'react'
import { fill } from '../../format.ts'
import { Age } from '../../parts/pieces.tsx'
import { SETTINGS_TEXTS as t } from '../../texts-settings.ts'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/screen.tsx'
import { Table, Td, Th } from '../../ui/table.tsx'
import { AccountLimits } from './account-limits.tsx'
import { LimitFields } from './limit-fields.tsx'
import { documentFrom, type FormState, formOf, isSameDocument, type PolicyView } from './limits-form.ts'
import { ProtectedList } from './protected-list.tsx'
import { QuietHours } from './quiet-hours.tsx'
import { Overtaken, SaveDialog } from './save-dialog.tsx'

const CODE = 8
const MAX_VERSIONS_SHOWN = 20

function History({ versions }: { versions: PolicyView['versions'] }) {
  if (versions.length < 2) return null
  return (
    <details>
      <summary>{t.history.title}</summary>
      <Table label={t.history.table}>
        <tbody>
          {versions.slice(0, MAX_VERSIONS_SHOWN).map((each, index) => (
            <tr key={each.version}>
              <Th>{fill(t.history.version, { version: each.version })}</Th>
              <Td className="num">{each.hash.slice(0, CODE)}</Td>
              <Td>
                <Age at={each.created_at} isFocusable />
              </Td>
              <Td>{index === 0 ? t.history.current : null}</Td>
            </tr>
          ))}
        </tbody>
      </Table>
    </details>
  )
}

/** One version being edited. Keyed by its number: a new one is a new form. */
function LimitsForm({
  policy,
  newest,
  onEdit,
  onDone,
}: {
  policy: PolicyView
  /** The version in force, which another window may have made. */
  newest: number
  /** The person has begun: this version stays on the screen now. */
  onEdit: () => void
  onDone: () => void
}) {
  const [form, setForm] = useState<FormState>(() => formOf(policy.document))
  const [isSaving, setIsSaving] = useState(false)
  const edit = (change: Partial<FormState>): void => {
    onEdit()
    setForm((before) => ({ ...before, ...change }))
  }
  const document = documentFrom(form)
  const isChanged = document === null || !isSameDocument(document, policy.document)
  return (
    <>
      <LimitFields form={form} onChange={(name, value) => edit({ texts: { ...form.texts, [name]: value } })} />
      <Section title={t.quiet.title} text={t.quiet.text}>
        <QuietHours windows={form.quiet} onChange={(quiet) => edit({ quiet })} />
      </Section>
      <ProtectedList ids={form.protectedIds} onChange={(protectedIds) => edit({ protectedIds })} />
      <AccountLimits accounts={form.accounts} everywhere={form.texts} onChange={(accounts) => edit({ accounts })} />
      {newest === policy.version ? null : <Overtaken version={newest} onLoad={onDone} />}
      <div className="sticky bottom-0 -mx-4 flex min-h-12 flex-wrap items-center gap-3 border-t border-line bg-surface px-4 py-2">
        <Button
          look="primary"
          isDisabled={!isChanged || document === null || newest !== policy.version}
          onPress={() => setIsSaving(true)}
        >
          {t.save.check}
        </Button>
        {isChanged ? (
          <Button
            look="quiet"
            onPress={() => {
              setForm(formOf(policy.document))
              onDone()
            }}
          >
            {t.save.undo}
          </Button>
        ) : null}
        <p role="status" className={document === null ? 'text-danger' : 'text-ink-2'}>
          {document === null ? t.errors.some : isChanged ? t.save.unsaved : null}
        </p>
      </div>
      {isSaving && document !== null ? (
        <SaveDialog
          version={policy.version}
          document={document}
          onClose={() => setIsSaving(false)}
          onSaved={() => {
            setIsSaving(false)
            onDone()
          }}
        />
      ) : null}
    </>
  )
}

export function LimitsSection({ policy }: { policy: PolicyView }) {
  const [held, setHeld] = useState<PolicyView | null>(null)
  const shown = held ?? policy
  const [current] = policy.versions
  return (
    <div className="flex flex-col gap-6">
      <Section title={t.tabs.limits}>
        <p>{t.intro}</p>
        <p className="num text-xs text-ink-2">
          {fill(t.version, { version: policy.version, code: policy.hash.slice(0, CODE) })}
          {current === undefined ? null : (
            <>
              {' '}
              · {t.since} <Age at={current.created_at} isFocusable />
            </>
          )}
        </p>
        <History versions={policy.versions} />
      </Section>
      <LimitsForm
        key={shown.version}
        policy={shown}
        newest={policy.version}
        onEdit={() => setHeld((before) => before ?? policy)}
        onDone={() => setHeld(null)}
      />
    </div>
  )
}
