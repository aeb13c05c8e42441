/** What guards Confirm, as the window sets it: the second factor, the two-person rule, reviewers, packs and answers. */
import type { Draft } from '../shared/domain/draft.ts'
import type { DraftId } from '../shared/domain/ids.ts'
import { OperationError } from '../shared/errors.ts'
import type { OutputOf } from '../shared/operations.ts'
import { CONFIRM_FACTORS, type ConfirmFactor, createPresence } from './approval/presence.ts'
import { createReviews } from './approval/review/reviews.ts'
import { createSecondPerson, type SecondPersonRule } from './approval/review/second-person.ts'
import type { AuditLog } from './audit/append.ts'
import { unknownDraft } from './drafts/propose.ts'
import { isoTime } from './drafts/view.ts'
import type { Ports } from './ports.ts'
import { cleanUntrusted } from './reporting/untrusted.ts'
import { parseReviewerVkey } from './review/reviewer-key.ts'
import type { Handlers } from './run-operation.ts'
import { Secret } from './secret.ts'
import type { Session } from './session.ts'
import type { DraftTable } from './store/draft-table.ts'
import { createReviewTable, type ReviewerRow } from './store/review-table.ts'
import type { SettingTable } from './store/setting-table.ts'
import type { OpenWorkspace } from './workspace.ts'

const OWNER = { kind: 'user', id: 'owner' } as const
const MAX_REASON = 500

export interface SignOffDeps {
  readonly opened: OpenWorkspace
  readonly ports: Ports
  readonly settings: SettingTable
  readonly drafts: DraftTable
  readonly audit: AuditLog
  readonly appVersion: string
}

/** The guards of Confirm and the store of reviews, wired. */
export function createSignOff({ opened, ports, settings, drafts, audit, appVersion }: SignOffDeps) {
  const { ledger, vault } = opened
  const reviewTable = createReviewTable(ledger)
  return {
    presence: createPresence({ vault, ports, settings }),
    reviewTable,
    secondPerson: createSecondPerson({ reviews: reviewTable, settings }),
    reviews: createReviews({ reviews: reviewTable, drafts, audit, clock: ports.clock, vault, appVersion }),
  }
}

export function signOffHandlers(session: Session): Handlers {
  return { ...settingHandlers(session), ...reviewerHandlers(session), ...reviewHandlers(session) }
}

function settingHandlers(session: Session): Handlers {
  const { audit, opened, presence, secondPerson, settings, reviews, ports } = session
  const { vault, workspace } = opened

  const whyNoPassphrase = (): string | null =>
    workspace.isDemo
      ? 'The demo’s passphrase is the one on the screen.'
      : ports.shell === 'browser' && !vault.hasPassphrase
        ? 'A first passphrase can only be set in the desktop app.'
        : null
  const view = (): OutputOf<'get_sign_off_settings'> => {
    const rule = secondPerson.rule()
    return {
      confirm_factor: presence.chosen(),
      effective_factor: presence.factor(),
      factors: CONFIRM_FACTORS.map((factor) => {
        const whyNot = presence.whyNot(factor)
        return { factor, is_available: whyNot === undefined, why_not: whyNot ?? null }
      }),
      second_person: { is_on: rule.isOn, above_units: rule.aboveUnits },
      has_passphrase: vault.hasPassphrase,
      passphrase_why_not: whyNoPassphrase(),
    }
  }
  const changed = (setting: string, before: string, after: string, write: () => void): void => {
    if (before === after) return
    audit.transaction((append) => {
      write()
      append({ type: 'setting.changed', actor: OWNER, data: { setting, before, after } })
    })
  }
  return {
    get_sign_off_settings: () => view(),
    set_sign_off_settings: async (input, { signal }) => {
      const factor = input.confirm_factor ?? presence.chosen()
      const rule =
        input.second_person === undefined
          ? secondPerson.rule()
          : { isOn: input.second_person.is_on, aboveUnits: input.second_person.above_units }
      const whyNot = input.confirm_factor === undefined ? undefined : presence.whyNot(factor)
      if (whyNot !== undefined)
        throw new OperationError('invalid_input', `${whyNot} Nothing was changed.`, 'Choose another way to confirm.')
      if (rule.isOn && !secondPerson.rule().isOn && reviews.active().length === 0)
        throw new OperationError(
          'invalid_input',
          'There is no reviewer who could answer, so nothing could be confirmed any more. Nothing was changed.',
          'Add a reviewer first.',
        )
      const isWeaker = isWeakerFactor(presence.chosen(), factor) || isWeakerRule(secondPerson.rule(), rule)
      if (isWeaker) await presence.checkOwner(input)
      refuseLate(session, signal)
      changed('confirm_factor', presence.chosen(), factor, () => settings.write('confirm_factor', factor))
      changed('second_person', ruleCode(secondPerson.rule()), ruleCode(rule), () =>
        settings.write('second_person', rule),
      )
      return view()
    },
    set_passphrase: async (input, { signal }) => {
      const why = whyNoPassphrase()
      if (why !== null) throw new OperationError('not_allowed', `${why} Nothing was changed.`, 'Use another workspace.')
      const had = vault.hasPassphrase
      await presence.checkOwner(input.current === undefined ? {} : { passphrase: input.current })
      refuseLate(session, signal)
      await vault.setPassphrase(new Secret(input.next))
      try {
        audit.transaction((append) =>
          append({
            type: 'setting.changed',
            actor: OWNER,
            data: { setting: 'vault_passphrase', before: had ? 'set' : null, after: 'set' },
          }),
        )
      } catch (error) {
        ports.log.error('passphrase_change_not_recorded', error)
        throw new OperationError(
          'storage_failed',
          'The passphrase was changed: the new one is in force. The audit log did not take the record of it.',
          'Go on with the new passphrase, and check the audit log.',
          { cause: error },
        )
      }
      return view()
    },
  }
}

function reviewerHandlers(session: Session): Handlers {
  const { presence, reviews } = session
  return {
    list_reviewers: () => ({ reviewers: reviews.list().map(reviewerViewOf) }),
    add_reviewer: async (input, { signal }) => {
      parseReviewerVkey(input.vkey)
      await presence.checkOwner(input)
      refuseLate(session, signal)
      return { reviewer: reviewerViewOf(reviews.add(cleanUntrusted(input.name, 80), input.vkey)) }
    },
    remove_reviewer: async (input, { signal }) => {
      await presence.checkOwner(input)
      refuseLate(session, signal)
      return { reviewer: reviewerViewOf(reviews.remove(input.reviewer_id)) }
    },
  }
}

function reviewHandlers(session: Session): Handlers {
  const { drafts, reviews } = session
  const view = (draftId: DraftId): OutputOf<'get_review'> => {
    const draft = drafts.get(draftId)
    if (draft === undefined) throw unknownDraft()
    return reviewView(session, draft)
  }
  return {
    get_review: (input) => view(input.draft_id),
    export_review_pack: (input) => {
      const { text, packHash, expiresAtMs } = reviews.exportPack(input.draft_id)
      return {
        file_name: `review-${input.draft_id}-${packHash.slice(0, 8)}.txt`,
        text,
        pack_hash: packHash,
        expires_at: isoTime(expiresAtMs),
      }
    },
    import_review_answer: (input) => view(reviews.importAnswer(input.text)),
  }
}

function reviewView({ secondPerson, reviews, reviewTable }: Session, draft: Draft): OutputOf<'get_review'> {
  const answers = secondPerson.answersOf(draft)
  const counted = answers.filter((each) => each.counts).map((each) => each.answer.verdict)
  return {
    draft_id: draft.draftId,
    is_required: secondPerson.required(draft),
    state: counted.includes('reject') ? 'rejected' : counted.length > 0 ? 'approved' : 'none',
    reviewers: reviews.active().length,
    packs: reviewTable.packsOf(draft.draftId).map((pack) => ({
      pack_hash: pack.packHash,
      exported_at: isoTime(pack.createdAtMs),
      expires_at: isoTime(pack.expiresAtMs),
    })),
    answers: answers.map(({ reviewer, row, answer, counts }) => ({
      reviewer_id: reviewer.reviewerId,
      name: reviewer.name,
      key_id: answer.signer.keyId,
      verdict: answer.verdict,
      answered_at: isoTime(answer.atMs),
      received_at: isoTime(row.receivedAtMs),
      is_counted: counts,
      untrusted: { reason: cleanUntrusted(answer.reason, MAX_REASON) },
    })),
  }
}

function reviewerViewOf(row: ReviewerRow): OutputOf<'add_reviewer'>['reviewer'] {
  return {
    reviewer_id: row.reviewerId,
    name: row.name,
    vkey: row.vkey,
    key_id: row.vkey.split('+')[1] ?? '',
    added_at: isoTime(row.addedAtMs),
    removed_at: row.removedAtMs === null ? null : isoTime(row.removedAtMs),
  }
}

function isWeakerFactor(before: ConfirmFactor, after: ConfirmFactor): boolean {
  return CONFIRM_FACTORS.indexOf(after) < CONFIRM_FACTORS.indexOf(before)
}

/** Off, or holding for fewer drafts than before. */
function isWeakerRule(before: SecondPersonRule, after: SecondPersonRule): boolean {
  if (!before.isOn) return false
  return !after.isOn || (after.aboveUnits ?? 0) > (before.aboveUnits ?? 0)
}

function ruleCode({ isOn, aboveUnits }: SecondPersonRule): string {
  return isOn ? (aboveUnits === null ? 'on' : `on:from:${aboveUnits}`) : 'off'
}

/** Asking takes a moment: whoever has been told "too late", or is closing, must not get a change afterwards. */
function refuseLate(session: Session, signal: AbortSignal): void {
  if (signal.aborted || session.isClosing())
    throw new OperationError('cancelled', 'This was given up. Nothing was changed.', 'Try again.', { retryable: true })
}
