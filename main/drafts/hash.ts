/** What a draft's hash covers: everything a person decides on. Changing any of it is a different draft. */
import { createHash, randomBytes } from 'node:crypto'
import type { Draft } from '../../shared/domain/draft.ts'
import type { DraftId } from '../../shared/domain/ids.ts'
import { serializeJcs, taggedHash } from '../audit/jcs.ts'

type Hashed = Pick<
  Draft,
  | 'draftId'
  | 'items'
  | 'title'
  | 'rationale'
  | 'originKind'
  | 'originId'
  | 'expiresAtMs'
  | 'policy'
  | 'undoOf'
  | 'repairOf'
  | 'revises'
>

/** Hex SHA-256 over the draft's tagged canonical form. */
export function draftHash(draft: Hashed): string {
  return taggedHash('draft', hashedForm(draft))
}

/** SHA-256 over the words a draft is proposed with, hex: the words themselves stay out of what is hashed. */
export function reasonDigest(title: string, rationale: string): string {
  return createHash('sha256').update(`${title}\n${rationale}`).digest('hex')
}

/**
 * What the hash covers, as plain data. A review pack carries it, so that a second person computes the hash from what is shown: a new
 * member here needs a place in main/review/hashed-draft.ts, which refuses what it cannot show.
 */
export function hashedForm(draft: Hashed): object {
  return {
    id: draft.draftId,
    author: { kind: draft.originKind, id: draft.originId },
    reasonDigest: reasonDigest(draft.title, draft.rationale),
    expiresAtMs: draft.expiresAtMs,
    policyVersion: draft.policy.version,
    undoOf: draft.undoOf ?? null,
    // Left out where there is none: drafts from before there were such links keep their hash.
    ...(draft.repairOf === undefined ? {} : { repairOf: draft.repairOf }),
    ...(draft.revises === undefined ? {} : { revises: draft.revises }),
    items: draft.items.map((item) => ({
      k: item.k,
      op: item.kind,
      account: item.accountId,
      entity: item.entityId,
      field: item.field,
      currency: item.currency,
      before: item.before,
      after: item.after,
      movementMicros: item.movementMicros.toString(),
      netMicros: item.netMicros.toString(),
      takesEffect: item.takesEffect,
      // Left out where the write touches the entity alone: drafts from before there was a choice keep their hash.
      ...(item.target === item.entityId ? {} : { target: item.target }),
      ...(item.affects.length === 0 ? {} : { affects: item.affects.map((each) => each.entityId) }),
    })),
  }
}

/**
 * Hex SHA-256 of a request, to tell a repeated call from a different one under the same idempotency key. A member that is there but
 * undefined, as a window may send it, counts as absent.
 */
export function requestHash(request: unknown): string {
  const asSent: unknown = JSON.parse(JSON.stringify(request))
  return createHash('sha256').update(serializeJcs(asSent)).digest('hex')
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** "d_" and 80 random bits. */
export function newDraftId(): DraftId {
  return `d_${Array.from(randomBytes(16), (byte) => BASE32[byte % 32]).join('')}` as DraftId
}
