/**
 * Checks an audit bundle, knowing nothing but the file and what the reader of it brings: the log's key and checkpoints from elsewhere. Recomputes
 * every hash, checks every signature and proof, and names the first fault. Never unpacks to the disk, and memory does not grow with the bundle.
 */
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { OperationError } from '../../../shared/errors.ts'
import { type Checkpoint, NoteError, type NoteVerifier, openNote, parseVkey } from '../note.ts'
import { type BundleFaultInfo, BundleFault, faultOf } from './bundle-fault.ts'
import { parseStatement } from './bundle-note.ts'
import { scopeWords } from './bundle-story.ts'
import { BundleWalk } from './bundle-walk.ts'
import { type GivenCheckpoint, readGiven } from './bundle-witnesses.ts'
import { FILES, keyFiles, type Manifest, parseSums, readManifest } from './layout.ts'
import { ZipReader } from './zip-reader.ts'

export type BundleResult =
  | {
      readonly ok: true
      readonly vkey: string
      readonly origin: string
      /** Records that the newest checkpoint of the bundle counts, and their root in base64. */
      readonly size: number
      readonly root: string
      /** What of the log is in it, in words. */
      readonly range: string
      readonly isComplete: boolean
      readonly records: number
      readonly withheld: number
      readonly checkpoints: number
      /** Given checkpoints that fit, by size. */
      readonly witnesses: readonly number[]
      readonly limits: readonly string[]
    }
  | { readonly ok: false; readonly fault: BundleFaultInfo; readonly limits: readonly string[] }

export interface BundleOptions {
  /** The log's identity as the reader knows it from elsewhere. Undefined: the bundle's own word is taken for it. */
  readonly vkey?: string | undefined
  /** Checkpoints that the reader received elsewhere. */
  readonly extraNotes?: readonly string[] | undefined
}

export interface BundleHooks {
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void
}

const LIMITS = { archiveBytes: 4 * 1024 ** 3, files: 1_000, inflatedBytes: 16 * 1024 ** 3, ratio: 200 } as const
/** Small files are read whole; what is larger than this is none of them. */
const SMALL = {
  [FILES.manifest]: 16_384,
  [FILES.checkpoint]: 16_384,
  [FILES.note]: 16_384,
  [FILES.sums]: 262_144,
  [FILES.checkpoints]: 64 * 1024 * 1024,
} as const
const MAX_KEY_BYTES = 1_024
const PIECES_PER_TURN = 16

/** @throws OperationError cancelled. A file that cannot be read, or is no good bundle, is a result, not an error. */
export async function verifyBundle(
  file: string,
  options: BundleOptions = {},
  hooks: BundleHooks = {},
): Promise<BundleResult> {
  const given = (options.extraNotes ?? []).length
  const limits = limitsOf(options.vkey !== undefined, given > 0)
  let zip: ZipReader | undefined
  try {
    zip = new ZipReader(file, LIMITS)
    const check = new Check(zip, hooks)
    const { manifest, ...rest } = await check.run(options)
    const part = manifest.complete
      ? []
      : ['This is a part of the log: that nothing else in it would matter cannot be seen from here.']
    const texts =
      manifest.withheld === 0 ? [] : [`${manifest.withheld} texts were withheld or erased; their records are all here.`]
    return {
      ok: true,
      origin: manifest.origin,
      range: scopeWords(manifest),
      isComplete: manifest.complete,
      records: manifest.records,
      withheld: manifest.withheld,
      ...rest,
      limits: [...limits, ...part, ...texts, ...rest.notes],
    }
  } catch (error) {
    const fault = faultOf(error) ?? unreadable(error, file)
    if (fault === undefined) throw error
    return { ok: false, fault, limits }
  } finally {
    zip?.close()
  }
}

class Check {
  readonly #zip: ZipReader
  readonly #hooks: BundleHooks
  readonly #total: number
  #done = 0
  #pieces = 0

  constructor(zip: ZipReader, hooks: BundleHooks) {
    this.#zip = zip
    this.#hooks = hooks
    // Every file once for its hash, the records once more for what they say.
    this.#total =
      zip.names.reduce((sum, name) => sum + (zip.sizeOf(name) ?? 0), 0) +
      [FILES.entries, FILES.disclosures, FILES.proofs].reduce((sum, name) => sum + (zip.sizeOf(name) ?? 0), 0)
  }

  async run(options: BundleOptions) {
    const sumsText = this.#small(FILES.sums)
    const sums = await this.#files(sumsText)
    const identity = this.#identity(options.vkey)
    const manifest = this.#manifest(identity)
    const given = readGiven(options.extraNotes ?? [], identity)
    const walk = new BundleWalk({
      identity,
      manifest,
      checkpoints: this.#small(FILES.checkpoints).toString('utf8'),
      head: this.#small(FILES.checkpoint).toString('utf8'),
      given,
      pieces: (name) => this.#piecesOf(name, sums),
      turn: () => this.#turn(),
    })
    const { head, keys, checkpoints, notes } = await walk.run()
    this.#contents(walk.vkeys, sums, manifest.complete)
    this.#statement(keys, head, sha256(sumsText))
    return {
      manifest,
      vkey: identity.vkey,
      size: head.size,
      root: head.root.toString('base64'),
      checkpoints,
      witnesses: sizesOf(given),
      notes,
    }
  }

  /** Every file is named in SHA256SUMS with its hash, and nothing else is here. */
  async #files(sumsText: Buffer): Promise<ReadonlyMap<string, string>> {
    const sums = parseSums(sumsText.toString('latin1'))
    if (sums === undefined)
      throw new BundleFault('file_changed', `${FILES.sums} is not a list of files.`, { file: FILES.sums })
    for (const name of this.#zip.names)
      if (!sums.has(name) && name !== FILES.sums && name !== FILES.note)
        throw new BundleFault('extra_file', `${name} is in the archive, but not in the list of its files.`, {
          file: name,
        })
    for (const name of [...REQUIRED, ...sums.keys()])
      if (this.#zip.sizeOf(name) === undefined || (!sums.has(name) && name !== FILES.sums && name !== FILES.note))
        throw new BundleFault('missing_file', `${name} is missing.`, { file: name })
    for (const [name, expected] of sums) {
      const hash = createHash('sha256')
      for (const piece of this.#zip.pieces(name)) {
        hash.update(piece)
        this.#done += piece.length
        // oxlint-disable-next-line no-await-in-loop
        await this.#turn()
      }
      if (hash.digest('hex') !== expected)
        throw new BundleFault('file_changed', `${name} was changed: it does not have the hash in the list of files.`, {
          file: name,
        })
    }
    return sums
  }

  /** The pieces of a file that was hashed before, and the same hash again: the file on the disk may have changed in between. */
  *#piecesOf(name: string, sums: ReadonlyMap<string, string>): Generator<Uint8Array> {
    const hash = createHash('sha256')
    for (const piece of this.#zip.pieces(name)) {
      hash.update(piece)
      this.#done += piece.length
      yield piece
    }
    if (hash.digest('hex') !== sums.get(name))
      throw new BundleFault('file_changed', `${name} was changed while it was read.`, { file: name })
  }

  #identity(pinned: string | undefined): NoteVerifier {
    const name = 'keys/genesis.vkey'
    const text = this.#whole(name, MAX_KEY_BYTES).toString('utf8')
    let identity: NoteVerifier
    try {
      identity = parseVkey(text.slice(0, -1))
    } catch (error) {
      if (!(error instanceof NoteError)) throw error
      throw new BundleFault('bad_signature', `${name} is not a key.`, { file: name })
    }
    if (text !== `${identity.vkey}\n`) throw new BundleFault('bad_signature', `${name} is not a key.`, { file: name })
    if (pinned !== undefined && pinned.trim() !== identity.vkey)
      throw new BundleFault('foreign_log', 'The bundle is of another log than the one whose key you gave.', {
        file: name,
      })
    return identity
  }

  #manifest(identity: NoteVerifier): Manifest {
    const bytes = this.#small(FILES.manifest)
    const manifest = bytes.at(-1) === 10 ? readManifest(bytes.subarray(0, -1)) : undefined
    if (manifest === undefined) {
      const isNewer = /"format":"spendsignoff\/audit-bundle\/v(?:[2-9]|\d{2})/.test(bytes.toString('latin1'))
      throw isNewer
        ? new BundleFault(
            'unknown_version',
            'The bundle is written in a newer format, which this version cannot check.',
            { file: FILES.manifest },
          )
        : new BundleFault('bad_manifest', `${FILES.manifest} is not a description of a bundle.`, {
            file: FILES.manifest,
          })
    }
    if (manifest.origin !== identity.name)
      throw new BundleFault('foreign_log', 'The bundle is described as one of another log.', { file: FILES.manifest })
    return manifest
  }

  /** The keys that are in the bundle for other programs are exactly those of the log. */
  #contents(vkeys: readonly string[], sums: ReadonlyMap<string, string>, isComplete: boolean): void {
    const expected = new Map(vkeys.flatMap((vkey, at) => keyFiles(at, vkey)).map(({ name, text }) => [name, text]))
    for (const name of sums.keys()) {
      const isKnown = (REQUIRED as readonly string[]).includes(name) || (name === FILES.proofs && !isComplete)
      const text = expected.get(name)
      if (text === undefined && !isKnown)
        throw new BundleFault('extra_file', `${name} does not belong in a bundle.`, { file: name })
      if (text !== undefined && this.#whole(name, MAX_KEY_BYTES).toString('utf8') !== text)
        throw new BundleFault('bad_signature', `${name} is not the key that the records name.`, { file: name })
    }
    for (const name of expected.keys())
      if (!sums.has(name)) throw new BundleFault('missing_file', `${name} is missing.`, { file: name })
  }

  /** The one signature over all files. @throws BundleFault */
  #statement(keys: readonly NoteVerifier[], head: Checkpoint, sumsSha256: string): void {
    const bad = (message: string): BundleFault => new BundleFault('bad_signature', message, { file: FILES.note })
    let text: string
    try {
      text = openNote(this.#small(FILES.note).toString('utf8'), keys).text
    } catch (error) {
      if (!(error instanceof NoteError)) throw error
      throw bad('The bundle is not signed by the key of the log, or its signature was changed.')
    }
    const statement = parseStatement(text)
    if (statement === undefined) throw bad(`${FILES.note} says nothing about a bundle.`)
    if (
      statement.origin !== keys[0]?.name ||
      statement.size !== head.size ||
      statement.root !== head.root.toString('base64')
    )
      throw bad('The bundle’s signature is of another state of the log than its checkpoint.')
    if (statement.sumsSha256 !== sumsSha256)
      throw new BundleFault('file_changed', 'The list of files is not the one that was signed.', { file: FILES.sums })
  }

  #small(name: keyof typeof SMALL): Buffer {
    return this.#whole(name, SMALL[name])
  }

  #whole(name: string, maxBytes: number): Buffer {
    if ((this.#zip.sizeOf(name) ?? 0) > maxBytes)
      throw new BundleFault('too_large', `${name} is larger than it may be.`, { file: name })
    return Buffer.concat([...this.#zip.pieces(name)])
  }

  async #turn(): Promise<void> {
    this.#pieces += 1
    if (this.#pieces % PIECES_PER_TURN !== 0) return
    this.#hooks.onProgress?.({ done: Math.min(this.#done, this.#total), total: this.#total })
    await nextTurn()
    if (this.#hooks.signal?.aborted === true)
      throw new OperationError('cancelled', 'The check was stopped.', 'Nothing was changed.')
  }
}

const REQUIRED = [
  FILES.manifest,
  FILES.entries,
  FILES.disclosures,
  FILES.checkpoint,
  FILES.checkpoints,
  FILES.reportHtml,
  FILES.reportMarkdown,
  FILES.verifier,
  FILES.howTo,
  FILES.sums,
  FILES.note,
] as const

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const sizesOf = (given: readonly GivenCheckpoint[]): readonly number[] => given.map(({ size }) => size)

/** What the operating system says of the file. */
function unreadable(error: unknown, file: string): BundleFaultInfo | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string' || !error.code.startsWith('E'))
    return undefined
  return { kind: 'unreadable', message: `${basename(file)} cannot be read (${error.code}).` }
}

function limitsOf(isPinned: boolean, hasNotes: boolean): readonly string[] {
  return [
    'Detects every change of what was recorded up to the newest checkpoint in the bundle. It cannot know what was never recorded.',
    'Times are as reported by the computer that kept the log; the order does not depend on them.',
    'The report and the page in the bundle are conveniences of whoever exported it: the records are the evidence.',
    ...(isPinned
      ? []
      : [
          'No key was given to compare with: the bundle could be of a log that somebody made up. Compare the log key with one you know from elsewhere.',
        ]),
    ...(hasNotes
      ? []
      : [
          'No checkpoint from outside was compared: an older genuine copy of the log would pass, and so would a history that a thief of the signing key rewrote after the last checkpoint that left the computer. One checkpoint that you received elsewhere makes both visible.',
        ]),
  ]
}
