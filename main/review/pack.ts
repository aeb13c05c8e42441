/**
 * A review pack: one draft, signed by the log's key, for somebody who has no workspace. It holds what the draft's hash covers and the words
 * that go with it, so that the reader computes the hash from what is shown. Reads and writes text; opens no workspace.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Draft } from '../../shared/domain/draft.ts'
import { OperationError } from '../../shared/errors.ts'
import { JcsError, parseJcs, serializeJcs, taggedHash } from '../audit/jcs.ts'
import { NoteError, type NoteSigner, openNote, parseCheckpoint, parseNote, parseVkey, signNote } from '../audit/note.ts'
import { hashedForm, reasonDigest } from '../drafts/hash.ts'
import { hashedDraft } from './hashed-draft.ts'
import { asSigned, reviewInvalid } from './refusal.ts'

export const PACK_KIND = 'spendsignoff/review-pack/v1'
/** Far above any draft that fits a record. */
export const MAX_PACK_CHARS = 1_048_576

const origin = z.string().regex(/^audit\.spendsignoff\/[a-z2-7]{26}$/)
const timestamp = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const name = z.string().max(4_000)
const bodySchema = z.strictObject({
  app: z.string().max(40),
  /** The key that signs the pack, and the one the log began with. */
  vkey: z.string().max(200),
  logVkey: z.string().max(200),
  /** The newest checkpoint of the log. Whoever holds it is a witness. */
  checkpoint: z.string().max(8_192),
  /** Exactly what the draft's hash covers. */
  draft: hashedDraft,
  /** Names as they are written on the platforms, and the words of whoever proposed it: untrusted. */
  shown: z.strictObject({
    title: name,
    rationale: name,
    originName: name,
    items: z
      .array(
        z.strictObject({
          k: z.int().min(0),
          path: z.array(name).max(8),
          affects: z.array(name).max(500),
        }),
      )
      .min(1)
      .max(100),
  }),
})
type Body = z.infer<typeof bodySchema>

export interface Pack extends Body {
  readonly origin: string
  /** Hex SHA-256 of the pack as it was signed. */
  readonly packHash: string
  readonly draftId: string
  readonly draftHash: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

export interface PackParts {
  readonly draft: Draft
  /** The log's key, named with the log's origin. */
  readonly signer: NoteSigner
  readonly logVkey: string
  readonly checkpoint: string
  readonly appVersion: string
  readonly nowMs: number
}

/** The text of a pack, and its hash. @throws Error when it would not be read back: a pack nobody can answer is not handed out */
export function makePack({ draft, signer, logVkey, checkpoint, appVersion, nowMs }: PackParts): {
  text: string
  packHash: string
} {
  const fair = (text: string): string => text.toWellFormed().slice(0, 4_000)
  const body: Body = {
    app: appVersion,
    vkey: signer.vkey,
    logVkey,
    checkpoint,
    draft: hashedDraft.parse(hashedForm(draft)),
    shown: {
      title: fair(draft.title),
      rationale: fair(draft.rationale),
      originName: fair(draft.originName),
      items: draft.items.map((item) => ({
        k: item.k,
        path: item.path.map(fair),
        affects: item.affects.map((each) => fair(each.name)),
      })),
    },
  }
  const lines = [
    PACK_KIND,
    signer.name,
    draft.draftId,
    draft.draftHash,
    new Date(nowMs).toISOString(),
    new Date(draft.expiresAtMs).toISOString(),
    serializeJcs(body),
  ]
  const text = signNote(`${lines.join('\n')}\n`, [signer])
  return { text, packHash: readPack(text).packHash }
}

/**
 * Checks everything a pack can be checked for by itself: its signature, the draft's hash from what is shown, the words' digest and the
 * checkpoint's signature. Who owns the key that signed it is for the reader to know: `logKey` is the one they expect, a pack without it
 * only vouches for itself.
 * @throws OperationError review_invalid
 */
export function readPack(given: string, logKey?: string): Pack {
  if (given.length > MAX_PACK_CHARS) throw bad('too_large', 'it is larger than any pack')
  const note = asSigned(given)
  try {
    const head = headOf(parseNote(note, MAX_PACK_CHARS).text)
    const body = bodySchema.parse(parseJcs(Buffer.from(head.json, 'utf8'), MAX_PACK_CHARS * 4))
    const verifier = parseVkey(body.vkey)
    if (verifier.name !== head.origin || parseVkey(body.logVkey).name !== head.origin)
      throw bad('bad_signature', 'it names a key of another log')
    if (logKey !== undefined && logKey !== body.vkey && logKey !== body.logVkey)
      throw bad('bad_signature', 'it is not of the log whose key you named')
    openNote(note, [verifier], MAX_PACK_CHARS)
    const checkpoint = parseCheckpoint(openNote(body.checkpoint, [verifier]).text)
    if (checkpoint.origin !== head.origin) throw bad('wrong_content', 'its checkpoint is of another log')
    refuseUnlessTrue(head, body)
    return {
      ...body,
      origin: head.origin,
      packHash: createHash('sha256').update(note, 'utf8').digest('hex'),
      draftId: head.draftId,
      draftHash: head.draftHash,
      createdAtMs: Date.parse(head.created),
      expiresAtMs: body.draft.expiresAtMs,
    }
  } catch (error) {
    if (error instanceof OperationError) throw error
    if (error instanceof NoteError && error.kind !== 'malformed') throw bad('bad_signature', 'its signature is wrong')
    if (error instanceof NoteError || error instanceof JcsError || error instanceof z.ZodError)
      throw bad('malformed', 'it is damaged, or made by another version')
    throw error
  }
}

const headSchema = z.tuple([
  z.literal(PACK_KIND),
  origin,
  z.string(),
  z.string().regex(/^[0-9a-f]{64}$/),
  timestamp,
  timestamp,
  z.string(),
  z.literal(''),
])

function headOf(text: string) {
  const [, of, draftId, draftHash, created, expires, json] = headSchema.parse(text.split('\n'))
  return { origin: of, draftId, draftHash, created, expires, json }
}

/** A signature says who wrote it; this says that what is shown is what the hash stands for. */
function refuseUnlessTrue(head: ReturnType<typeof headOf>, { draft, shown }: Body): void {
  if (taggedHash('draft', draft) !== head.draftHash || draft.id !== head.draftId)
    throw bad('wrong_content', 'the hash of the draft is not the one of what it shows')
  if (new Date(draft.expiresAtMs).toISOString() !== head.expires)
    throw bad('wrong_content', 'it names another end than the draft')
  if (reasonDigest(shown.title, shown.rationale) !== draft.reasonDigest)
    throw bad('wrong_content', 'the words are not those the draft was proposed with')
  const fits =
    shown.items.length === draft.items.length &&
    draft.items.every(
      (item, at) =>
        item.k === at &&
        shown.items[at]?.k === at &&
        shown.items[at].affects.length === (item.affects?.length ?? 0) &&
        item.entity.startsWith(`${item.account}/`),
    )
  if (!fits) throw bad('wrong_content', 'its names do not belong to its changes')
}

function bad(reason: Parameters<typeof reviewInvalid>[0], what: string): OperationError {
  return reviewInvalid(
    reason,
    `This is not a good review pack: ${what}.`,
    'Ask for the file again, as it was saved, and do not answer this one.',
  )
}
