/**
 * The log of one open workspace over its time: opened with the key that is in force, its key changed by age or on suspicion, and whatever
 * is noticed of key, head or clock put on record and told. Decides nothing about drafts.
 */
import { OperationError, type ErrorReply } from '../shared/errors.ts'
import type { OutputOf } from '../shared/operations.ts'
import type { LogIdentity } from '../shared/schemas/log.ts'
import { newestRecordMs, raiseAlarm, recordClockSetBack } from './audit/alarm.ts'
import { type AuditLog, type AuditLogOptions, openAuditLog } from './audit/append.ts'
import { describeArchivedLogs, verifyArchivedLog } from './audit/archived.ts'
import { LedgerBroken } from './audit/fault.ts'
import { type HeadPinPort, parsePin } from './audit/head-pin.ts'
import { createRotation, keyInForce, type Rotation, settleKeyRotation } from './audit/rotation.ts'
import { findTrouble, finishSuccession } from './audit/successor.ts'
import { isoTime } from './drafts/view.ts'
import type { Ports } from './ports.ts'
import type { Handlers } from './run-operation.ts'
import type { SettingTable } from './store/setting-table.ts'
import { storageFault } from './store/storage-fault.ts'
import type { OpenWorkspace } from './workspace.ts'

export interface SessionLogDeps {
  readonly opened: Pick<OpenWorkspace, 'vault' | 'ledger' | 'ledgerFile'>
  readonly ports: Pick<Ports, 'clock' | 'log' | 'notify'>
  readonly bootId: string
  readonly appVersion: string
  readonly onChange: () => void
  readonly onAppended?: AuditLogOptions['onAppended']
}

/** How often it is looked whether a key is due, and a head that could not be pinned is tried again. Both cost next to nothing. */
const KEEP_EVERY_MS = 10 * 60_000
const MAX_ALARMS = 20

export type SessionLog = Awaited<ReturnType<typeof openSessionLog>>

/**
 * @throws OperationError ledger_broken, with details `successor`, `found_size` and `remembered_size` where a new log can be begun; what the
 *   secret store throws
 */
export async function openSessionLog(deps: SessionLogDeps) {
  const { opened, ports } = deps
  const { vault, ledger } = opened
  const { clock, log } = ports
  const problems = createProblems(deps)
  const headPin: HeadPinPort = {
    read: () => vault.headPin.read(),
    async write(text) {
      try {
        await vault.headPin.write(text)
        problems.clear('head_not_pinned')
      } catch (error) {
        if (problems.note('head_not_pinned', error)) notePinFailure()
        throw error
      }
    },
  }
  await finishSuccession(ledger, vault)
  await settleKeyRotation(vault, ledger).catch((error: unknown) => problems.note('old_key_kept', error))
  const newestMs = newestRecordMs(ledger)
  let openedLog: AuditLog | undefined
  const audit = await openAuditLog({
    db: ledger,
    signingKey: vault.signingKey,
    headPin,
    clock,
    bootId: deps.bootId,
    appVersion: deps.appVersion,
    onPinError: (error) => log.error('head_pin_failed', error),
    ...(deps.onAppended === undefined ? {} : { onAppended: deps.onAppended }),
  }).catch(async (error: unknown) => {
    throw error instanceof LedgerBroken ? await withOffer(error, opened) : error
  })
  openedLog = audit
  if (recordClockSetBack(audit, clock, newestMs) !== undefined)
    ports.notify({
      title: 'The clock of this computer was set back',
      body: 'It is earlier than the newest record of the audit log. The order of records does not depend on it; it is on record.',
    })
  let rotation: Rotation | undefined
  let timer: NodeJS.Timeout | undefined

  /** Once per outage; the record itself brings the next attempt to pin. */
  function notePinFailure(): void {
    const current = openedLog
    if (current !== undefined)
      queueMicrotask(() => raiseAlarm({ audit: current, log }, { kind: 'head_not_pinned', size: sizeOf(current) }))
  }

  async function keepUp(): Promise<void> {
    if (problems.has('head_not_pinned'))
      await audit.pinHead().catch((error: unknown) => log.error('head_pin_failed', error))
    try {
      if ((await rotation?.rotateIfDue()) === true) deps.onChange()
      problems.clear('old_key_kept')
    } catch (error) {
      log.error('key_rotation_failed', error)
      problems.note('old_key_kept', error)
    }
  }

  return {
    audit,
    problems,
    /** Begins to keep the key young: at once and from then on. Without it nothing is changed by itself. */
    start(parts: {
      readonly settings: SettingTable
      readonly steadyMs: () => number
      readonly keepsUp: boolean
    }): Promise<void> {
      rotation = createRotation({ vault, audit, db: ledger, clock, ...parts })
      if (!parts.keepsUp) return Promise.resolve()
      timer = setInterval(() => void keepUp(), KEEP_EVERY_MS)
      timer.unref()
      return keepUp()
    },
    keepUp,
    rotation(): Rotation {
      if (rotation === undefined) throw new Error('the log is not started')
      return rotation
    },
    /** The full check of a log that another one took over from. */
    async verifyArchived(file: string, signal: AbortSignal): Promise<OutputOf<'verify_archived_log'>> {
      const startedMs = clock.monotonicMs()
      const key = vault.ledgerKey()
      const restored = predecessorOf(audit)?.restored
      try {
        const result = await verifyArchivedLog(
          { ledgerFile: opened.ledgerFile, file, key },
          restored === null || restored === undefined ? [] : [restored],
          signal,
        )
        const { ok: is_ok, limits, vkey } = result
        const found = result.ok ? result : { size: 0, root: '', checkpoints: 0 }
        return {
          is_ok,
          size: found.size,
          root: found.root,
          checkpoints: found.checkpoints,
          vkey,
          took_ms: Math.round(clock.monotonicMs() - startedMs),
          fault: result.ok
            ? null
            : { kind: result.fault.kind, seq: result.fault.seq ?? null, message: result.fault.message },
          limits: [...limits].slice(0, 8),
        }
      } finally {
        key.fill(0)
      }
    },
    identity: (): Promise<LogIdentity> => identityOf({ opened, audit, rotation, problems }),
    async close(): Promise<void> {
      clearInterval(timer)
      await rotation?.whenIdle()
      await audit.close()
    },
  }
}

/** Adds to the error what the window needs to offer a new log, where one may be begun. */
async function withOffer(broken: LedgerBroken, { ledger, vault }: SessionLogDeps['opened']): Promise<OperationError> {
  const trouble = await findTrouble(ledger, vault).catch(() => undefined)
  if (trouble === undefined) return broken
  return new OperationError('ledger_broken', broken.message, broken.hint, {
    cause: broken,
    details: {
      ...broken.details,
      successor: trouble.reason,
      ...(trouble.found === undefined ? {} : { found_size: trouble.found.size }),
      ...(trouble.pinned === undefined ? {} : { remembered_size: trouble.pinned.size }),
    },
  })
}

type Problem = 'outcome_not_written' | 'head_not_pinned' | 'old_key_kept'
/** The gravest first. */
const PROBLEMS: readonly Problem[] = ['outcome_not_written', 'head_not_pinned', 'old_key_kept']
const WORDS: Readonly<Record<Problem, readonly [message: string, hint: string]>> = {
  outcome_not_written: [
    'What became of a change could not be written down.',
    'SpendSignoff tries again by itself, and nothing is sent a second time.',
  ],
  head_not_pinned: [
    'The newest state of the audit log could not be stored in the vault. Nothing is lost, but nothing can be sent to a platform until it can.',
    'SpendSignoff tries again by itself.',
  ],
  old_key_kept: [
    'The key of the audit log could not be changed, or the old one not be forgotten.',
    'SpendSignoff tries again by itself.',
  ],
}

export type Problems = ReturnType<typeof createProblems>

/** What does not work at the moment, told once when it begins and gone when it works again. */
function createProblems({ ports, onChange }: Pick<SessionLogDeps, 'ports' | 'onChange'>) {
  const open = new Map<Problem, ErrorReply>()
  const replyOf = (problem: Problem, error: unknown): ErrorReply => {
    const [message, hint] = WORDS[problem]
    const cause = error instanceof OperationError ? error : storageFault(error)
    return {
      code: cause?.code ?? 'internal',
      message,
      hint: cause === undefined ? hint : `${cause.hint} ${hint}`,
      retryable: true,
    }
  }
  return {
    /** @returns whether it is new */
    note(problem: Problem, error: unknown): boolean {
      const isNew = !open.has(problem)
      const reply = replyOf(problem, error)
      open.set(problem, reply)
      if (isNew) {
        ports.notify({ title: reply.message, body: reply.hint })
        onChange()
      }
      return isNew
    },
    clear(problem: Problem): void {
      if (open.delete(problem)) onChange()
    },
    has: (problem: Problem): boolean => open.has(problem),
    /** The gravest of what is open, for the window's frame. */
    worst: (): ErrorReply | undefined => PROBLEMS.map((each) => open.get(each)).find((each) => each !== undefined),
    list: (): readonly { readonly kind: Problem; readonly reply: ErrorReply }[] =>
      PROBLEMS.flatMap((kind) => {
        const reply = open.get(kind)
        return reply === undefined ? [] : [{ kind, reply }]
      }),
  }
}

async function identityOf(parts: {
  readonly opened: SessionLogDeps['opened']
  readonly audit: AuditLog
  readonly rotation: Rotation | undefined
  readonly problems: Problems
}): Promise<LogIdentity> {
  const { opened, audit, rotation, problems } = parts
  const { vkey, keyId, since, reason } = keyInForce(audit)
  const pin = parsePin((await opened.vault.headPin.read().catch(() => undefined)) ?? '')
  const fault = audit.fault()
  const faults = [
    ...(fault === undefined
      ? []
      : [
          {
            kind: fault.kind as string,
            message: fault.message,
            hint: 'Run the full check, and compare with a checkpoint that left this computer.',
          },
        ]),
    ...problems.list().map(({ kind, reply }) => ({ kind, message: reply.message, hint: reply.hint })),
  ]
  return {
    origin: audit.origin,
    vkey: audit.vkey,
    key: {
      vkey,
      key_id: keyId,
      since,
      reason,
      next_rotation_due: isoTime(rotation?.dueAtMs() ?? 0),
      is_old_key_kept: rotation?.isUnfinished() ?? false,
    },
    rotations: audit.list({ type: 'key.rotated', limit: 200 }).length,
    predecessor: predecessorOf(audit),
    predecessors: archivedLogs(opened),
    head: audit.head(),
    pinned: pin === undefined ? null : { size: pin.size, at: pin.ts },
    last_check: lastCheckOf(audit),
    faults,
    alarms: alarmsOf(audit),
  }
}

function lastCheckOf(audit: AuditLog): LogIdentity['last_check'] {
  const row = audit.list({ type: 'log.verified', limit: 1 })[0]
  return row?.record?.type === 'log.verified' ? { seq: row.seq, at: row.record.ts, is_ok: row.record.data.ok } : null
}

function predecessorOf(audit: AuditLog): LogIdentity['predecessor'] {
  const record = audit.list({ type: 'log.genesis', limit: 1 })[0]?.record
  const before = record?.type === 'log.genesis' ? record.data.predecessor : undefined
  if (before === undefined) return null
  const { reason, restored, pinned } = before
  return {
    reason,
    continuity: reason === 'key_lost' ? 'broken' : 'gap',
    restored: restored ?? null,
    pinned: pinned ?? null,
    words:
      reason === 'key_lost'
        ? 'The key of the log before was lost. That this log follows it is this app’s word alone: only a checkpoint that left this computer connects the two.'
        : `The log before was restored from a backup${gapWords(restored, pinned)}. It ends there; nothing was added to it.`,
  }
}

function gapWords(
  restored: { size: number; origin: string } | undefined,
  pinned: { size: number; origin: string } | undefined,
): string {
  if (restored === undefined || pinned === undefined || restored.origin !== pinned.origin) return ''
  if (pinned.size <= restored.size) return ', and its records are not the ones that this computer remembered'
  return `: records ${restored.size} to ${pinned.size - 1} are known to have existed and are not in it`
}

function archivedLogs({ ledgerFile, vault }: SessionLogDeps['opened']): LogIdentity['predecessors'] {
  const key = vault.ledgerKey()
  try {
    return describeArchivedLogs(ledgerFile, key).map(({ file, log }) => ({
      file,
      log:
        log === undefined
          ? null
          : { origin: log.origin, vkey: log.vkey, size: log.size, root: log.root, last_at: log.lastAt ?? null },
    }))
  } finally {
    key.fill(0)
  }
}

function alarmsOf(audit: AuditLog): LogIdentity['alarms'] {
  const rows = [
    ...audit.list({ type: 'integrity.alarm', limit: MAX_ALARMS }),
    ...audit.list({ type: 'clock.jump', limit: 200 }),
  ]
  return rows
    .flatMap(({ seq, record }) => {
      if (record?.type === 'integrity.alarm')
        return [{ seq, at: record.ts, kind: record.data.kind, draft_id: record.data.draft ?? null }]
      const isSetBack =
        record?.type === 'clock.jump' && record.data.wallMs < record.data.monoMs - 2_000 && record.data.wallMs < 0
      return isSetBack ? [{ seq, at: record.ts, kind: 'clock_set_back', draft_id: null }] : []
    })
    .toSorted((a, b) => b.seq - a.seq)
    .slice(0, MAX_ALARMS)
}

function sizeOf(audit: AuditLog): number | undefined {
  try {
    return audit.head().size
  } catch {
    return undefined
  }
}

/** What the window and the command line may ask of the log's identity, and what a person may do with its key. */
export function logHandlers(sessionLog: SessionLog): Handlers {
  return {
    get_log_identity: () => sessionLog.identity(),
    verify_archived_log: ({ file }, { signal }) => sessionLog.verifyArchived(file, signal),
    rotate_signing_key: async ({ reason }) => {
      const { vkey, keyId, since } = await sessionLog.rotation().rotate(reason)
      return { vkey, key_id: keyId, since }
    },
  }
}
