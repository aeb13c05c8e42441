/** Which account a platform's report goes to, and what stands in the way. Reads what is stored; stores nothing. */
import type { AccountId, Platform } from '../../shared/domain/ids.ts'
import { isImportedAccount } from '../../shared/domain/ids.ts'
import { type ImportChoices, IMPORT_CONNECTION } from '../../shared/schemas/imports.ts'
import { dateOf, localDay } from '../reporting/calendar.ts'
import { cleanUntrusted } from '../reporting/untrusted.ts'
import type { AccountReader, StoredAccount } from '../store/account-table.ts'
import { accountName, importedAccountId } from './accounts.ts'
import { chosenZone, currencyQuestion, zoneQuestion } from './file-questions.ts'
import type { Question } from './parsed.ts'
import type { FileSummary } from './read-file.ts'

export interface Target {
  readonly accountId: AccountId
  readonly platform: Platform
  readonly name: string
  readonly currency: string
  readonly timeZone: string
  readonly isNew: boolean
}
export interface Placement {
  readonly target: Target | null
  /** Also without a target: the name, as far as it is known. */
  readonly name: string | null
  readonly questions: readonly Question[]
  /** Why it cannot be stored there. */
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

const MAX_NAME = 120
const MAX_OPTIONS = 50
/** The zones where a day ends last and first. */
const LAST_TO_END_MS = -12 * 3_600_000
const FIRST_TO_END_MS = 14 * 3_600_000

export function placementOf(
  summary: FileSummary,
  choices: ImportChoices,
  accounts: Pick<AccountReader, 'byId' | 'all'>,
  nowMs: number,
): Placement {
  const { platform } = summary
  if (summary.kind !== 'platform_report' || platform === null) return nowhere([])
  const chosen = choices.account_id === undefined ? undefined : accounts.byId(choices.account_id)
  if (choices.account_id !== undefined) {
    const problem = chosenProblem(chosen, platform)
    if (problem !== undefined) return nowhere([problem])
  }
  const said = choices.account_name ?? summary.accountName ?? undefined
  const name = chosen?.name ?? (said === undefined ? undefined : accountName(cleanUntrusted(said, MAX_NAME)))
  const currencies = summary.currency === null && !asks(summary, 'currency') ? [NEEDS_CURRENCY] : []
  if (name === undefined || name === '')
    return { ...nowhere([]), questions: [askName(accounts.all(), platform), ...currencies] }
  const accountId = chosen?.accountId ?? importedAccountId(platform, name)
  const known = chosen ?? accounts.byId(accountId)
  const zone = chosenZone(choices.time_zone) ?? known?.timeZone
  const isAsked = zone === undefined && needsZone(summary, nowMs)
  const questions = [
    ...currencies,
    ...(isAsked
      ? [
          zoneQuestion(
            'In which time zone does the ad account count its days? Only then is known whether the last day was over.',
          ),
        ]
      : []),
  ]
  const problems = known === undefined ? [] : knownProblems(known, summary.currency)
  const warnings = sameNames(accounts.all(), platform, name)
  const target =
    summary.currency === null
      ? null
      : { accountId, platform, name, currency: summary.currency, timeZone: zone ?? 'UTC', isNew: known === undefined }
  return { target, name, questions, problems, warnings }
}

const nowhere = (problems: readonly string[]): Placement => ({
  target: null,
  name: null,
  questions: [],
  problems,
  warnings: [],
})
const NEEDS_CURRENCY = currencyQuestion('In which currency is this report? The file does not say.')
const asks = (summary: FileSummary, field: Question['field']): boolean =>
  summary.questions.some((question) => question.field === field)
const isConnected = ({ accountId, connectionId }: StoredAccount): boolean =>
  !isImportedAccount(accountId) || connectionId !== IMPORT_CONNECTION

const CONNECTED =
  'That account is connected: a sync brings its numbers, and a file could only contradict them. Give the imported account a name of its own.'

function chosenProblem(chosen: StoredAccount | undefined, platform: Platform): string | undefined {
  if (chosen === undefined) return 'There is no such account. Choose one that was imported before, or name a new one.'
  if (isConnected(chosen)) return CONNECTED
  return chosen.platform === platform ? undefined : 'That account is of another platform than this report.'
}

function knownProblems(known: StoredAccount, currency: string | null): readonly string[] {
  if (isConnected(known)) return [CONNECTED]
  if (!known.isListed) return ['That account is just being removed. Try again in a moment.']
  if (currency === null || known.currency === currency) return []
  return [
    `The imported account “${cleanUntrusted(known.name, 60)}” is in ${known.currency}, and this file is in ${currency}. Give it another name, or check the currency.`,
  ]
}

function askName(all: readonly StoredAccount[], platform: Platform): Question {
  const imported = all.filter((account) => account.platform === platform && !isConnected(account) && account.isListed)
  return {
    field: 'account_name',
    text: 'Which ad account is this report of? The file does not name it. Give the same name to every file of the same account.',
    options: imported.slice(0, MAX_OPTIONS).map(({ name }) => {
      const shown = cleanUntrusted(name, MAX_NAME)
      return { value: shown, label: shown }
    }),
  }
}

/** Whether the file has a day that is over in some zones and not in others: else the zone decides nothing today. */
function needsZone({ endDate, isDaily }: FileSummary, nowMs: number): boolean {
  const firstOpen = dateOf(localDay(nowMs + LAST_TO_END_MS, 'UTC'))
  const lastOpen = dateOf(localDay(nowMs + FIRST_TO_END_MS, 'UTC'))
  return isDaily === true && endDate !== null && endDate >= firstOpen && endDate <= lastOpen
}

function sameNames(all: readonly StoredAccount[], platform: Platform, name: string): readonly string[] {
  const twin = all.find(
    (account) =>
      account.platform === platform &&
      isConnected(account) &&
      account.isListed &&
      accountName(account.name).toLowerCase() === name.toLowerCase(),
  )
  if (twin === undefined) return []
  return [
    'A connected account of this platform has the same name. If both are the same account, its numbers would be counted twice.',
  ]
}
