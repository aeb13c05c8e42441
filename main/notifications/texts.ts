/**
 * The words of a notification: short, plain text, and true at the moment it was recorded. Values are our own or the platforms' in wire form;
 * names are there only for targets that take them, and stand in quotes. Every message ends with the newest checkpoint of the log, verbatim.
 */
import type { Facts } from './facts.ts'

export interface MessageContext {
  /** Signed note with the newest checkpoint. */
  readonly note: string
  /** Of the log. */
  readonly origin: string
  readonly isDemo: boolean
}
export interface Message {
  readonly subject: string
  readonly lines: readonly string[]
}

const PLATFORM_NAMES: Readonly<Record<string, string>> = {
  google_ads: 'Google Ads',
  meta: 'Meta',
  tiktok: 'TikTok',
}
const FIELD_NAMES: Readonly<Record<string, string>> = {
  daily_budget: 'daily budget',
  scheduled_budget: 'daily budget from tomorrow',
  status: 'status',
  cpc_bid: 'bid per click',
  target_cpa: 'target CPA',
  target_roas: 'target ROAS',
  bid_cap: 'bid cap',
  cost_cap: 'cost cap',
  bid_strategy: 'bid strategy',
}
const OUTCOME_WORDS: Readonly<Record<string, string>> = {
  applied: 'applied',
  refused: 'refused by the platform',
  not_sent: 'not sent',
  not_applied: 'not applied',
  conflict: 'another value was found',
  unknown: 'outcome not known',
}
/** Where the code alone would not be understood. */
const REASON_WORDS: Readonly<Record<string, string>> = {
  changed_outside: 'something was changed on the platform without SpendSignoff',
  applied_but_not_in_history: 'a change that was applied here is missing from the platform’s history',
  shown_but_recorded_as_not_applied: 'the platform’s history shows a change that was recorded here as not applied',
}
/** Subject, and what it means. */
const EVENT_WORDS: Readonly<Record<string, readonly [subject: string, meaning: string]>> = {
  'draft.approved': ['Approved', 'A person confirmed this change at the computer. It is being sent now.'],
  'draft.applied': ['Applied', 'Written to the platform and read back.'],
  'draft.partial': [
    'Partly applied',
    'Some of these changes are on the platform, and some are known not to be. SpendSignoff sends nothing more by itself.',
  ],
  'draft.failed': ['Not applied', 'An approved change did not go through. SpendSignoff sends nothing again by itself.'],
  'draft.unknown': [
    'Outcome not known',
    'A change was sent, and whether it took effect is not known. SpendSignoff finds out by reading and sends nothing again.',
  ],
  'draft.stale': [
    'Stopped after approval',
    'The platform held another value than the one that was approved. Nothing was written.',
  ],
  'breaker.tripped': [
    'Stopped',
    'The circuit breaker stopped new changes. Nothing is sent until a person closes it in the window.',
  ],
  'integrity.alarm': [
    'Integrity alarm',
    'Something about the log or a write is not as it should be. Open Audit in SpendSignoff and run the full check.',
  ],
  'anomaly.found': [
    'Anomaly',
    'The platform’s own change history and the records here do not agree. Open Audit in SpendSignoff to see the changes.',
  ],
  test: ['Test', 'You asked for this message. Nothing happened.'],
}

const words = (table: Readonly<Record<string, string>>, code: string): string =>
  Object.hasOwn(table, code) ? (table[code] ?? code) : code.replaceAll('_', ' ')

type Change = Facts['changes'][number]

function value(text: string, { currency }: Change): string {
  if (text === '') return 'none'
  return currency === null || !/\d/.test(text) ? text : `${text} ${currency}`
}

function changeLine(change: Change): string {
  const where = `${words(PLATFORM_NAMES, change.platform)} account ${change.account}`
  const what = `${words(FIELD_NAMES, change.field)} ${value(change.before, change)} → ${value(change.after, change)}`
  const outcome = change.outcome === null ? '' : ` (${words(OUTCOME_WORDS, change.outcome)})`
  const names = change.names.length === 0 ? '' : ` · ${change.names.map((name) => `“${name}”`).join(' › ')}`
  return `${where}: ${what}${outcome}${names}`
}

function mergedLine({ merged, mergedThrough }: Facts): string {
  const through = mergedThrough === null ? '' : ` (up to record ${mergedThrough})`
  return `${merged} more ${merged === 1 ? 'event' : 'events'} could not be told one by one while messages were held up${through}. The audit page has them all.`
}

/** Subject of one line, and the lines below it. */
export function messageOf(event: string, facts: Facts, isDemo: boolean): Message {
  const [name, meaning] = EVENT_WORDS[event] ?? [event, '']
  const [first] = facts.changes
  const what =
    facts.changeCount > 1
      ? `: ${facts.changeCount} changes`
      : first === undefined
        ? ''
        : `: ${words(PLATFORM_NAMES, first.platform)} ${words(FIELD_NAMES, first.field)} ${value(first.before, first)} → ${value(first.after, first)}`
  const left = facts.changeCount - facts.changes.length
  const lines = [
    meaning,
    ...facts.changes.map(changeLine),
    ...(left > 0 ? [`and ${left} more ${left === 1 ? 'change' : 'changes'}`] : []),
    ...(facts.account === null ? [] : [`Account: ${facts.account}`]),
    ...(facts.reason === null ? [] : [`Reason: ${words(REASON_WORDS, facts.reason)}`]),
    ...(facts.draft === null ? [] : [`Draft: ${facts.draft}`]),
    ...(facts.shortCode === null ? [] : [`Confirmed as: ${facts.shortCode}`]),
    ...(facts.seq === null ? [] : [`Record: ${facts.seq}`]),
    `At: ${facts.at}`,
    ...(facts.merged > 0 ? [mergedLine(facts)] : []),
    ...(isDemo ? ['This comes from the demo: nothing real was changed.'] : []),
  ]
  return { subject: oneLine(`SpendSignoff${isDemo ? ' demo' : ''}: ${name}${what}`), lines: lines.map(oneLine) }
}

/** A header can't be broken out of, whatever came into it. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 500)
}

const WHY_CHECKPOINT =
  'Keep this message. The lines below are the newest signed checkpoint of the audit log: with them anybody can later prove that nothing before it was changed or removed.'

/** The body of a mail. */
export function mailText(message: Message, context: MessageContext): string {
  return `${message.lines.join('\n')}\n\n${WHY_CHECKPOINT}\n\n${context.note}`
}

/** A desktop notification has room for a few lines; the checkpoint is named, not quoted. */
export function desktopNotice(message: Message, size: number): { readonly title: string; readonly body: string } {
  const [meaning = '', ...rest] = message.lines
  return {
    title: message.subject.slice(0, 120),
    body: [...rest.slice(0, 2), meaning, `Log: ${size} records`].join('\n').slice(0, 400),
  }
}

/** The body of a webhook: JSON text. */
export function webhookBody(event: string, facts: Facts, message: Message, context: MessageContext): string {
  return JSON.stringify({
    type: event,
    timestamp: facts.at,
    data: {
      summary: message.subject,
      text: message.lines.join('\n'),
      is_demo: context.isDemo,
      draft_id: facts.draft,
      record: facts.seq,
      short_code: facts.shortCode,
      reason: facts.reason,
      account: facts.account,
      changes: facts.changes.map(({ names, ...change }) => ({
        ...change,
        ...(names.length === 0 ? {} : { untrusted: { names } }),
      })),
      change_count: facts.changeCount,
      merged: facts.merged,
      log: context.origin,
      /** Signed note, byte for byte. */
      checkpoint: context.note,
    },
  })
}
