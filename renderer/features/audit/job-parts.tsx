/** What checks and exports show alike: how far they are, and values to copy. */
import { ProgressBar } from 'react-aria-components'
import type { AuditJob } from '../../../shared/schemas/audit.ts'
import { fill, integer } from '../../format.ts'
import { TEXTS } from '../../texts.ts'
import { AUDIT_TEXTS } from '../../texts-audit.ts'
import { Button } from '../../ui/button.tsx'
import { toast } from '../../ui/toast.tsx'

const t = AUDIT_TEXTS.verify

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast(TEXTS.common.copied)
  } catch {
    toast(TEXTS.connections.token.copyFailed)
  }
}

/** A value of which every character counts. */
export function Exact({ label, value }: { label: string; value: string }) {
  return (
    <div className="flex flex-col gap-0.5">
      <div className="flex items-center justify-between gap-2">
        <span className="text-xs text-ink-2">{label}</span>
        <Button
          size="small"
          look="quiet"
          icon="copy"
          aria-label={`${TEXTS.common.copy}: ${label}`}
          onPress={() => void copy(value)}
        >
          {TEXTS.common.copy}
        </Button>
      </div>
      <code className="max-h-40 overflow-y-auto rounded-md border border-line bg-sunken px-2 py-1 font-mono text-xs break-all whitespace-pre-wrap">
        {value}
      </code>
    </div>
  )
}

export function Progress({ job, label }: { job: AuditJob; label: string }) {
  const { done, total, seconds_left: left } = job
  const words = total === 0 ? t.waiting : fill(t.of, { done: integer(Math.min(done, total)), total: integer(total) })
  return (
    <ProgressBar aria-label={label} value={done} maxValue={Math.max(total, 1)} valueLabel={words}>
      {({ percentage = 0 }) => (
        <div className="flex flex-col gap-1.5">
          <div className="h-2 overflow-hidden rounded-full bg-sunken">
            <div className="h-full rounded-full bg-accent" style={{ width: `${percentage}%` }} />
          </div>
          <p className="num flex justify-between text-xs text-ink-2">
            <span>{words}</span>
            <span>{left === null ? '' : fill(t.left, { seconds: integer(left) })}</span>
          </p>
        </div>
      )}
    </ProgressBar>
  )
}
