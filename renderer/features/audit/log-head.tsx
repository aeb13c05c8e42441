/** Which log this is, with what it is signed, and how the last check went. */
import { useState } from 'react'
import type { LogIdentity } from '../../../shared/schemas/log.ts'
import { useNow } from '../../clock.ts'
import { fill, plural, relativeTime } from '../../format.ts'
import { Age, ErrorNotice } from '../../parts/pieces.tsx'
import { useRead } from '../../queries.ts'
import { href } from '../../router.ts'
import { AUDIT_TEXTS } from '../../texts-audit.ts'
import { Button } from '../../ui/button.tsx'
import { Chip } from '../../ui/chip.tsx'
import { Notice } from '../../ui/state.tsx'
import { IdentityDialog } from './identity-dialog.tsx'

const t = AUDIT_TEXTS.head
const PREFIX = 'audit.spendsignoff/'

function LastCheck({ check }: { check: LogIdentity['last_check'] }) {
  if (check === null) return <span>{t.never}</span>
  return (
    <span>
      <a href={href('audit', String(check.seq))} className="underline">
        {t.checked}
      </a>{' '}
      <Age at={check.at} />{' '}
      <Chip tone={check.is_ok ? 'good' : 'danger'} icon={check.is_ok ? 'check' : 'warn'}>
        {check.is_ok ? t.good : t.bad}
      </Chip>
    </span>
  )
}

export function LogHead() {
  const identity = useRead('get_log_identity', {})
  const [isOpen, setIsOpen] = useState(false)
  const nowMs = useNow()
  if (identity.data === undefined)
    return identity.isError ? (
      <div className="border-b border-line px-4 py-2">
        <ErrorNotice title={t.failed} error={identity.error} onRetry={() => void identity.refetch()} />
      </div>
    ) : (
      <div className="h-9 border-b border-line" aria-hidden="true" />
    )
  const { origin, key, faults, alarms, last_check: check } = identity.data
  return (
    <div className="flex flex-col gap-2 border-b border-line px-4 py-1.5">
      <div className="flex min-h-6 flex-wrap items-center gap-x-4 gap-y-1 text-ink-2">
        <span title={origin}>
          {t.log} <code className="font-mono text-xs text-ink">{origin.replace(PREFIX, '').slice(0, 8)}</code>
        </span>
        <span title={key.vkey}>
          {t.key} <code className="font-mono text-xs text-ink">{key.key_id}</code> {t.since} <Age at={key.since} />,{' '}
          {fill(t.next, { when: relativeTime(key.next_rotation_due, nowMs) })}
        </span>
        <LastCheck check={check} />
        {alarms.length === 0 ? null : (
          <Chip tone="warn" icon="warn">
            {plural(t.alarms, alarms.length)}
          </Chip>
        )}
        <Button size="small" look="quiet" className="ml-auto" onPress={() => setIsOpen(true)}>
          {t.details}
        </Button>
      </div>
      {faults.map((fault) => (
        <Notice key={fault.kind} tone="danger" title={fault.message}>
          {fault.hint}
        </Notice>
      ))}
      {isOpen ? <IdentityDialog identity={identity.data} onClose={() => setIsOpen(false)} /> : null}
    </div>
  )
}
