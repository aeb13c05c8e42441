/**
 * A new log in place of one that must not be continued: restored from a backup, or without its signing key. The old one stays whole beside
 * the ledger; record 0 of the new one names it, with the head that was found and the head that was remembered, so that the gap between them
 * is on record. It never signs for the old log, and it begins nothing unless exactly such a trouble is found.
 *
 * Steps: archive → new key → one transaction (old tables emptied, drafts settled, record 0) → head pinned. After a crash before the
 * transaction the same trouble is found again; after it, finishSuccession() pins.
 */
import { randomBytes } from 'node:crypto'
import type Database from 'better-sqlite3'
import type { Clock } from '../../shared/clock.ts'
import { OperationError } from '../../shared/errors.ts'
import { archiveLog, clearLog } from '../store/archived-log.ts'
import { type AuditTable, openAuditTable } from '../store/audit-table.ts'
import { createDraftTable } from '../store/draft-table.ts'
import type { LedgerDb } from '../store/open.ts'
import type { SigningKey, Vault } from '../vault/vault.ts'
import { type AuditLog, beginLog } from './append.ts'
import { type FaultKind, LedgerBroken } from './fault.ts'
import { formatPin, type PinnedHead, parsePin } from './head-pin.ts'
import { readRecord } from './list.ts'
import { createSigner, NoteError, openNote, parseCheckpoint, parseVkey } from './note.ts'
import { checkAgainstPin, loadState, readIdentity, vkeyInForce } from './state.ts'
import { settleDrafts } from './successor-drafts.ts'

export type SuccessorReason = 'restored' | 'key_lost'
export interface LogHead {
  readonly origin: string
  readonly size: number
  /** base64 */
  readonly root: string
}

/** Why a log must not be continued although it is genuine in itself. */
export interface LogTrouble {
  readonly reason: SuccessorReason
  readonly kind: FaultKind | 'signing_key_missing'
  /** The head of the log that stands there; undefined when it is empty. */
  readonly found: LogHead | undefined
  /** The head that this computer remembers. */
  readonly pinned: PinnedHead | undefined
}

/** A log of which one of these is said is genuine, but not the one, or not all of the one, that was written here. */
const NOT_OURS: readonly FaultKind[] = ['rolled_back', 'foreign_log', 'rewritten']

type TroubleVault = Pick<Vault, 'signingKey' | 'nextSigningKey' | 'headPin'>

/**
 * The trouble that only a new log ends; undefined when the log can be continued. Reads only.
 * @throws LedgerBroken for a log that is damaged in itself: no new log hides that; what the secret store throws
 */
export async function findTrouble(db: Database.Database, vault: TroubleVault): Promise<LogTrouble | undefined> {
  const table = openAuditTable(db)
  const text = await vault.headPin.read()
  const pinned = text === undefined ? undefined : parsePin(text)
  const keys = keysOf(vault)
  if (table.lastEntry() === undefined)
    return pinned === undefined ? undefined : { reason: 'restored', kind: 'rolled_back', found: undefined, pinned }
  const { origin, vkey } = readIdentity(table)
  const inForce = vkeyInForce(table, vkey)
  const state = loadState(table, parseVkey(inForce))
  const found: LogHead = { origin, size: state.signedSize, root: state.signedRoot }
  if (keys.length === 0) return { reason: 'key_lost', kind: 'signing_key_missing', found, pinned }
  const kind =
    text === undefined ? undefined : pinFault(() => void checkAgainstPin(table, text, { origin, vkey, state }))
  // A backup from before a rotation is signed by a key that was forgotten since: it is old, its key is not lost.
  if (kind !== undefined) return { reason: 'restored', kind, found, pinned }
  const isKeyRight = keys.some((key) => createSigner(origin, key).vkey === inForce)
  return isKeyRight ? undefined : { reason: 'key_lost', kind: 'wrong_key', found, pinned }
}

/** @throws LedgerBroken for a pin that cannot be read: then nothing is known of the log at all */
function pinFault(check: () => void): FaultKind | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (error instanceof LedgerBroken && NOT_OURS.includes(error.fault.kind)) return error.fault.kind
    throw error
  }
}

/** None when the signing key is lost. */
function keysOf(vault: TroubleVault): readonly SigningKey[] {
  try {
    return [vault.signingKey, vault.nextSigningKey].filter((key) => key !== undefined)
  } catch (error) {
    if (error instanceof OperationError && error.code === 'vault_key_missing') return []
    throw error
  }
}

export interface SuccessorDeps {
  readonly ledger: LedgerDb
  readonly ledgerFile: string
  readonly vault: Pick<Vault, 'signingKey' | 'nextSigningKey' | 'headPin' | 'ledgerKey' | 'renewSigningKey'>
  readonly clock: Clock
  readonly appVersion: string
  /** Tests stop the process at a step. */
  readonly onStep?: ((step: 'archived' | 'key_renewed' | 'begun') => void) | undefined
}

/**
 * Begins the new log. Drafts and settings stay; what was open is settled (see successor-drafts.ts).
 * @throws OperationError not_allowed when the log needs none, or for another reason than the given one; LedgerBroken when it is damaged in
 *   itself; what SQLite, the file system or the secret store throws: then the old log stands there as before
 */
export async function beginSuccessor(
  deps: SuccessorDeps,
  reason: SuccessorReason,
): Promise<{ readonly origin: string }> {
  const { ledger, vault, clock } = deps
  const trouble = await findTrouble(ledger, vault)
  if (trouble?.reason !== reason) throw notNeeded(trouble)
  const { found, pinned, kind } = trouble
  if (found !== undefined) archive(deps, found.origin)
  deps.onStep?.('archived')
  await vault.renewSigningKey()
  deps.onStep?.('key_renewed')
  const options = {
    db: ledger,
    signingKey: vault.signingKey,
    headPin: vault.headPin,
    clock,
    bootId: randomBytes(8).toString('hex'),
    appVersion: deps.appVersion,
    // pinHead() below is waited for, and the next start pins again: nothing is lost that has to be said here.
    onPinError: () => undefined,
    predecessor: {
      reason,
      ...(found === undefined ? {} : { restored: found }),
      ...(pinned === undefined ? {} : { pinned: headOf(pinned) }),
    },
  }
  const log: AuditLog = ledger
    .transaction(() => {
      clearLog(ledger)
      const settled = settleDrafts(createDraftTable(ledger), reason, clock.nowMs())
      return beginLog(options, [
        {
          type: 'integrity.alarm',
          actor: { kind: 'system', id: 'app' },
          data: { kind, size: found?.size, pinnedSize: pinned?.size },
        },
        ...settled,
      ])
    })
    .immediate()
  deps.onStep?.('begun')
  try {
    await log.pinHead()
  } finally {
    await log.close().catch(() => undefined)
  }
  return { origin: log.origin }
}

function archive({ ledger, ledgerFile, vault }: SuccessorDeps, origin: string): void {
  const key = vault.ledgerKey()
  try {
    archiveLog(ledger, ledgerFile, key, origin)
  } finally {
    key.fill(0)
  }
}

/**
 * Pins the head of a new log whose beginning was interrupted after its transaction: the head that is pinned is then exactly the one that its
 * record 0 names, and the log has a single checkpoint, signed by the key in force. Anything else is left for the opening to judge.
 * @returns whether it pinned
 */
export async function finishSuccession(
  db: Database.Database,
  vault: Pick<Vault, 'signingKey' | 'headPin'>,
): Promise<boolean> {
  const pinned = parsePin((await vault.headPin.read()) ?? '')
  const table = openAuditTable(db)
  const first = table.entries(0, 1)[0]
  const genesis = first === undefined ? undefined : readRecord(first)
  if (pinned === undefined || genesis?.type !== 'log.genesis') return false
  const { log: origin, data } = genesis
  const named = data.predecessor?.pinned
  if (named === undefined || origin === pinned.origin || !isSameHead(named, pinned)) return false
  const head = onlyCheckpoint(table, origin, vault.signingKey)
  if (head === undefined) return false
  await vault.headPin.write(formatPin({ ...head, vkey: data.vkey, ts: genesis.ts }))
  return true
}

function onlyCheckpoint(table: AuditTable, origin: string, key: SigningKey): LogHead | undefined {
  const checkpoint = table.lastCheckpoint()
  if (checkpoint === undefined || table.coveringSize(0) !== checkpoint.size) return undefined
  try {
    const { text } = openNote(checkpoint.note, [createSigner(origin, key)])
    const { size, root } = parseCheckpoint(text)
    return { origin, size, root: root.toString('base64') }
  } catch (error) {
    if (error instanceof NoteError) return undefined
    throw error
  }
}

const headOf = ({ origin, size, root }: LogHead): LogHead => ({ origin, size, root })
const isSameHead = (a: LogHead, b: LogHead): boolean => a.origin === b.origin && a.size === b.size && a.root === b.root

function notNeeded(trouble: LogTrouble | undefined): OperationError {
  return new OperationError(
    'not_allowed',
    trouble === undefined
      ? 'This workspace’s audit log can be continued. Nothing was changed.'
      : 'The audit log cannot be continued, but for another reason than the one given. Nothing was changed.',
    'Try to open the workspace again, and read what it says.',
  )
}
