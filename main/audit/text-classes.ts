/**
 * What kind every free text of the log is: the one table behind what an export withholds. A text may be of both kinds; a name that is not
 * in here counts as both, so that a new text is withheld until somebody has decided.
 */

/** Personal: names or describes a person, or may do so. Confidential: the business's own, such as names of campaigns and reasons. */
export type TextClass = 'personal' | 'confidential'

export const TEXT_CLASSES: Readonly<Record<string, readonly TextClass[]>> = {
  title: ['confidential'],
  rationale: ['confidential'],
  path: ['confidential'],
  entity_name: ['confidential'],
  account_name: ['confidential'],
  before: ['confidential'],
  after: ['confidential'],
  tool: ['confidential'],
  op: ['confidential'],
  purpose: ['confidential'],
  /** Sentences that a person wrote or a platform sent may name somebody. */
  reason: ['personal', 'confidential'],
  detail: ['personal', 'confidential'],
  platform_message: ['personal', 'confidential'],
  file_name: ['personal', 'confidential'],
  label: ['personal', 'confidential'],
  /** People call their clients and computers after themselves. */
  agent_name: ['personal'],
  client_name: ['personal'],
  host_name: ['personal'],
  reviewer_name: ['personal'],
  recipient: ['personal'],
  who: ['personal'],
}

/** The classes of a text as it is named in a record: `path.3` is a `path`. */
export function classesOf(name: string): readonly TextClass[] {
  const base = name.split('.', 1)[0] ?? ''
  return Object.hasOwn(TEXT_CLASSES, base) ? (TEXT_CLASSES[base] ?? []) : ['personal', 'confidential']
}

/** Whether an export that leaves out `redacted` leaves out this text. */
export function isWithheld(name: string, redacted: readonly TextClass[]): boolean {
  return classesOf(name).some((each) => redacted.includes(each))
}
