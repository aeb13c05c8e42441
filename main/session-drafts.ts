/** What the operations on drafts do: propose, look, decide, undo. Short, in the table's order; the rules stand in drafts/ and approval/. */
import type { DraftItem } from '../shared/domain/draft.ts'
import type { DraftId } from '../shared/domain/ids.ts'
import { OperationError } from '../shared/errors.ts'
import type { DraftView, OutputOf } from '../shared/operations.ts'
import type { Armed } from './approval/decide.ts'
import type { ApprovedChange } from './approval/gate.ts'
import { checkChange, proposeChange, unknownDraft, usageSource } from './drafts/propose.ts'
import { reviseDraft } from './drafts/revise.ts'
import { withdrawDraft } from './drafts/withdraw.ts'
import { draftView, envelopeViews, isoTime, LISTED_OPERATIONS } from './drafts/view.ts'
import type { Caller } from './ports.ts'
import { cleanUntrusted } from './reporting/untrusted.ts'
import type { Handlers } from './run-operation.ts'
import type { Session } from './session.ts'

/** History shown per draft; the audit page has the rest. */
const HISTORY_LIMIT = 200

export function draftHandlers(session: Session): Handlers {
  const { drafts, audit, draftDeps, ports } = session
  return {
    check_change: (input, { caller }) => checkChange(draftDeps, caller, input),
    propose_change: (input, { caller }) => {
      const answer = proposeChange(draftDeps, caller, input)
      if (answer.created && caller.kind !== 'window')
        ports.notify({
          title: 'A draft waits for your decision',
          body: 'Open the queue in SpendSignoff to look at it.',
        })
      return answer
    },
    list_drafts: (input, { caller }) => {
      const limit = input.limit ?? 20
      const offset = readCursor(input.cursor)
      const found = drafts.list({
        group: input.group ?? 'open',
        ...(input.state === undefined ? {} : { state: input.state }),
        ...(input.account_id === undefined ? {} : { accountId: input.account_id }),
        ...(input.platform === undefined ? {} : { platform: input.platform }),
        ...(input.kind === undefined ? {} : { kind: input.kind }),
        ...(input.origin === undefined ? {} : { originKind: input.origin }),
        ...(input.mine === true ? { originId: originIdOf(caller) } : {}),
        limit,
        offset,
      })
      const next = offset + found.drafts.length
      return {
        drafts: found.drafts.map((draft) => draftView(draft, LISTED_OPERATIONS)),
        open: drafts.countOpen(),
        total: found.total,
        next_cursor: next < found.total ? `d${next}` : null,
        as_of: isoTime(ports.clock.nowMs()),
        warnings: [],
      }
    },
    get_draft: (input) => {
      const draft = drafts.get(input.draft_id)
      if (draft === undefined) throw unknownDraft()
      const history = audit.list({ draftId: draft.draftId, limit: HISTORY_LIMIT }).toReversed()
      // What a dry run refused earlier says nothing of what became of a later approval.
      const said = new Map<number, string>()
      for (const { record, text } of history) {
        if (record?.type === 'draft.armed') said.clear()
        const message = text['platform_message']
        if (record !== undefined && 'k' in record.data && typeof message === 'string' && message !== '')
          said.set(record.data.k ?? 0, message)
      }
      const isCounted = ['approved', 'applying', 'applied', 'partial', 'unknown', 'rolled_back'].includes(draft.state)
      return {
        draft: draftView(draft),
        history: history.flatMap((row) =>
          row.record === undefined ? [] : [{ seq: row.seq, type: row.record.type, at: row.record.ts }],
        ),
        results: drafts.results(draft.draftId).map((row) => ({
          k: row.k,
          outcome: row.outcome,
          live_value: row.live_value,
          platform_request_id: row.request_id,
          untrusted: { platform_message: cleanOrNull(said.get(row.k)) },
        })),
        linked: drafts.linkedTo(draft.draftId).flatMap(({ draftId, state }) => {
          const link = linkOf(drafts.get(draftId), draft.draftId)
          return link === undefined ? [] : [{ draft_id: draftId, state, link }]
        }),
        envelope: envelopeViews(draft.items, draftDeps.policy(), usageSource(draftDeps), isCounted),
        as_of: isoTime(ports.clock.nowMs()),
        warnings: ['pending', 'armed'].includes(draft.state) ? [...session.history.warningsFor(draft)] : [],
      }
    },
    withdraw_draft: (input, { caller }) => withdrawDraft(draftDeps, caller, input),
    revise_draft: (input, { caller }) => ({
      draft: reviseDraft(draftDeps, caller, {
        draftId: input.draft_id,
        shownHash: input.draft_hash,
        values: new Map(input.values.map((each) => [each.k, each.new_value])),
        leaveOut: new Set(input.leave_out ?? []),
        note: input.note,
      }),
    }),
    propose_undo: (input, { caller, signal }) =>
      session.followUp.undo({ draftId: input.draft_id, conflicts: input.conflicts, caller, signal }),
    propose_repair: (input, { caller, signal }) =>
      session.followUp.repair({ draftId: input.draft_id, conflicts: input.conflicts, caller, signal }),
  }
}

export function decisionHandlers(session: Session): Handlers {
  const { drafts, decide, gate } = session
  const view = (draftId: DraftId): { draft: DraftView } => {
    const draft = drafts.get(draftId)
    if (draft === undefined) throw unknownDraft()
    return { draft: draftView(draft) }
  }
  return {
    arm_draft: async (input, { signal }) => {
      const armed = await decide.arm(input.draft_id, input.draft_hash, signal)
      return {
        ...view(input.draft_id),
        challenge: armed === undefined ? null : challengeView(session, input.draft_id, armed),
      }
    },
    arm_drafts: (input, { signal }) => armAll(session, input.drafts, view, signal),
    disarm_draft: (input) => {
      decide.disarm(input.draft_id)
      return view(input.draft_id)
    },
    confirm_draft: async (input, { signal }) => {
      const factor = await session.presence.check(input)
      refuseIfLate(session, signal)
      session.execute(gate.confirm(input.draft_id, input.confirm_token, factor))
      return view(input.draft_id)
    },
    confirm_drafts: async (input, { signal }) => {
      const factor = await session.presence.check(input)
      refuseIfLate(session, signal)
      const approved: (readonly ApprovedChange[])[] = []
      const errors = input.confirmations.map(({ draft_id, confirm_token }) => {
        try {
          approved.push(gate.confirm(draft_id, confirm_token, factor))
          return null
        } catch (error) {
          // What was approved before it goes on; a defect of ours stops only the drafts that come after it.
          return error instanceof OperationError ? replyOf(error) : defectReply(session, error)
        }
      })
      session.execute(...approved)
      return {
        results: input.confirmations.map(({ draft_id }, at) => ({ ...view(draft_id), error: errors[at] ?? null })),
      }
    },
    reject_draft: (input) => {
      decide.reject(input.draft_id, input.reason)
      return view(input.draft_id)
    },
    reconcile_draft: async (input, { signal }) => {
      await session.reconcile.once(input.draft_id, signal)
      return view(input.draft_id)
    },
  }
}

/** One after the other, each judged as if those before it were approved: what fits only once is then not offered twice. */
async function armAll(
  session: Session,
  asked: readonly { readonly draft_id: DraftId; readonly draft_hash: string }[],
  view: (draftId: DraftId) => { draft: DraftView },
  signal: AbortSignal,
): Promise<OutputOf<'arm_drafts'>> {
  const results: OutputOf<'arm_drafts'>['results'] = []
  const counted: DraftItem[] = []
  for (const { draft_id, draft_hash } of asked)
    try {
      const armed = await session.decide.arm(draft_id, draft_hash, signal, counted)
      if (armed !== undefined) counted.push(...(session.drafts.get(draft_id)?.items ?? []))
      const challenge = armed === undefined ? null : challengeView(session, draft_id, armed)
      results.push({ ...view(draft_id), challenge, error: null })
    } catch (error) {
      if (!(error instanceof OperationError) || error.code === 'cancelled') throw error
      results.push({ ...view(draft_id), challenge: null, error: replyOf(error) })
    }
  return { results, envelope: envelopeViews(counted, session.draftDeps.policy(), usageSource(session.draftDeps)) }
}

function challengeView(
  session: Session,
  draftId: DraftId,
  armed: Armed,
): NonNullable<OutputOf<'arm_draft'>['challenge']> {
  const { challenge, live, validation, policy, reviewer } = armed
  const { draftDeps, drafts } = session
  return {
    confirm_token: challenge.confirmToken,
    expires_at: isoTime(challenge.expiresAtMs),
    expires_in_ms: challenge.expiresInMs,
    code: challenge.challengeHash.slice(0, 8),
    live: live.map((each, k) => ({ k, value: each.value, read_at: isoTime(each.readAtMs) })),
    validation: validation.map(({ k, result }) => ({ k, result })),
    policy: { version: policy.version, outcome: policy.outcome, rules: policy.rules.slice(0, 64) },
    envelope: envelopeViews(drafts.get(draftId)?.items ?? [], draftDeps.policy(), usageSource(draftDeps)),
    factor: session.presence.factor(),
    reviewer: reviewer ?? null,
  }
}

/** Checking a factor takes a moment: whoever has been told "too late", or is closing, must not get a write afterwards. */
function refuseIfLate(session: Session, signal: AbortSignal): void {
  if (!signal.aborted && !session.isClosing()) return
  throw new OperationError(
    'cancelled',
    'The confirmation was given up. Nothing was sent.',
    'Press “Approve & push live” again.',
    { retryable: true },
  )
}

function defectReply(session: Session, error: unknown): ReturnType<typeof replyOf> {
  session.ports.log.error('confirm_failed', error)
  return {
    code: 'internal',
    message: 'Something went wrong inside the app. Nothing was sent for this draft.',
    hint: 'Look at the draft before you approve it again.',
    retryable: false,
  }
}

function replyOf(error: OperationError): { code: string; message: string; hint: string; retryable: boolean } {
  const { code, message, hint, retryable } = error
  return { code, message, hint, retryable }
}

function linkOf(
  linked: { readonly undoOf?: DraftId; readonly repairOf?: DraftId; readonly revises?: DraftId } | undefined,
  to: DraftId,
): 'undoes' | 'repairs' | 'revises' | undefined {
  if (linked?.undoOf === to) return 'undoes'
  if (linked?.repairOf === to) return 'repairs'
  return linked?.revises === to ? 'revises' : undefined
}

function cleanOrNull(text: string | undefined): string | null {
  return text === undefined ? null : cleanUntrusted(text, 500)
}

function originIdOf(caller: Caller): string {
  return caller.kind === 'agent' ? caller.clientId : caller.kind === 'loop' ? 'loop' : 'window'
}

function readCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0
  const match = /^d(\d{1,7})$/.exec(cursor)
  if (match === null)
    throw new OperationError('invalid_input', 'That cursor is not one of list_drafts.', 'Start again without a cursor.')
  return Number(match[1])
}
