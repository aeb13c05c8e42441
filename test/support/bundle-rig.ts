/** An encrypted ledger with its log and the jobs over it, as a workspace has them, in a folder of its own. */
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type AuditLog, openAuditLog } from '../../main/audit/append.ts'
import { type AuditJobsPort, createAuditJobs, type ExportRequest } from '../../main/audit/worker/audit-jobs.ts'
import { type LedgerDb, openLedger } from '../../main/store/open.ts'
import type { AuditJob } from '../../shared/schemas/audit.ts'
import { HandClock, type KeyPair, newKeys, OneItem } from './audit-fixture.ts'
import { silentLog } from './facts-rig.ts'
import { makeTempFolder } from './temp-folder.ts'

export const OWNER = { kind: 'user', id: 'owner' } as const

export class BundleRig {
  readonly folder = makeTempFolder('bundle')
  readonly file = join(this.folder, 'ledger.db')
  readonly clock = new HandClock()
  readonly pin = new OneItem()
  readonly #key = randomBytes(32)
  readonly ledger: LedgerDb = openLedger(this.file, this.#key)
  readonly defects: unknown[] = []
  keys: KeyPair = newKeys()
  changes = 0
  log!: AuditLog
  jobs!: AuditJobsPort
  #exports = 0

  static async open(): Promise<BundleRig> {
    const rig = new BundleRig()
    rig.log = await openAuditLog({
      db: rig.ledger,
      signingKey: rig.keys,
      headPin: rig.pin,
      clock: rig.clock,
      bootId: 'boot1',
      appVersion: '0.1.0',
      onPinError: () => undefined,
    })
    rig.jobs = createAuditJobs({
      audit: rig.log,
      ledgerFile: rig.file,
      ledgerKey: () => Buffer.from(rig.#key),
      readHeadPin: rig.pin.read,
      signingKey: () => rig.keys,
      clock: { nowMs: rig.clock.nowMs, monotonicMs: () => performance.now() },
      log: { ...silentLog, error: (_event, error) => rig.defects.push(error) },
      randomBytes,
      onChange: () => {
        rig.changes += 1
      },
    })
    return rig
  }

  rotate(): void {
    const next = newKeys()
    this.log.rotateKey(next, 'scheduled')
    this.keys = next
  }

  request(more: Partial<ExportRequest> = {}): ExportRequest {
    this.#exports += 1
    return {
      scope: { kind: 'all' },
      redact: [],
      purpose: undefined,
      recipient: undefined,
      appVersion: '0.1.0',
      folder: this.folder,
      part: join(this.folder, `.spendsignoff-${String(this.#exports).padStart(16, '0')}.part`),
      fileName: `bundle-${this.#exports}.zip`,
      ...more,
    }
  }

  /** Exports and waits for the end. */
  export(more: Partial<ExportRequest> = {}): Promise<AuditJob> {
    return this.jobs.whenEnded(this.jobs.beginExport(OWNER, this.request(more)))
  }

  /** The path of a bundle that must come about. */
  async bundle(more: Partial<ExportRequest> = {}): Promise<string> {
    const { export: made, error } = await this.export(more)
    if (made === null) throw new Error(error?.message ?? 'no bundle', { cause: this.defects[0] })
    return made.file
  }

  verify(extraNotes: readonly string[] = []): Promise<AuditJob> {
    return this.jobs.whenEnded(this.jobs.beginVerification(OWNER, extraNotes))
  }

  /** Files that an export left or made, hidden ones too. */
  leftovers(): readonly string[] {
    return readdirSync(this.folder).filter((name) => !name.startsWith('ledger.db'))
  }

  async close(): Promise<void> {
    await this.jobs.close()
    await this.log.close()
    this.ledger.close()
  }
}
