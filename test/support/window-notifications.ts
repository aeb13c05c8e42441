/** Answers about notifications for the window's tests: a mailbox that works, a hook that is gone, a desktop that this window has not. */
import type { OutputOf } from '../../shared/operations.ts'

type Target = OutputOf<'list_targets'>['targets'][number]
type Delivery = OutputOf<'list_deliveries'>['deliveries'][number]
const MINUTE_MS = 60_000
const ago = (minutes: number): string => new Date(Date.now() - minutes * MINUTE_MS).toISOString()
const id = (prefix: string, letter: string): string => `${prefix}_${letter.repeat(16)}`

export const MAILBOX: Target = {
  target_id: id('nt', 'a'),
  kind: 'email',
  label: 'Bookkeeping',
  events: ['draft.approved', 'draft.applied', 'draft.failed'],
  is_enabled: true,
  includes_names: false,
  allows_private: false,
  allows_plain: false,
  works_here: true,
  email: {
    host: 'mail.example.com',
    port: 465,
    security: 'tls',
    user: 'ads',
    from: 'ads@example.com',
    to: ['books@example.com', 'ana@example.com'],
    has_password: true,
  },
  webhook: null,
  created_at: ago(9_000),
  queued: 0,
  dead: 0,
  last: { state: 'delivered', at: ago(12), attempts: 1, problem: null },
}
export const HOOK: Target = {
  ...MAILBOX,
  target_id: id('nt', 'b'),
  kind: 'webhook',
  label: '<b>Auditor</b>',
  events: ['draft.applied', 'integrity.alarm'],
  email: null,
  webhook: { origin: 'https://hooks.example.com' },
  queued: 2,
  dead: 1,
  last: {
    state: 'dead',
    at: ago(300),
    attempts: 8,
    problem: { code: 'http_503', message: 'The server answered with status 503.' },
  },
}
export const DESKTOP: Target = {
  ...MAILBOX,
  target_id: id('nt', 'c'),
  kind: 'desktop',
  label: 'This computer',
  events: ['draft.unknown', 'breaker.tripped'],
  is_enabled: false,
  works_here: false,
  email: null,
  last: null,
}

const delivery = (letter: string, more: Partial<Delivery>): Delivery => ({
  delivery_id: id('dv', letter),
  target_id: HOOK.target_id,
  target_label: HOOK.label,
  kind: 'webhook',
  event: 'draft.applied',
  state: 'delivered',
  attempts: 1,
  next_at: null,
  problem: null,
  checkpoint_size: 812,
  seq: 811,
  draft_id: null,
  merged: 0,
  created_at: ago(13),
  finished_at: ago(12),
  can_resend: false,
  ...more,
})
export const DELIVERIES: readonly Delivery[] = [
  delivery('a', {
    state: 'queued',
    attempts: 2,
    next_at: new Date(Date.now() + 9 * MINUTE_MS).toISOString(),
    problem: { code: 'timeout', message: 'The server did not answer in time.' },
    finished_at: null,
    merged: 3,
  }),
  delivery('b', { target_id: MAILBOX.target_id, target_label: MAILBOX.label, kind: 'email', event: 'draft.approved' }),
  delivery('d', {
    state: 'dead',
    event: 'integrity.alarm',
    attempts: 8,
    problem: { code: 'http_503', message: 'The server answered with status 503.' },
    can_resend: true,
  }),
]
/** As list_deliveries answers. */
export const deliveriesAnswer = (state?: Delivery['state']): OutputOf<'list_deliveries'> => {
  const deliveries = DELIVERIES.filter((each) => state === undefined || each.state === state)
  return { deliveries, total: deliveries.length, next_cursor: null }
}
