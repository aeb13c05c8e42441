/**
 * The audit bench: appending with fsync beside bare SQLite, the full check beside the bare cost of its hashes and signatures, an export beside
 * packing and hashing the same bytes, and whether memory grows with the log. Temporary files only, removed at the end.
 */
import { generateKeyPairSync, hash, sign, verify } from 'node:crypto'
import { statSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { openLedger } from '../../main/store/open.ts'
import type { AuditJob } from '../../shared/schemas/audit.ts'
import { BundleRig } from '../support/bundle-rig.ts'
import { approved, outcome, proposed, read, sent } from '../support/audit-fixture.ts'
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.ts'
import { filesOf } from '../support/zip-files.ts'
import { msText, say, table, verdict } from './measure.ts'

/** Records in one transaction of the large log: what an ordinary day writes, a sync beside a few calls and changes. */
const PER_TRANSACTION = 10
const APPENDS = 1_500
const EXPORTED = 100_000
const SAMPLE = 20_000

/** How often the bare cost is allowed: decoding, canonical form, schema, chain and search index come on top of hashes and signatures. */
const APPEND_GOAL = 3
const VERIFY_GOAL = 6
const EXPORT_GOAL = 25
/** Megabytes by which the peak may be higher on a log ten times as long. */
const VERIFY_GROWTH_MB = 120
const EXPORT_GROWTH_MB = 160

/** @returns how many goals were missed */
export async function benchAudit(records: number): Promise<number> {
  say(`${cpus().length} cores (${cpus()[0]?.model ?? '?'}), Node ${process.versions.node}`)
  say()
  let missed = await appends()
  const exported = Math.min(EXPORTED, Math.max(1_000, Math.floor(records / 10)))
  const rig = await BundleRig.open()
  try {
    fill(rig, Math.floor(exported / 10))
    const smallExport = await watched(() => rig.export())
    fill(rig, exported)
    missed += await exporting(rig, smallExport.peakMb)
    const few = Math.max(exported, Math.floor(records / 10))
    fill(rig, few)
    const small = await watched(() => rig.verify())
    fill(rig, records)
    missed += await checking(rig, small)
  } finally {
    await rig.close()
    removeTempFolder(rig.folder)
  }
  return missed
}

/** One record, one transaction, one signature, one fsync: as every step of an approval is written. */
async function appends(): Promise<number> {
  const rig = await BundleRig.open()
  const folder = makeTempFolder('bench')
  const bare = openLedger(join(folder, 'bare.db'), Buffer.alloc(32, 7))
  bare.exec(
    'CREATE TABLE line (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL, leaf BLOB NOT NULL, note BLOB NOT NULL) STRICT',
  )
  const insert = bare.prepare('INSERT INTO line (bytes, leaf, note) VALUES (?, ?, ?)')
  const { privateKey } = generateKeyPairSync('ed25519')
  const line = Buffer.from(rig.log.list({ limit: 1 })[0]?.line ?? '')
  const product: number[] = []
  const plain: number[] = []
  const time = (into: number[], work: () => void): void => {
    const before = performance.now()
    work()
    into.push(performance.now() - before)
  }
  for (let n = 0; n < APPENDS; n += 1) {
    rig.clock.pass(7)
    time(product, () => void rig.log.transaction((append) => append(read(n))))
    time(plain, () => {
      const leaf = hash('sha256', line, 'buffer')
      bare.transaction(() => insert.run(line, leaf, sign(null, leaf, privateKey)))()
    })
  }
  bare.close()
  removeTempFolder(folder)
  await rig.close()
  removeTempFolder(rig.folder)
  const sum = (times: readonly number[]): number => times.reduce((total, each) => total + each, 0)
  const perSecond = (times: readonly number[]): string =>
    Math.round((times.length / sum(times)) * 1_000).toLocaleString('en')
  const ratio = sum(product) / sum(plain)
  say(
    `Appending ${APPENDS.toLocaleString('en')} records, each in a transaction of its own with its signed checkpoint, on the disk before the next`,
  )
  table(
    ['', 'records/s', 'ms each', 'goal'],
    [
      ['audit log', perSecond(product), msText(sum(product) / APPENDS), verdict(ratio, APPEND_GOAL, 'x')],
      ['bare SQLite, SHA-256, Ed25519', perSecond(plain), msText(sum(plain) / APPENDS), ''],
    ],
  )
  return ratio > APPEND_GOAL ? 1 : 0
}

/** Appends through the log itself until it has so many records. */
function fill({ log, clock }: BundleRig, size: number): void {
  const mix = [
    () => proposed({ title: 'Raise the budget', rationale: 'It sells well on weekends', 'path.0': ['Shop', 'Spring'] }),
    approved,
    sent,
    () => outcome('OK'),
    ...Array.from({ length: 6 }, (_, n) => () => read(n)),
  ]
  while (log.head().size < size)
    log.transaction((append) => {
      for (let n = 0; n < PER_TRANSACTION; n += 1) {
        clock.pass(60)
        append((mix[n % mix.length] ?? read)())
      }
    })
}

interface Watched {
  readonly ms: number
  /** How much the process held at most while it ran, above what it held before. */
  readonly peakMb: number
  readonly job: AuditJob
}

async function watched(work: () => Promise<AuditJob>): Promise<Watched> {
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  let peak = before
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 20)
  const start = performance.now()
  const job = await work()
  const ms = performance.now() - start
  clearInterval(timer)
  if (job.error !== null) throw new Error(job.error.message)
  return { ms, peakMb: (peak - before) / 1e6, job }
}

async function checking(rig: BundleRig, small: Watched): Promise<number> {
  const { ms, peakMb, job } = await watched(() => rig.verify())
  if (job.verification?.is_ok !== true) throw new Error(job.verification?.fault?.message ?? 'no verdict')
  const { size, checkpoints } = job.verification
  const bareMs = bareCheckMs(rig, size, checkpoints)
  const ratio = ms / bareMs
  const growth = peakMb - small.peakMb
  say(
    `The full check of ${size.toLocaleString('en')} records and ${checkpoints.toLocaleString('en')} signed checkpoints`,
  )
  table(
    ['', 's', 'records/s', 'peak MB', 'goal'],
    [
      [
        'full check',
        (ms / 1_000).toFixed(1),
        Math.round((size / ms) * 1_000).toLocaleString('en'),
        peakMb.toFixed(0),
        verdict(ratio, VERIFY_GOAL, 'x'),
      ],
      [
        'bare SHA-256 and Ed25519',
        (bareMs / 1_000).toFixed(1),
        Math.round((size / bareMs) * 1_000).toLocaleString('en'),
        '',
        '',
      ],
      [
        `full check of ${small.job.verification?.size.toLocaleString('en') ?? '?'}`,
        (small.ms / 1_000).toFixed(1),
        '',
        small.peakMb.toFixed(0),
        '',
      ],
    ],
  )
  return (ratio > VERIFY_GOAL ? 1 : 0) + grown('check', growth, VERIFY_GROWTH_MB)
}

/** What no check of this log can do without: a leaf hash per record, a node hash per record but one, a signature per checkpoint. */
function bareCheckMs({ log }: BundleRig, size: number, checkpoints: number): number {
  const lines = log.list({ limit: 200 }).map((row) => Buffer.from(row.line))
  const node = Buffer.alloc(65, 1)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const note = Buffer.from(log.head().note)
  const signature = sign(null, note, privateKey)
  const perHash = timed(SAMPLE, (n) => {
    hash('sha256', lines[n % lines.length] ?? node, 'buffer')
    hash('sha256', node, 'buffer')
  })
  const perSignature = timed(SAMPLE / 10, () => verify(null, note, publicKey, signature))
  return size * perHash + checkpoints * perSignature
}

function timed(times: number, work: (n: number) => unknown): number {
  for (let n = 0; n < times / 10; n += 1) work(n)
  const before = performance.now()
  for (let n = 0; n < times; n += 1) work(n)
  return (performance.now() - before) / times
}

async function exporting(rig: BundleRig, smallPeakMb: number): Promise<number> {
  const { ms, peakMb, job } = await watched(() => rig.export())
  const made = job.export
  if (made === null) throw new Error('no bundle')
  const contents = Object.values(filesOf(made.file))
  const before = performance.now()
  for (const bytes of contents) {
    hash('sha256', bytes, 'buffer')
    deflateRawSync(bytes)
  }
  const bareMs = performance.now() - before
  const ratio = ms / bareMs
  const mb = contents.reduce((total, bytes) => total + bytes.length, 0) / 1e6
  say(
    `Exporting ${made.records.toLocaleString('en')} records: ${mb.toFixed(0)} MB of files, a bundle of ${(statSync(made.file).size / 1e6).toFixed(0)} MB`,
  )
  table(
    ['', 's', 'records/s', 'peak MB', 'goal'],
    [
      [
        'export',
        (ms / 1_000).toFixed(1),
        Math.round((made.records / ms) * 1_000).toLocaleString('en'),
        peakMb.toFixed(0),
        verdict(ratio, EXPORT_GOAL, 'x'),
      ],
      ['bare SHA-256 and deflate of its files', (bareMs / 1_000).toFixed(1), '', '', ''],
      ['export of a tenth', '', '', smallPeakMb.toFixed(0), ''],
    ],
  )
  return (ratio > EXPORT_GOAL ? 1 : 0) + grown('export', peakMb - smallPeakMb, EXPORT_GROWTH_MB)
}

function grown(what: string, growthMb: number, goalMb: number): number {
  const isFlat = growthMb <= goalMb
  say(
    `Memory of the ${what}: ${growthMb.toFixed(0)} MB more at the peak for ten times the records; ${isFlat ? 'ok' : 'MISSED'} (<= ${goalMb} MB)`,
  )
  say()
  return isFlat ? 0 : 1
}
