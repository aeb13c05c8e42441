/** One place that is told: its address, its secrets, and what it hears of. What is stored as a secret is never shown again. */
import { useState } from 'react'
import type { InputOf, OutputOf } from '../../../shared/operations.ts'
import { EVENTS, type NotificationEvent, type TargetKind } from '../../../shared/schemas/notifications.ts'
import { fill } from '../../format.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { useAct } from '../../queries.ts'
import { NOTIFICATION_TEXTS } from '../../texts-notifications.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { Notice } from '../../ui/state.tsx'
import { Select, TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'

export type Target = OutputOf<'list_targets'>['targets'][number]
type Input = InputOf<'save_target'>
type Security = NonNullable<Target['email']>['security']
const t = NOTIFICATION_TEXTS.form
const words = NOTIFICATION_TEXTS.events
const PORTS: Readonly<Record<Security, string>> = { tls: '465', starttls: '587', none: '25' }
const USUAL: readonly NotificationEvent[] = EVENTS.filter((event) => event !== 'draft.stale')

interface Fields {
  readonly label: string
  readonly events: readonly NotificationEvent[]
  readonly includesNames: boolean
  readonly allowsPrivate: boolean
  readonly allowsPlain: boolean
  readonly host: string
  readonly port: string
  readonly security: Security
  readonly user: string
  readonly password: string
  readonly from: string
  readonly to: string
  readonly url: string
  readonly secret: string
}

function fieldsOf(target: Target | null): Fields {
  const email = target?.email
  return {
    label: target?.label ?? '',
    events: target?.events ?? USUAL,
    includesNames: target?.includes_names ?? false,
    allowsPrivate: target?.allows_private ?? false,
    allowsPlain: target?.allows_plain ?? false,
    host: email?.host ?? '',
    port: String(email?.port ?? PORTS.tls),
    security: email?.security ?? 'tls',
    user: email?.user ?? '',
    password: '',
    from: email?.from ?? '',
    to: email?.to.join('\n') ?? '',
    url: '',
    secret: '',
  }
}

const listOf = (text: string): string[] => text.split(/[\s,;]+/).filter((each) => each !== '')
const isMail = (text: string): boolean => /^[^\s@]+@[^\s@]+$/.test(text)
const portOf = (text: string): number | null =>
  /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535 ? Number(text) : null

/** What is left out stays as it is stored. */
function channelOf(kind: TargetKind, fields: Fields): Input['channel'] {
  if (kind === 'desktop') return { kind }
  if (kind === 'webhook') {
    const { url, secret } = fields
    return {
      kind,
      ...(url.trim() === '' ? {} : { url: url.trim() }),
      ...(secret.trim() === '' ? {} : { secret: secret.trim() }),
    }
  }
  const { host, port, security, user, password, from, to } = fields
  return {
    kind,
    host: host.trim(),
    port: portOf(port) ?? 0,
    security,
    user: user.trim() === '' ? null : user.trim(),
    ...(password === '' ? {} : { password }),
    from: from.trim(),
    to: listOf(to),
  }
}

/** Why it cannot be saved yet; the core says the rest. */
function isComplete(kind: TargetKind, fields: Fields, target: Target | null): boolean {
  if (fields.label.trim() === '' || fields.events.length === 0) return false
  if (kind === 'email')
    return (
      fields.host.trim() !== '' &&
      portOf(fields.port) !== null &&
      isMail(fields.from.trim()) &&
      listOf(fields.to).length > 0 &&
      listOf(fields.to).every(isMail)
    )
  return kind === 'desktop' || target !== null || (fields.url.trim() !== '' && fields.secret.trim() !== '')
}

interface PartProps {
  readonly fields: Fields
  readonly target: Target | null
  readonly set: (change: Partial<Fields>) => void
}

function MailPart({ fields, target, set }: PartProps) {
  const { port, from, to } = fields
  const isKept = target?.email?.has_password === true
  const setSecurity = (security: Security): void =>
    set({ security, ...(Object.values(PORTS).includes(port) ? { port: PORTS[security] } : {}) })
  return (
    <>
      <div className="grid grid-cols-[1fr_6rem] gap-3">
        <TextField
          label={t.host}
          value={fields.host}
          onChange={(host) => set({ host })}
          maxLength={253}
          placeholder="mail.example.com"
        />
        <TextField
          label={t.port}
          value={port}
          onChange={(next) => set({ port: next })}
          inputMode="numeric"
          maxLength={5}
          error={portOf(port) === null ? t.portError : null}
        />
      </div>
      <Select
        label={t.security}
        value={fields.security}
        onChange={setSecurity}
        options={(['tls', 'starttls', 'none'] as const).map((value) => ({ value, label: t.securities[value] }))}
      />
      <div className="grid grid-cols-2 gap-3">
        <TextField
          label={t.user}
          help={t.userHelp}
          value={fields.user}
          onChange={(user) => set({ user })}
          maxLength={254}
        />
        <TextField
          label={t.password}
          type="password"
          help={isKept ? t.passwordKept : t.passwordHelp}
          value={fields.password}
          onChange={(password) => set({ password })}
          maxLength={1_024}
          autoComplete="new-password"
        />
      </div>
      <TextField
        label={t.from}
        value={from}
        onChange={(next) => set({ from: next })}
        maxLength={254}
        placeholder="ads@example.com"
        error={from.trim() !== '' && !isMail(from.trim()) ? t.mailError : null}
      />
      <TextField
        label={t.to}
        help={t.toHelp}
        isMultiline
        value={to}
        onChange={(next) => set({ to: next })}
        maxLength={2_600}
        error={listOf(to).every(isMail) ? null : t.mailError}
      />
    </>
  )
}

function HookPart({ fields, target, set }: PartProps) {
  const [made, setMade] = useState('')
  const { url, secret } = fields
  const make = (): void => {
    const next = `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`
    setMade(next)
    set({ secret: next })
  }
  const origin = target?.webhook?.origin
  return (
    <>
      <TextField
        label={t.url}
        help={origin === undefined ? t.urlHelp : fill(t.urlKept, { origin })}
        value={url}
        onChange={(next) => set({ url: next })}
        maxLength={2_048}
        placeholder="https://"
        error={url.trim() === '' || /^https?:\/\//.test(url.trim()) ? null : t.urlError}
      />
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <TextField
            label={t.secret}
            type={made !== '' && secret === made ? 'text' : 'password'}
            help={made !== '' && secret === made ? t.made : target === null ? t.secretHelp : t.secretKept}
            value={secret}
            onChange={(next) => set({ secret: next })}
            maxLength={200}
            error={secret.trim() === '' || secret.trim().startsWith('whsec_') ? null : t.secretError}
          />
        </div>
        <Button className="mt-6 h-8" onPress={make}>
          {t.make}
        </Button>
      </div>
    </>
  )
}

function Events({ events, set }: { events: readonly NotificationEvent[]; set: PartProps['set'] }) {
  return (
    <fieldset>
      <legend className="font-medium">{NOTIFICATION_TEXTS.hears}</legend>
      <div className="mt-1 grid grid-cols-2 gap-x-3">
        {EVENTS.map((event) => (
          <Checkbox
            key={event}
            isSelected={events.includes(event)}
            onChange={(isOn) =>
              set({ events: EVENTS.filter((each) => (each === event ? isOn : events.includes(each))) })
            }
          >
            {words[event]}
          </Checkbox>
        ))}
      </div>
      {events.length === 0 ? <p className="text-xs text-danger">{t.noEvents}</p> : null}
    </fieldset>
  )
}

function Rules({ fields, kind, set }: Omit<PartProps, 'target'> & { kind: TargetKind }) {
  const isPlain = fields.allowsPlain && (kind === 'webhook' || fields.security === 'none')
  return (
    <div className="flex flex-col gap-1">
      <Checkbox isSelected={fields.includesNames} onChange={(includesNames) => set({ includesNames })}>
        {t.names}
      </Checkbox>
      <p className="pl-7 text-xs text-ink-2">{t.namesHelp}</p>
      {kind === 'desktop' ? null : (
        <>
          <Checkbox isSelected={fields.allowsPrivate} onChange={(allowsPrivate) => set({ allowsPrivate })}>
            {t.allowsPrivate}
          </Checkbox>
          <p className="pl-7 text-xs text-ink-2">{t.allowsPrivateHelp}</p>
          <Checkbox isSelected={fields.allowsPlain} onChange={(allowsPlain) => set({ allowsPlain })}>
            {t.allowsPlain}
          </Checkbox>
          {isPlain ? <Notice tone="warn" title={t.allowsPlainHelp} /> : null}
        </>
      )}
    </div>
  )
}

export function TargetDialog({
  kind,
  target,
  onClose,
}: {
  kind: TargetKind
  target: Target | null
  onClose: () => void
}) {
  const save = useAct('save_target')
  const [fields, setFields] = useState(() => fieldsOf(target))
  const set = (change: Partial<Fields>): void => {
    save.reset()
    setFields((before) => ({ ...before, ...change }))
  }
  const submit = (): void =>
    save.mutate(
      {
        ...(target === null ? {} : { target_id: target.target_id }),
        label: fields.label.trim(),
        events: [...fields.events],
        is_enabled: target?.is_enabled ?? true,
        includes_names: fields.includesNames,
        allows_private: fields.allowsPrivate,
        allows_plain: fields.allowsPlain,
        channel: channelOf(kind, fields),
      },
      {
        onSuccess: () => {
          toast(t.saved)
          onClose()
        },
      },
    )
  return (
    <Dialog title={target === null ? t.addTitle[kind] : t.editTitle} onClose={onClose} width="roomy">
      <div className="flex flex-col gap-4">
        <TextField
          label={t.label}
          help={t.labelHelp}
          value={fields.label}
          onChange={(label) => set({ label })}
          maxLength={60}
          autoFocus
        />
        {kind === 'email' ? <MailPart fields={fields} target={target} set={set} /> : null}
        {kind === 'webhook' ? <HookPart fields={fields} target={target} set={set} /> : null}
        <Events events={fields.events} set={set} />
        <Rules fields={fields} kind={kind} set={set} />
        {save.error === null ? null : <ErrorNotice error={save.error} />}
        <DialogActions>
          <Button onPress={onClose}>{t.cancel}</Button>
          <Button
            look="primary"
            isDisabled={!isComplete(kind, fields, target)}
            isPending={save.isPending}
            onPress={submit}
          >
            {t.save}
          </Button>
        </DialogActions>
      </div>
    </Dialog>
  )
}
