/** Which settings differ between two versions of the guardrails, as codes for the log. Pure. */
import type { PolicyDocument, QuietWindowView } from '../../shared/schemas/policy.ts'

export interface ChangedSetting {
  readonly setting: string
  readonly before: string | null
  readonly after: string | null
}

/** What a record of the log holds at most. */
const MAX_CHANGES = 100
const MAX_CODE = 96

/** In order of the settings' names. More than a hundred are cut, with the number of the rest in the last line; the hash covers them all. */
export function changedSettings(before: PolicyDocument, after: PolicyDocument): readonly ChangedSetting[] {
  const [old, next] = [flat(before), flat(after)]
  const changes = [...new Set([...old.keys(), ...next.keys()])]
    .toSorted()
    .map((setting) => ({ setting, before: old.get(setting) ?? null, after: next.get(setting) ?? null }))
    .filter((each) => each.before !== each.after)
  if (changes.length <= MAX_CHANGES) return changes
  const rest = changes.length - (MAX_CHANGES - 1)
  return [...changes.slice(0, MAX_CHANGES - 1), { setting: 'more', before: null, after: String(rest) }]
}

function flat({ limits, protected: protectedIds, accounts }: PolicyDocument): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [name, value] of Object.entries(limits)) note(found, `limits.${name}`, value)
  for (const id of protectedIds) note(found, `protected.${id}`, 'on')
  for (const { account_id: accountId, currency, ...own } of accounts) {
    note(found, `${accountId}.currency`, currency)
    for (const [name, value] of Object.entries(own)) note(found, `${accountId}.${name}`, value ?? 'off')
  }
  return found
}

function note(
  found: Map<string, string>,
  setting: string,
  value: string | number | null | readonly QuietWindowView[],
): void {
  if (value === null) return
  const text = typeof value === 'object' ? windowsCode(value) : String(value)
  // Ids may be longer than a code, or hold a "~": what is left of one still names the account and the kind.
  found.set(setting.replaceAll(/[^A-Za-z0-9_.:/-]/g, '-').slice(0, MAX_CODE), text)
}

/** "12345_22:00-06:00/67_00:00-24:00". Too many for one code are told by their number. */
function windowsCode(windows: readonly QuietWindowView[]): string {
  if (windows.length === 0) return 'off'
  const text = windows.map(({ days, from, to }) => `${days.join('')}_${from}-${to}`).join('/')
  return text.length <= MAX_CODE ? text : `windows:${windows.length}`
}
