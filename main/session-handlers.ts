/** What each operation does while a workspace is open: short, one after the other, in the table's order. No rule of its own. */
import type { DraftId } from '../shared/domain/ids.ts'
import { OperationError } from '../shared/errors.ts'
import type { OutputOf } from '../shared/operations.ts'
import type { AuditLog } from './audit/append.ts'
import { LedgerBroken, type LogFault } from './audit/fault.ts'
import { asCode } from './audit/record.ts'
import { verifyLog } from './audit/verify.ts'
import { describePolicy } from './drafts/policy.ts'
import { checkChange, proposeChange, proposeUndo, unknownDraft, usageSource, withdrawDraft } from './drafts/propose.ts'
import { draftView, envelopeView, isoTime } from './drafts/view.ts'
import type { Caller } from './ports.ts'
import { cleanUntrusted } from './reporting/untrusted.ts'
import { clientHandlers } from './session-clients.ts'
import { connectHandlers } from './session-connect.ts'
import { connectionHandlers } from './session-connections.ts'
import { readHandlers } from './session-reads.ts'
import type { Handlers } from './run-operation.ts'
import { Secret } from './secret.ts'
import type { Session } from './session.ts'

/** History shown per draft; the audit page has the rest. */
const HISTORY_LIMIT = 200

export function sessionHandlers(session: Session): Handlers {
  return {
    ...readHandlers(session),
    ...draftHandlers(session),
    ...decisionHandlers(session),
    ...auditHandlers(session),
    ...connectionHandlers(session),
    ...connectHandlers(session),
    ...clientHandlers(session),
    ...session.imports.handlers,
    ...session.reports.handlers,
  }
}

function draftHandlers(session: Session): Handlers {
  const { drafts, audit, draftDeps, ports } = session
  const usageOf = usageSource(draftDeps)
  return {
    check_change: (input) => checkChange(draftDeps, input),
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
        ...(input.mine === true ? { originId: originIdOf(caller) } : {}),
        limit,
        offset,
      })
      const next = offset + found.drafts.length
      return {
        drafts: found.drafts.map(draftView),
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
      const [item] = draft.items
      const history = audit.list({ draftId: draft.draftId, limit: HISTORY_LIMIT }).toReversed()
      // What a dry run refused earlier says nothing of what became of a later approval.
      const lastArmed = history.findLastIndex((row) => row.record?.type === 'draft.armed')
      const said = history
        .slice(lastArmed + 1)
        .map((row) => row.text['platform_message'])
        .findLast((text): text is string => typeof text === 'string' && text !== '')
      const counts = ['approved', 'applying', 'applied', 'unknown', 'rolled_back'].includes(draft.state)
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
          untrusted: { platform_message: said === undefined ? null : cleanUntrusted(said, 500) },
        })),
        envelope:
          item === undefined
            ? []
            : [
                envelopeView(
                  item.accountId,
                  item.currency,
                  session.policy,
                  usageOf(item.accountId),
                  counts ? { movementMicros: 0n, netMicros: 0n } : item,
                ),
              ],
        as_of: isoTime(ports.clock.nowMs()),
        warnings: [],
      }
    },
    withdraw_draft: (input, { caller }) => withdrawDraft(draftDeps, caller, input),
    propose_undo: (input, { caller }) => proposeUndo(draftDeps, caller, input.draft_id),
  }
}

function decisionHandlers(session: Session): Handlers {
  const { drafts, decide, gate, opened, ports } = session
  const needsPassphrase = ports.shell === 'browser'
  const view = (draftId: DraftId): { draft: OutputOf<'reject_draft'>['draft'] } => {
    const draft = drafts.get(draftId)
    if (draft === undefined) throw unknownDraft()
    return { draft: draftView(draft) }
  }
  return {
    arm_draft: async (input, { signal }) => {
      const armed = await decide.arm(input.draft_id, input.draft_hash, signal)
      if (armed === undefined) return { ...view(input.draft_id), challenge: null }
      const { challenge, live, validation, policy } = armed
      const usageOf = usageSource(session.draftDeps)
      return {
        ...view(input.draft_id),
        challenge: {
          confirm_token: challenge.confirmToken,
          expires_at: isoTime(challenge.expiresAtMs),
          expires_in_ms: challenge.expiresInMs,
          code: challenge.challengeHash.slice(0, 8),
          live: live.map((each, k) => ({ k, value: each.value, read_at: isoTime(each.readAtMs) })),
          validation: validation.map(({ k, result }) => ({ k, result })),
          policy: { version: policy.version, outcome: policy.outcome, rules: [...policy.rules] },
          envelope: (drafts.get(input.draft_id)?.items ?? []).map((item) =>
            envelopeView(item.accountId, item.currency, session.policy, usageOf(item.accountId), item),
          ),
          needs_passphrase: needsPassphrase,
        },
      }
    },
    disarm_draft: (input) => {
      decide.disarm(input.draft_id)
      return view(input.draft_id)
    },
    confirm_draft: async (input, { signal }) => {
      if (needsPassphrase) {
        if (!opened.vault.hasPassphrase)
          throw new OperationError(
            'not_allowed',
            'This workspace has no passphrase, so nothing can be confirmed in the browser window. Nothing was sent.',
            'Open it in the desktop app to confirm.',
          )
        // A local program that can read the window's link must still not be able to approve.
        const isRight =
          input.passphrase !== undefined && (await opened.vault.verifyPassphrase(new Secret(input.passphrase)))
        if (!isRight)
          throw new OperationError(
            'wrong_passphrase',
            'That is not the passphrase of this workspace. Nothing was sent.',
            'Type the vault passphrase again.',
            { retryable: true },
          )
      }
      // Checking a passphrase takes a moment: whoever has been told "too late", or is closing, must not get a write afterwards.
      if (signal.aborted || session.isClosing())
        throw new OperationError(
          'cancelled',
          'The confirmation was given up. Nothing was sent.',
          'Press “Approve & push live” again.',
          { retryable: true },
        )
      session.execute(gate.confirm(input.draft_id, input.confirm_token, needsPassphrase ? 'passphrase' : 'click'))
      return view(input.draft_id)
    },
    reject_draft: (input) => {
      decide.reject(input.draft_id, input.reason)
      return view(input.draft_id)
    },
    reconcile_draft: async (input, { signal }) => {
      await session.reconcile.once(input.draft_id, signal)
      return view(input.draft_id)
    },
    get_policy: () => ({
      version: session.policy.version,
      rules: describePolicy(session.policy).map(({ rule, text }) => ({ rule, text })),
    }),
  }
}

function auditHandlers(session: Session): Handlers {
  const { audit, opened, ports } = session
  return {
    list_audit: (input) => {
      const limit = input.limit ?? 50
      const rows = audit.list({
        limit,
        ...(input.before_seq === undefined ? {} : { beforeSeq: input.before_seq }),
        ...(input.draft_id === undefined ? {} : { draftId: input.draft_id }),
      })
      const last = rows.at(-1)
      return {
        size: audit.head().size,
        next_before_seq: last === undefined || rows.length < limit || last.seq === 0 ? null : last.seq,
        records: rows.map((row) => ({
          seq: row.seq,
          type: row.record?.type ?? 'unreadable',
          at: row.record?.ts ?? '',
          actor: { kind: row.record?.actor.kind ?? 'unknown', id: row.record?.actor.id ?? 'unknown' },
          draft_id:
            row.record !== undefined && 'draft' in row.record.data && typeof row.record.data.draft === 'string'
              ? row.record.data.draft
              : null,
          line: row.line,
          leaf: row.leaf,
          disclosed: Object.fromEntries(
            Object.entries(row.text).map(([name, value]) => [
              name,
              typeof value === 'string' ? value : value.join(' › '),
            ]),
          ),
        })),
      }
    },
    verify_audit: async (_input, { signal, caller }) => {
      const startedMs = ports.clock.monotonicMs()
      const headPin = await opened.vault.headPin.read()
      const result = await verifyLog({
        db: opened.ledger,
        vkey: audit.vkey,
        signal,
        ...(headPin === undefined ? {} : { headPin }),
      })
      if (!result.ok) audit.markBroken(result.fault)
      const cut = recordVerified(audit, caller, result.ok ? undefined : result.fault)
      const fault = result.ok ? cut : result.fault
      return {
        is_ok: result.ok && fault === undefined,
        size: result.ok ? result.size : 0,
        root: result.ok ? result.root : '',
        vkey: audit.vkey,
        checkpoints: result.ok ? result.checkpoints : 0,
        took_ms: Math.round(ports.clock.monotonicMs() - startedMs),
        fault: fault === undefined ? null : { kind: fault.kind, seq: fault.seq ?? null, message: fault.message },
        limits: [...result.limits].slice(0, 8),
      }
    },
  }
}

/**
 * Records that the log was checked, and with what result. A log that was cut or rewritten while the app ran takes no more records:
 * then the fault comes back instead.
 */
function recordVerified(audit: AuditLog, caller: Caller, fault: LogFault | undefined): LogFault | undefined {
  try {
    const { size, root } = audit.head()
    audit.transaction((append) =>
      append({
        type: 'log.verified',
        actor: { kind: 'user', id: caller.kind === 'cli' ? 'command-line' : 'owner' },
        data: { ok: fault === undefined, size, root, fault: asCode(fault?.kind), faultSeq: fault?.seq },
      }),
    )
    return undefined
  } catch (error) {
    if (error instanceof LedgerBroken) return error.fault
    throw error
  }
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
