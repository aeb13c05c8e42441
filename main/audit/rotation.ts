/**
 * Changes the key that signs the log: new key stored → record and checkpoint signed by both → old key forgotten. A crash between any two
 * steps leaves the key that the log needs, and the next start takes the last step. It signs nothing else, and never brings a key back.
 */
import type Database from 'better-sqlite3'
import type { Clock } from '../../shared/clock.ts'
import { OperationError } from '../../shared/errors.ts'
import { openAuditTable } from '../store/audit-table.ts'
import type { SettingTable } from '../store/setting-table.ts'
import type { Vault } from '../vault/vault.ts'
import type { AuditLog, RotationReason } from './audit-log.ts'
import { LedgerBroken } from './fault.ts'
import { parsePin } from './head-pin.ts'
import { createSigner, NoteError, openNote, parseCheckpoint, parseVkey } from './note.ts'
import { readIdentity } from './state.ts'

export type RotationVault = Pick<
  Vault,
  'signingKey' | 'nextSigningKey' | 'beginKeyRotation' | 'finishKeyRotation' | 'cancelKeyRotation' | 'headPin'
>

const DAY_MS = 86_400_000
/** What a thief of the key could rewrite is bounded by it, together with the checkpoints that left this computer. */
export const ROTATE_AFTER_MS: number = 90 * DAY_MS

/**
 * Ends what an interrupted rotation began. The newest checkpoint decides, by its signature: if the next key signed it, the record was
 * committed and the old key is forgotten; if not, the next one is. A log that is behind the pinned head, or signed by neither key,
 * decides nothing: both keys stay, and opening the log says what is wrong.
 * @throws what the secret store throws. Where the record was committed, the vault's key in force is the new one even then.
 */
export async function settleKeyRotation(
  vault: RotationVault,
  db: Database.Database,
): Promise<'nothing' | 'finished' | 'cancelled' | 'undecided'> {
  if (vault.nextSigningKey === undefined) return 'nothing'
  const signedBy = await keyOfNewestCheckpoint(vault, db)
  if (signedBy === 'next') await vault.finishKeyRotation()
  if (signedBy === 'current') await vault.cancelKeyRotation()
  return signedBy === undefined ? 'undecided' : signedBy === 'next' ? 'finished' : 'cancelled'
}

async function keyOfNewestCheckpoint(
  vault: RotationVault,
  db: Database.Database,
): Promise<'current' | 'next' | undefined> {
  const { signingKey, nextSigningKey } = vault
  const table = openAuditTable(db)
  const checkpoint = table.lastCheckpoint()
  if (nextSigningKey === undefined || checkpoint === undefined) return undefined
  try {
    const { origin } = readIdentity(table)
    const next = createSigner(origin, nextSigningKey)
    const current = createSigner(origin, signingKey)
    // After a failed last step the key in force is the next one already.
    const known = next.vkey === current.vkey ? [next] : [next, current]
    const { text, signedBy } = openNote(checkpoint.note, known)
    const pin = parsePin((await vault.headPin.read()) ?? '')
    if (pin !== undefined && (pin.origin !== origin || pin.size > parseCheckpoint(text).size)) return undefined
    return signedBy.includes(next) ? 'next' : 'current'
  } catch (error) {
    if (error instanceof NoteError || error instanceof LedgerBroken) return undefined
    throw error
  }
}

export interface RotationDeps {
  readonly vault: RotationVault
  readonly audit: AuditLog
  readonly db: Database.Database
  readonly settings: Pick<SettingTable, 'read' | 'write'>
  /** Time that only moves forward, see main/steady-clock.ts: a wall clock set back does not keep an old key in use. */
  readonly steadyMs: () => number
  readonly clock: Clock
}

export interface KeyInForce {
  readonly vkey: string
  readonly keyId: string
  /** ISO 8601 UTC, by the clock of then. */
  readonly since: string
  readonly reason: RotationReason | 'genesis'
}

export type Rotation = ReturnType<typeof createRotation>

export function createRotation(deps: RotationDeps) {
  const { vault, audit, settings } = deps
  let queue: Promise<unknown> = Promise.resolve()

  /** By the age of the key on the steady clock; a key without a note of its own counts from its record, but never as younger than new. */
  function ageMs(): number {
    const { keyId, since } = keyInForce(audit)
    const nowMs = deps.steadyMs()
    const noted = readSetting(settings.read('key_rotation'))
    if (noted?.keyId === keyId) return Math.max(0, nowMs - noted.sinceSteadyMs)
    const sinceSteadyMs = nowMs - Math.max(0, deps.clock.nowMs() - Date.parse(since))
    settings.write('key_rotation', { keyId, sinceSteadyMs } satisfies Noted)
    return nowMs - sinceSteadyMs
  }

  async function rotate(reason: RotationReason): Promise<KeyInForce> {
    await settleKeyRotation(vault, deps.db)
    const next = await vault.beginKeyRotation()
    try {
      audit.rotateKey(next, reason)
    } catch (error) {
      // Whether the commit went through is read, not guessed. If the store fails too, the next start or attempt finds both keys.
      await settleKeyRotation(vault, deps.db).catch(() => undefined)
      throw error
    }
    const unforgotten = await vault.finishKeyRotation().then(
      () => undefined,
      (error: unknown) => notForgotten(error),
    )
    // Whoever keeps the pin hears of a failure by itself; the key is changed either way.
    await audit.pinHead().catch(() => undefined)
    const inForce = keyInForce(audit)
    settings.write('key_rotation', { keyId: inForce.keyId, sinceSteadyMs: deps.steadyMs() } satisfies Noted)
    if (unforgotten !== undefined) throw unforgotten
    return inForce
  }

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const run = queue.then(work)
    queue = run.catch(() => undefined)
    return run
  }

  return {
    /**
     * @returns the key in force afterwards
     * @throws LedgerBroken; what the secret store or SQLite throws. The log then has one key in force or the other, never neither.
     */
    rotate: (reason: RotationReason): Promise<KeyInForce> => inTurn(() => rotate(reason)),
    /** Ends an interrupted rotation, and rotates a key that is 90 days old. @returns whether it rotated */
    rotateIfDue: (): Promise<boolean> =>
      inTurn(async () => {
        await settleKeyRotation(vault, deps.db)
        if (audit.fault() !== undefined || ageMs() < ROTATE_AFTER_MS) return false
        await rotate('scheduled')
        return true
      }),
    /** When the key in force will be changed by itself, by today's wall clock. Unix ms. */
    dueAtMs: (): number => deps.clock.nowMs() + Math.max(0, ROTATE_AFTER_MS - ageMs()),
    /** A rotation that is committed, but whose old key the secret store has not let go of yet. */
    isUnfinished: (): boolean => vault.nextSigningKey !== undefined,
    /** Resolves once nothing is under way. */
    whenIdle: async (): Promise<void> => void (await queue),
  }
}

function notForgotten(cause: unknown): OperationError {
  return new OperationError(
    cause instanceof OperationError ? cause.code : 'internal',
    'The audit log is signed with a new key from now on, but the vault could not forget the old one yet.',
    'SpendSignoff tries it again by itself until it works. Unlock the keychain of this computer, or restart SpendSignoff.',
    { cause, retryable: true },
  )
}

/** The key that signs now, and since when. @throws LedgerBroken when the log's first record cannot be read */
export function keyInForce(audit: AuditLog): KeyInForce {
  const [rotation] = audit.list({ type: 'key.rotated', limit: 1 })
  if (rotation?.record?.type === 'key.rotated') {
    const { ts, data } = rotation.record
    return { vkey: data.new, keyId: parseVkey(data.new).keyId, since: ts, reason: data.reason }
  }
  const [genesis] = audit.list({ type: 'log.genesis', limit: 1 })
  return {
    vkey: audit.vkey,
    keyId: parseVkey(audit.vkey).keyId,
    since: genesis?.record?.ts ?? new Date(0).toISOString(),
    reason: 'genesis',
  }
}

interface Noted {
  readonly keyId: string
  readonly sinceSteadyMs: number
}

/** Undefined for anything that this file did not write. */
function readSetting(value: unknown): Noted | undefined {
  if (typeof value !== 'object' || value === null || !('keyId' in value) || !('sinceSteadyMs' in value))
    return undefined
  const { keyId, sinceSteadyMs } = value
  return typeof keyId === 'string' && Number.isSafeInteger(sinceSteadyMs)
    ? { keyId, sinceSteadyMs: sinceSteadyMs as number }
    : undefined
}
