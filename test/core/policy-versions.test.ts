/** The guardrails as a person sets them: written form and back, versions, what makes no sense, who was faster. On a real ledger. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accountId, entityId } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import { type PolicyDocument, policyDocument } from '../../shared/schemas/policy.ts'
import { changedSettings } from '../../main/drafts/policy-changes.ts'
import { documentOf, policyHash, policyOf, refuseNonsense } from '../../main/drafts/policy-document.ts'
import { FIRST_POLICY } from '../../main/drafts/policy.ts'
import { createPolicyVersions } from '../../main/policy-versions.ts'
import { createPolicyTable } from '../../main/store/policy-table.ts'
import { startRig } from '../support/approval-rig.ts'

const FIRST = documentOf(FIRST_POLICY)
const META = accountId('meta', '42')
const limits = (rest: Partial<PolicyDocument['limits']>): PolicyDocument => ({
  ...FIRST,
  limits: { ...FIRST.limits, ...rest },
})
const own = (rest: Partial<PolicyDocument['accounts'][number]>): PolicyDocument => ({
  ...FIRST,
  accounts: [{ account_id: META, currency: 'EUR', ...rest }],
})
const refusal = (
  attempt: () => unknown,
): { readonly code: string; readonly message: string; readonly setting: unknown } => {
  try {
    attempt()
  } catch (error) {
    if (error instanceof OperationError)
      return { code: error.code, message: error.message, setting: error.details?.['setting'] }
    throw error
  }
  throw new Error('nothing was refused')
}

async function start() {
  const rig = await startRig([])
  let changes = 0
  const open = () =>
    createPolicyVersions({
      table: createPolicyTable(rig.db),
      audit: rig.audit,
      clock: rig.clock,
      currencyOf: (id) => (id === META ? 'EUR' : undefined),
      onChange: () => (changes += 1),
    })
  return { ...rig, open, versions: open(), changes: () => changes }
}

describe('the written form', () => {
  const units = fc.integer({ min: 1, max: 999_999 }).map(String)
  const fine = fc
    .tuple(fc.nat({ max: 9_999 }), fc.nat({ max: 99 }))
    .map(([whole, cents]) => BigInt(whole) * 1_000_000n + BigInt(cents) * 10_000n)
  const micros = fc.bigInt({ min: 1n, max: 10n ** 9n }).map((cents) => cents * 10_000n)
  const window = fc.record({
    days: fc
      .uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 })
      .map((days) => days.toSorted((a, b) => a - b)),
    from: fc.constantFrom('00:00', '08:30', '22:00'),
    to: fc.constantFrom('06:00', '24:00'),
  })

  test('of any policy reads back as the same policy, and is a valid document', () => {
    fc.assert(
      fc.property(
        fc.record({
          maxStepBasisPoints: fc.bigInt({ min: 1n, max: 100_000n }),
          envelopeNetUnits: units.map(BigInt),
          totalNetUnits: fc.option(units.map(BigInt), { nil: undefined }),
          minDailyBudgetUnitMicros: fc.option(fine, { nil: undefined }),
          maxBidUnitMicros: fc.option(fine, { nil: undefined }),
          quietHours: fc.array(window, { maxLength: 3 }),
          coolDownMinutes: fc.nat({ max: 43_200 }),
        }),
        fc.record(
          {
            maxStepBasisPoints: fc.bigInt({ min: 1n, max: 100_000n }),
            maxStepMicros: micros,
            envelopeGrossMicros: micros,
            minBidMicros: fc.option(micros),
            pauseLookbackDays: fc.nat({ max: 90 }),
            quietHours: fc.array(window, { maxLength: 2 }),
          },
          { requiredKeys: [] },
        ),
        (everywhere, here) => {
          const policy = {
            ...FIRST_POLICY,
            ...everywhere,
            version: 7,
            accounts: { [META]: { currency: 'EUR', ...here } },
          }
          const document = policyDocument.parse(JSON.parse(JSON.stringify(documentOf(policy))))
          expect(policyOf(7, document)).toEqual(policy)
          expect(policyHash(7, documentOf(policyOf(7, document)))).toBe(policyHash(7, document))
        },
      ),
      { numRuns: 500 },
    )
  })

  test('has no place for a number that is none, an unknown member or a time of no day', () => {
    for (const broken of [
      limits({ envelope_net: '0' }),
      limits({ envelope_net: '-5' }),
      limits({ max_bid: '1e5' }),
      limits({ quiet_hours: [{ days: [8], from: '01:00', to: '02:00' }] }),
      limits({ quiet_hours: [{ days: [1], from: '25:00', to: '02:00' }] }),
      limits({ max_items: 101 }),
      { ...FIRST, unlimited: true },
      { ...FIRST, protected: ['google_ads'] },
    ])
      expect(policyDocument.safeParse(broken).success).toBe(false)
    expect(policyDocument.safeParse(FIRST).success).toBe(true)
  })
})

describe('limits that make no sense', () => {
  const check = (document: PolicyDocument) =>
    refusal(() => refuseNonsense(document, (id) => (id === META ? 'EUR' : undefined)))

  test.each<[string, PolicyDocument, string]>([
    ['a net limit over the gross one', limits({ envelope_net: '2000' }), 'envelope_net'],
    ['the same over all accounts', limits({ total_net: '9', total_gross: '8' }), 'total_net'],
    [
      'a smallest budget over the largest',
      limits({ min_daily_budget: '20', max_daily_budget: '19.99' }),
      'min_daily_budget',
    ],
    ['a smallest bid over the largest', limits({ min_bid: '0.50', max_bid: '0.49' }), 'min_bid'],
    ['a largest budget of nothing', limits({ max_daily_budget: '0' }), 'max_daily_budget'],
    ['a step of nothing', limits({ max_step_percent: '0.00' }), 'max_step_percent'],
    ['quiet hours without length', limits({ quiet_hours: [{ days: [1], from: '08:00', to: '08:00' }] }), 'quiet_hours'],
    [
      'quiet hours all week',
      limits({ quiet_hours: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00' }] }),
      'quiet_hours',
    ],
    ['a net limit of an account over the gross one of all', own({ envelope_net: '1500.01' }), `${META}.envelope_net`],
    ['a smallest bid of an account over its largest', own({ min_bid: '2.00', max_bid: '1.00' }), `${META}.min_bid`],
    ['an account twice', { ...FIRST, accounts: [...own({}).accounts, ...own({}).accounts] }, 'accounts'],
  ])('%s is refused by its name', (_what, document, setting) => {
    expect(check(document)).toMatchObject({ code: 'invalid_value', setting })
    expect(check(document).message).toContain('Nothing was saved.')
  })

  test('amounts in another currency than the account’s, or that it cannot express, are refused', () => {
    expect(check(own({ currency: 'USD' }))).toMatchObject({ code: 'currency_mismatch' })
    expect(check(own({ envelope_net: '1.005' }))).toMatchObject({ code: 'invalid_value' })
  })

  test('what holds everywhere counts where an account has nothing of its own, and null switches it off', () => {
    const everywhere = {
      ...limits({ max_daily_budget: '100' }),
      accounts: own({ min_daily_budget: '101.00' }).accounts,
    }
    expect(check(everywhere).setting).toBe(`${META}.min_daily_budget`)
    const off = own({ min_daily_budget: '101.00', max_daily_budget: null }).accounts
    refuseNonsense({ ...everywhere, accounts: off }, () => 'EUR')
    // Nothing may be raised in it at all: that is a limit like any other.
    refuseNonsense(own({ envelope_net: '0', envelope_gross: '0' }), () => 'EUR')
  })
})

describe('versions', () => {
  test('begin with the first policy, written down once, whose verdicts are what they always were', async () => {
    const { versions, open, db } = await start()
    expect(versions.policy()).toEqual(FIRST_POLICY)
    expect(open().policy()).toEqual(FIRST_POLICY)
    expect(versions.versions().map((each) => each.version)).toEqual([1])
    expect(() => db.prepare('INSERT INTO policy SELECT * FROM policy').run()).toThrow(/UNIQUE/)
  })

  test('follow one another with a record of what differs, by hash', async () => {
    const { versions, audit, changes, open } = await start()
    const protectedId = entityId(META, 'campaign', 'a~b')
    const next = {
      ...limits({ envelope_net: '400', quiet_hours: [{ days: [6, 7], from: '22:00', to: '06:00' }] }),
      protected: [protectedId],
    }
    const { version, hash } = versions.set(1, next, 'A quieter month.')
    expect([version, versions.policy().envelopeNetUnits, open().policy().version]).toEqual([2, 400n, 2])
    const [row] = audit.list({ limit: 1 })
    expect(row?.record).toMatchObject({
      type: 'policy.changed',
      actor: { kind: 'user' },
      data: {
        version: 2,
        policyHash: hash,
        changes: [
          { setting: 'limits.envelope_net', before: '500', after: '400' },
          { setting: 'limits.quiet_hours', before: 'off', after: '67_22:00-06:00' },
          { setting: 'protected.meta:42/campaign/a-b', before: null, after: 'on' },
        ],
      },
    })
    expect(row?.text).toEqual({ reason: 'A quieter month.' })
    expect(hash).toBe(policyHash(2, next))
    expect(changes()).toBe(1)
  })

  test('are not made of nothing', async () => {
    const { versions, audit, changes } = await start()
    const size = audit.head().size
    expect(versions.set(1, { ...FIRST, protected: [] })).toMatchObject({ version: 1, changes: [] })
    expect([audit.head().size, changes()]).toEqual([size, 0])
  })

  test('are never overwritten by somebody who has not seen the newest', async () => {
    const { versions, open } = await start()
    const [here, there] = [versions, open()]
    here.set(1, limits({ max_items: 5 }))
    expect(refusal(() => there.set(1, limits({ max_items: 6 })))).toMatchObject({ code: 'stale_value' })
    expect(there.policy().maxItems).toBe(5)
    expect(there.set(2, limits({ max_items: 6 })).version).toBe(3)
    expect(here.policy().maxItems).toBe(6)
  })

  test('leave nothing behind when the record cannot be written', async () => {
    const { versions, db } = await start()
    versions.policy()
    db.exec("CREATE TRIGGER no_more BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'full'); END")
    expect(() => versions.set(1, limits({ max_items: 5 }))).toThrow(/full/)
    expect(versions.policy().version).toBe(1)
  })

  test('that are not what was saved let nothing be judged', async () => {
    const { versions, open, db } = await start()
    versions.set(1, limits({ max_items: 5 }))
    db.prepare(
      'UPDATE policy SET policy_json = replace(policy_json, \'"max_items":5\', \'"max_items":9\') WHERE version = 2',
    ).run()
    expect(refusal(() => open().policy())).toMatchObject({ code: 'workspace_damaged' })
  })

  test('name at most a hundred changes, and count the rest', () => {
    const many = {
      ...FIRST,
      protected: Array.from({ length: 150 }, (_, at) => entityId(META, 'campaign', `${1000 + at}`)),
    }
    const changes = changedSettings(FIRST, many)
    expect(changes.length).toBe(100)
    expect(changes.at(-1)).toEqual({ setting: 'more', before: null, after: '51' })
    expect(changedSettings(many, many)).toEqual([])
  })
})
