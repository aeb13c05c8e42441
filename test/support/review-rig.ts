/** Two people with a key each, a workspace on a real ledger with a platform on paper, and the files that go between them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DraftId } from '../../shared/domain/ids.ts'
import { createReviews } from '../../main/approval/review/reviews.ts'
import { createSecondPerson, type SecondPersonRule } from '../../main/approval/review/second-person.ts'
import { runReview } from '../../main/cli/review.ts'
import { Secret } from '../../main/secret.ts'
import { createReviewTable } from '../../main/store/review-table.ts'
import { createSettingTable } from '../../main/store/setting-table.ts'
import { startRig } from './approval-rig.ts'
import { entity, idOf, META, ONE } from './plan-world.ts'
import { makeTempFolder } from './temp-folder.ts'

export const KEY_PASSPHRASE = 'a key of my own'
export const AD_SET = idOf(META, 'ad_group', '1301')
/** Words and a name that try to be more than that. */
export const NASTY_NAME = 'EU\u001b[2J 25-44 \u202Ednim "x"'

export type ReviewRig = Awaited<ReturnType<typeof startReviewRig>>

export async function startReviewRig() {
  const rig = await startRig([
    entity(AD_SET, {
      name: NASTY_NAME,
      budgetKind: 'daily',
      dailyBudgetMicros: 60n * ONE,
      values: { cost_cap: '9.00' },
      editable: [
        { field: 'daily_budget', isEditable: true },
        { field: 'cost_cap', isEditable: true },
      ],
    }),
  ])
  const table = createReviewTable(rig.db)
  const settings = createSettingTable(rig.db)
  const secondPerson = createSecondPerson({ reviews: table, settings })
  const reviews = createReviews({
    reviews: table,
    drafts: rig.drafts,
    audit: rig.audit,
    clock: rig.clock,
    vault: { signingKey: rig.keys, nextSigningKey: undefined },
    appVersion: '0.0.0',
  })
  rig.turned.review = (draft) => secondPerson.requireAnswer(draft)
  const folder = makeTempFolder('review')
  let files = 0
  const newFile = (): string => join(folder, `file-${(files += 1)}.txt`)

  /** Runs `spendsignoff review …` as somebody at a terminal would, with what they type. */
  async function cli(args: readonly string[], typed: { passphrase?: string; line?: string } = {}) {
    let out = ''
    let said = ''
    const passphrase = async (): Promise<Secret | undefined> =>
      'passphrase' in typed ? new Secret(typed.passphrase ?? '') : new Secret(KEY_PASSPHRASE)
    const status = await runReview(args, {
      clock: rig.clock,
      passphrase,
      newPassphrase: passphrase,
      line: async () => typed.line,
      out: (text) => void (out += text),
      say: (text) => void (said += `${text}\n`),
    })
    return { status, out, said }
  }

  async function newPerson(name: string): Promise<{ name: string; keyFile: string; vkey: string }> {
    const keyFile = newFile()
    const { status, out } = await cli(['new-key', '--out', keyFile, '--name', name])
    if (status !== 0) throw new Error('no key was made')
    return { name, keyFile, vkey: out.trim() }
  }

  return {
    ...rig,
    table,
    settings,
    secondPerson,
    reviews,
    newFile,
    cli,
    newPerson,
    setRule: (rule: SecondPersonRule) => settings.write('second_person', rule),
    proposeBudget: (value = '70.00') =>
      rig.propose({
        kind: 'set_budget',
        entity_id: AD_SET,
        budget: 'daily',
        expected_current: '60.00',
        new_value: value,
      }),
    proposeBid: () =>
      rig.propose({
        kind: 'set_bid',
        entity_id: AD_SET,
        field: 'cost_cap',
        expected_current: '9.00',
        new_value: '9.50',
      }),
    /** The pack of a draft, as a file. */
    exportPack(draftId: DraftId): string {
      const file = newFile()
      writeFileSync(file, reviews.exportPack(draftId).text)
      return file
    },
    /** Has somebody answer a pack; the text of the answer, or undefined when they did not get to sign. */
    async answer(
      person: { readonly keyFile: string },
      packFile: string,
      verdict: 'approve' | 'reject' = 'approve',
      reason?: string,
    ): Promise<string> {
      const out = newFile()
      const code = /^d_.*\n([0-9a-f]{8})/m.exec(readFileSync(packFile, 'utf8'))?.[1] ?? ''
      const words = reason === undefined ? [] : ['--reason', reason]
      const args = ['answer', packFile, '--key', person.keyFile, `--${verdict}`, ...words, '--code', code, '--out', out]
      const { said } = await cli(args)
      if (!existsSync(out)) throw new Error(`not answered: ${said}`)
      return readFileSync(out, 'utf8')
    },
  }
}
