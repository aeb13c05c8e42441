/** Google's numbers and words turned into ours and back: what may be exact is exact, what cannot be is refused, nothing is rounded quietly. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitDays } from '../../main/platforms/days.ts'
import { errorFor, isDefinitiveRefusal, parseFailure } from '../../main/platforms/google-ads/codes.ts'
import { classifyAnswer } from '../../main/platforms/google-ads/apply.ts'
import { budgetUnderSwitch } from '../../main/platforms/google-ads/live.ts'
import { adKey, toAd, toAdGroup, toCampaign } from '../../main/platforms/google-ads/map-entities.ts'
import { addLag, type LagSums, toFact } from '../../main/platforms/google-ads/map-facts.ts'
import {
  doubleFromRatio,
  int64FromDecimal,
  microsFromInt64,
  millionths,
  readAmount,
  readRatio,
  toDelivery,
  toReview,
  toStatus,
} from '../../main/platforms/google-ads/map.ts'
import {
  dryRunBody,
  type Planned,
  type PlannedWrite,
  planWrite,
  writeBody,
} from '../../main/platforms/google-ads/plan.ts'
import * as queries from '../../main/platforms/google-ads/queries.ts'
import { resolveAccounts } from '../../main/platforms/google-ads/routing.ts'
import { PICTURE_HOSTS } from '../../main/platforms/google-ads/thumbnails.ts'
import { toTracker } from '../../main/platforms/google-ads/trackers.ts'
import {
  adGroupRowSchema,
  adRowSchema,
  campaignRowSchema,
  clientRowSchema,
} from '../../main/platforms/google-ads/wire.ts'
import { localToUtcMs } from '../../main/platforms/google-ads/zones.ts'
import type { HttpAnswer } from '../../main/platforms/http.ts'
import { pictureAddress } from '../../main/platforms/pictures.ts'
import { parseRatio } from '../../shared/domain/bid.ts'
import { accountId, entityId } from '../../shared/domain/ids.ts'
import { currencyExponent, formatDecimal } from '../../shared/domain/money.ts'
import { OperationError } from '../../shared/errors.ts'

const account = accountId('google_ads', '1112223333')
const MAX = 9_007_199_254_740_991n
/** What Google bills in, by its currency table: some currencies have decimals that Google does not use. */
const UNITS = {
  USD: 10_000n,
  EUR: 10_000n,
  JPY: 1_000_000n,
  KRW: 1_000_000n,
  CLP: 1_000_000n,
  HUF: 1_000_000n,
  KWD: 10_000n,
  TWD: 1_000_000n,
} as const
const CURRENCIES = Object.keys(UNITS) as (keyof typeof UNITS)[]

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof OperationError) return error.code
    throw error
  }
  return 'no error'
}

describe('money on Google', () => {
  it.each(CURRENCIES)(
    'in %s comes back from the wire as it went, for every amount the currency can spell',
    (currency) => {
      const step = 10n ** BigInt(6 - currencyExponent(currency))
      fc.assert(
        fc.property(fc.bigInt({ min: 1n, max: MAX / step }), (count) => {
          const micros = count * step
          const text = formatDecimal(micros, currency)
          const onTheWire = int64FromDecimal(text, currency)
          expect(onTheWire).toBe(micros.toString())
          expect(readAmount(onTheWire, currency, step)).toEqual({ kind: 'value', micros, text })
        }),
      )
    },
  )

  it.each(CURRENCIES)('in %s that is finer than Google bills is shown as unfit, never rounded', (currency) => {
    const unit = UNITS[currency]
    expect(readAmount((unit * 7n).toString(), currency, unit).kind).toBe('value')
    expect(readAmount((unit * 7n + 1n).toString(), currency, unit).kind).toBe('unfit')
    expect(readAmount((unit * 7n + unit / 2n).toString(), currency, unit).kind).toBe('unfit')
  })

  it('past 2^53 micros is refused in both directions', () => {
    expect(microsFromInt64('9007199254740991')).toBe(MAX)
    for (const text of ['9007199254740992', '-9007199254740992', '9223372036854775807'])
      expect(codeOf(() => microsFromInt64(text))).toBe('invalid_value')
    expect(readAmount('9007199254750000', 'USD', 10_000n).kind).toBe('unfit')
    expect(codeOf(() => int64FromDecimal('9007199254.75', 'USD'))).toBe('invalid_value')
  })

  it('that is zero, negative or no amount is not written', () => {
    for (const text of ['0', '0.00', '-1.00', '1e3', '', 'NaN', '12.345', ' 5', '5,00'])
      expect(codeOf(() => int64FromDecimal(text, 'EUR'))).toBe('invalid_value')
    expect(codeOf(() => int64FromDecimal('5.00', 'ZZZ'))).toBe('currency_mismatch')
  })
})

describe('a target ROAS', () => {
  it('goes through its shortest decimal spelling and back without loss', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 99_999_9999n }), (tenThousandths) => {
        const text = `${tenThousandths / 10_000n}.${(tenThousandths % 10_000n).toString().padStart(4, '0')}`
        const wire: unknown = JSON.parse(JSON.stringify(doubleFromRatio(text)))
        const back = readRatio(wire as number)
        expect(back).toMatchObject({ kind: 'value', micros: parseRatio(text) })
      }),
    )
  })

  it('with more than four decimals is left alone', () => {
    expect(readRatio(3.5)).toEqual({ kind: 'value', micros: 3_500_000n, text: '3.50' })
    expect(readRatio(undefined)).toEqual({ kind: 'none' })
    for (const wire of [3.33333, 1e-7, Number.NaN, Infinity, 123_456.7, -2]) expect(readRatio(wire).kind).toBe('unfit')
  })
})

describe('conversions and values of a report', () => {
  it('are taken by their decimal spelling, to the millionth', () => {
    expect(millionths(0)).toBe(0n)
    expect(millionths(3.5)).toBe(3_500_000n)
    expect(millionths(0.1 + 0.2)).toBe(300_000n)
    expect(millionths(1 / 3)).toBe(333_333n)
    expect(millionths(2 / 3)).toBe(666_667n)
    expect(millionths(-1.25)).toBe(-1_250_000n)
    expect(millionths(1e-7)).toBe(0n)
    expect(millionths(5e-7)).toBe(1n)
    expect(millionths(9_007_199_254.5)).toBe(9_007_199_254_500_000n)
  })

  it('that are no numbers, or past what can be kept, are not', () => {
    for (const value of [Number.NaN, Infinity, -Infinity, 1e10, 1e21, 1e300]) expect(millionths(value)).toBeUndefined()
  })

  it('agree with the spelling for every amount of cents', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 900_000_000 }), (cents) => {
        expect(millionths(cents / 100)).toBe(BigInt(cents) * 10_000n)
      }),
    )
  })
})

describe('Google’s words', () => {
  it('that are new to this version become unknown, and never a switch', () => {
    expect(['ENABLED', 'PAUSED', 'REMOVED', 'FROZEN', '__proto__', ''].map(toStatus)).toEqual([
      'enabled',
      'paused',
      'deleted',
      'unknown',
      'unknown',
      'unknown',
    ])
    expect([toDelivery('LEARNING'), toDelivery('SOMETHING_NEW'), toDelivery(undefined)]).toEqual([
      'learning',
      'unknown',
      'unknown',
    ])
    expect(toReview('DISAPPROVED', 'REVIEWED')).toBe('disapproved')
    expect(toReview('AREA_OF_INTEREST_ONLY', 'REVIEWED')).toBe('limited')
    expect(toReview('UNKNOWN', 'REVIEW_IN_PROGRESS')).toBe('in_review')
    expect(toReview(undefined, undefined)).toBe('unknown')
  })

  it('on local time are read on the account’s clock, across a change of clocks too', () => {
    expect(localToUtcMs('2026-11-23 09:12:44', 'Europe/Berlin')).toBe(Date.UTC(2026, 10, 23, 8, 12, 44))
    expect(localToUtcMs('2026-07-01 00:00:00', 'America/New_York')).toBe(Date.UTC(2026, 6, 1, 4))
    expect(localToUtcMs('2026-10-25 12:00:00', 'Europe/Berlin')).toBe(Date.UTC(2026, 9, 25, 11))
    expect(localToUtcMs('2026-11-23', 'Asia/Tokyo')).toBe(Date.UTC(2026, 10, 22, 15))
    expect(localToUtcMs('yesterday', 'Asia/Tokyo')).toBeUndefined()
    expect(localToUtcMs('2026-11-23 09:12:44', 'Nowhere/Land')).toBeUndefined()
  })

  it('on long ranges are asked for in pieces without gap or overlap', () => {
    expect(splitDays({ startDate: '2026-02-27', endDate: '2026-03-03' }, 2)).toEqual([
      { startDate: '2026-02-27', endDate: '2026-02-28' },
      { startDate: '2026-03-01', endDate: '2026-03-02' },
      { startDate: '2026-03-03', endDate: '2026-03-03' },
    ])
    expect(codeOf(() => splitDays({ startDate: '2026-02-30', endDate: '2026-03-03' }, 30))).toBe('invalid_value')
    expect(codeOf(() => splitDays({ startDate: "2026-01-01' OR 1", endDate: '2026-03-03' }, 30))).toBe('invalid_value')
    expect(codeOf(() => splitDays({ startDate: '2026-03-03', endDate: '2026-03-01' }, 30))).toBe('invalid_value')
    expect(codeOf(() => splitDays({ startDate: '2016-03-03', endDate: '2026-03-01' }, 30))).toBe('range_too_long')
  })
})

const PLAIN = { id: '77', name: 'Brand', status: 'ENABLED', advertisingChannelType: 'SEARCH' }

function row(campaign: Record<string, unknown>, budget?: Record<string, unknown>) {
  return campaignRowSchema.parse({
    campaign: { resourceName: 'customers/1112223333/campaigns/77', ...PLAIN, ...campaign },
    campaignBudget: {
      resourceName: 'customers/1112223333/campaignBudgets/5',
      id: '5',
      amountMicros: '50000000',
      period: 'DAILY',
      explicitlyShared: false,
      referenceCount: '1',
      ...budget,
    },
  })
}
const context = { account, currency: 'EUR', stepMicros: 10_000n }
const campaign = (fields: Record<string, unknown>, budget?: Record<string, unknown>) =>
  toCampaign(context, row(fields, budget), { sharing: new Map() })
const rule = (entity: ReturnType<typeof campaign>, field: string) =>
  entity.editable.find((each) => each.field === field)

describe('what may be changed in a campaign', () => {
  it('follows its strategy: each one has its own target, and no other', () => {
    const cases = [
      [
        'MAXIMIZE_CONVERSIONS',
        { maximizeConversions: { targetCpaMicros: '8000000' } },
        'target_cpa',
        '8.00',
        'maximize_conversions:8.00',
      ],
      ['TARGET_CPA', { targetCpa: { targetCpaMicros: '9500000' } }, 'target_cpa', '9.50', 'target_cpa:9.50'],
      [
        'MAXIMIZE_CONVERSION_VALUE',
        { maximizeConversionValue: { targetRoas: 3.5 } },
        'target_roas',
        '3.50',
        'maximize_conversion_value:3.50',
      ],
      ['TARGET_ROAS', { targetRoas: { targetRoas: 2.125 } }, 'target_roas', '2.125', 'target_roas:2.125'],
      ['TARGET_SPEND', { targetSpend: { cpcBidCeilingMicros: '1200000' } }, 'bid_cap', '1.20', 'maximize_clicks:1.20'],
    ] as const
    for (const [biddingStrategyType, members, field, value, strategy] of cases) {
      const found = campaign({ biddingStrategyType, ...members })
      expect(found.values).toEqual({ [field]: value, bid_strategy: strategy })
      expect(rule(found, field)).toMatchObject({ isEditable: true })
      expect(rule(found, 'bid_strategy')).toMatchObject({ isEditable: true })
      expect(found.editable.map((each) => each.field).toSorted()).toEqual(
        ['bid_strategy', 'daily_budget', 'status', field].toSorted(),
      )
    }
  })

  it('leaves an optional target that is not set to the bid strategy', () => {
    const found = campaign({ biddingStrategyType: 'MAXIMIZE_CONVERSIONS', maximizeConversions: {} })
    expect(found.values).toEqual({ bid_strategy: 'maximize_conversions' })
    expect(rule(found, 'target_cpa')).toMatchObject({
      isEditable: false,
      refusal: expect.stringContaining('target CPA'),
    })
    expect(rule(found, 'bid_strategy')?.strategies?.map((each) => each.strategy)).toContain('manual_cpc')
  })

  it('is refused with a reason for portfolios, total budgets, experiments, Smart campaigns, removed ones and foreign strategies', () => {
    const portfolio = campaign({
      biddingStrategyType: 'TARGET_CPA',
      biddingStrategy: 'customers/1112223333/biddingStrategies/9',
    })
    expect(rule(portfolio, 'bid_strategy')?.refusal).toMatch(/portfolio/i)
    expect(rule(portfolio, 'target_cpa')?.refusal).toMatch(/portfolio/i)
    expect(rule(portfolio, 'daily_budget')?.isEditable).toBe(true)
    const total = campaign({}, { period: 'CUSTOM_PERIOD', amountMicros: undefined, totalAmountMicros: '900000000' })
    expect(total).toMatchObject({ budgetKind: 'lifetime' })
    expect(total.dailyBudgetMicros).toBeUndefined()
    expect(rule(total, 'daily_budget')?.refusal).toMatch(/total budget/)
    for (const [fields, word] of [
      [{ experimentType: 'EXPERIMENT' }, /experiment/],
      [{ advertisingChannelType: 'SMART' }, /Smart/],
      [{ advertisingChannelType: 'VIDEO' }, /Video/],
      [{ status: 'REMOVED' }, /removed/],
    ] as const) {
      const found = campaign({ biddingStrategyType: 'MANUAL_CPC', ...fields })
      expect(found.editable.filter((each) => each.isEditable)).toEqual([])
      for (const each of found.editable) expect(each.refusal).toMatch(word)
    }
    const display = campaign({ advertisingChannelType: 'DISPLAY', biddingStrategyType: 'TARGET_CPM' })
    expect(rule(display, 'bid_strategy')?.refusal).toMatch(/TARGET_CPM/)
    expect(rule(display, 'status')?.isEditable).toBe(true)
  })

  it('names what Performance Max can be switched to, and calls it automated', () => {
    const found = campaign({
      advertisingChannelType: 'PERFORMANCE_MAX',
      biddingStrategyType: 'MAXIMIZE_CONVERSION_VALUE',
      maximizeConversionValue: { targetRoas: 2.8 },
    })
    expect(found.isAutomated).toBe(true)
    expect(rule(found, 'bid_strategy')?.strategies?.map((each) => each.strategy)).toEqual([
      'maximize_conversions',
      'maximize_conversion_value',
    ])
  })

  it('never shows an amount that is too fine or too large as if it were usable', () => {
    const fine = campaign({}, { amountMicros: '50000001' })
    expect(fine.dailyBudgetMicros).toBeUndefined()
    expect(rule(fine, 'daily_budget')?.refusal).toMatch(/\w{4}/)
    const vast = campaign({}, { amountMicros: '9223372036854775807' })
    expect(vast.dailyBudgetMicros).toBeUndefined()
    expect(rule(vast, 'daily_budget')?.isEditable).toBe(false)
  })

  it('whose budget Google does not tell starts an unknown amount of spend when switched on, not none', () => {
    const silent = toCampaign(context, { ...row({}), campaignBudget: undefined }, { sharing: new Map() })
    expect(budgetUnderSwitch(silent)).toBeNull()
    expect(budgetUnderSwitch(campaign({}))).toBe(50_000_000n)
    const total = campaign({}, { period: 'CUSTOM_PERIOD', amountMicros: undefined, totalAmountMicros: '900000000' })
    expect(budgetUnderSwitch(total)).toBeNull()
  })

  it('lists every campaign of a shared budget, in order', () => {
    const others = ['9', '80'].map((id) => entityId(account, 'campaign', id))
    const sharing = new Map([['customers/1112223333/campaignBudgets/5', others]])
    const found = toCampaign(context, row({}, { explicitlyShared: true, referenceCount: '3' }), { sharing })
    expect(found.sharedBudget).toEqual({
      externalId: '5',
      campaignIds: ['77', '80', '9'].map((id) => entityId(account, 'campaign', id)),
    })
    // Two campaigns on one budget share it, whatever the box in Google Ads says.
    expect(campaign({}, { referenceCount: '2' }).sharedBudget?.campaignIds).toHaveLength(1)
    expect(campaign({}).sharedBudget).toBeUndefined()
  })
})

describe('what may be changed in an ad group and an ad', () => {
  const group = (campaignFields: Record<string, unknown>, fields: Record<string, unknown>) =>
    toAdGroup(
      context,
      adGroupRowSchema.parse({
        campaign: { resourceName: 'customers/1112223333/campaigns/77', ...PLAIN, ...campaignFields },
        adGroup: { resourceName: 'customers/1112223333/adGroups/88', id: '88', status: 'ENABLED', ...fields },
      }),
    )

  it('is the bid per click under manual bidding only', () => {
    const manual = group({ biddingStrategyType: 'MANUAL_CPC' }, { cpcBidMicros: '800000' })
    expect(manual.values).toEqual({ cpc_bid: '0.80' })
    expect(rule(manual, 'cpc_bid')).toMatchObject({ isEditable: true, minMicros: 10_000n, stepMicros: 10_000n })
    const automatic = group({ biddingStrategyType: 'MAXIMIZE_CONVERSIONS' }, { cpcBidMicros: '800000' })
    expect(automatic.values).toEqual({})
    expect(rule(automatic, 'cpc_bid')?.refusal).toContain('Brand')
    expect(rule(manual, 'daily_budget')?.refusal).toContain('Brand')
    expect(manual.budgetKind).toBe('inherited')
  })

  const withTarget = {
    biddingStrategyType: 'MAXIMIZE_CONVERSIONS',
    maximizeConversions: { targetCpaMicros: '8000000' },
  }

  it('is a target of its own where it has one', () => {
    const own = group(withTarget, { targetCpaMicros: '7000000' })
    expect(own.values).toEqual({ target_cpa: '7.00' })
    expect(rule(own, 'target_cpa')?.isEditable).toBe(true)
    const inherited = group(withTarget, {})
    expect(rule(inherited, 'target_cpa')?.refusal).toContain('Brand')
  })

  it('is no target that Google would ignore, because the campaign has none to deviate from', () => {
    for (const [campaignFields, fields, field] of [
      [
        { biddingStrategyType: 'MAXIMIZE_CONVERSIONS', maximizeConversions: {} },
        { targetCpaMicros: '7000000' },
        'target_cpa',
      ],
      [
        { biddingStrategyType: 'MAXIMIZE_CONVERSION_VALUE', maximizeConversionValue: { targetRoas: 0 } },
        { targetRoas: 3.5 },
        'target_roas',
      ],
    ] as const) {
      const ignored = group(campaignFields, fields)
      expect(rule(ignored, field)).toMatchObject({ isEditable: false, refusal: expect.stringContaining('ignores') })
    }
  })

  it('is no bid and no target under a portfolio strategy, which Google ignores or refuses there', () => {
    const portfolio = { biddingStrategy: 'customers/1112223333/biddingStrategies/9' }
    const bid = group({ ...portfolio, biddingStrategyType: 'ENHANCED_CPC' }, { cpcBidMicros: '800000' })
    expect(rule(bid, 'cpc_bid')?.refusal).toMatch(/portfolio/i)
    const cpa = group({ ...portfolio, biddingStrategyType: 'TARGET_CPA' }, { targetCpaMicros: '7000000' })
    expect(rule(cpa, 'target_cpa')?.refusal).toMatch(/portfolio/i)
    const roas = group({ ...portfolio, biddingStrategyType: 'TARGET_ROAS' }, { targetRoas: 3.5 })
    expect(rule(roas, 'target_roas')?.refusal).toMatch(/portfolio/i)
  })

  it('keeps an ad’s key, names it by its first headline and never invents a review', () => {
    const ad = toAd(
      account,
      adRowSchema.parse({
        campaign: PLAIN,
        adGroup: { id: '88', status: 'ENABLED' },
        adGroupAd: {
          resourceName: 'customers/1112223333/adGroupAds/88~99',
          status: 'ENABLED',
          policySummary: {
            approvalStatus: 'DISAPPROVED',
            reviewStatus: 'REVIEWED',
            policyTopicEntries: [{ topic: 'DESTINATION_NOT_WORKING', type: 'PROHIBITED' }],
          },
          ad: { id: '99', type: 'RESPONSIVE_SEARCH_AD', responsiveSearchAd: { headlines: [{ text: 'Zelte' }] } },
        },
      }),
      ['5'],
    )
    expect(adKey('customers/1112223333/adGroupAds/88~99')).toBe('88~99')
    expect(ad).toMatchObject({
      entityId: 'google_ads:1112223333/ad/88~99',
      parentId: 'google_ads:1112223333/ad_group/88',
      name: 'Zelte',
      review: 'disapproved',
      reviewReasons: ['DESTINATION_NOT_WORKING: PROHIBITED'],
    })
    expect(ad.editable.map((each) => each.field)).toEqual(['status'])
  })
})

function change(field: string, after: string, id = 'campaign/77', currency = 'EUR') {
  const whole = `google_ads:1112223333/${id}`
  return { platform: 'google_ads', accountId: account, entityId: whole, field, currency, before: '', after } as never
}
function write(planned: Planned): PlannedWrite {
  if ('refusal' in planned) throw new Error(planned.refusal)
  return planned
}

describe('a change on the wire', () => {
  const cpa = row({ biddingStrategyType: 'MAXIMIZE_CONVERSIONS', maximizeConversions: { targetCpaMicros: '8000000' } })

  it('names one resource, one path and the value', () => {
    const cases: readonly [Planned, unknown][] = [
      [
        planWrite(change('daily_budget', '60.00'), cpa),
        {
          updateMask: 'amountMicros',
          update: { resourceName: 'customers/1112223333/campaignBudgets/5', amountMicros: '60000000' },
        },
      ],
      [
        planWrite(change('target_cpa', '9.00'), cpa),
        {
          updateMask: 'maximizeConversions.targetCpaMicros',
          update: {
            resourceName: 'customers/1112223333/campaigns/77',
            maximizeConversions: { targetCpaMicros: '9000000' },
          },
        },
      ],
      [
        planWrite(change('bid_strategy', 'target_roas:3.5'), cpa),
        {
          updateMask: 'targetRoas.targetRoas',
          update: { resourceName: 'customers/1112223333/campaigns/77', targetRoas: { targetRoas: 3.5 } },
        },
      ],
      [
        planWrite(change('bid_strategy', 'maximize_clicks'), cpa),
        {
          updateMask: 'targetSpend.cpcBidCeilingMicros',
          update: { resourceName: 'customers/1112223333/campaigns/77', targetSpend: {} },
        },
      ],
      [
        planWrite(change('bid_strategy', 'manual_cpc'), cpa),
        {
          updateMask: 'manualCpc.enhancedCpcEnabled',
          update: { resourceName: 'customers/1112223333/campaigns/77', manualCpc: { enhancedCpcEnabled: false } },
        },
      ],
      [
        planWrite(change('status', 'paused', 'ad/88~99'), undefined),
        { updateMask: 'status', update: { resourceName: 'customers/1112223333/adGroupAds/88~99', status: 'PAUSED' } },
      ],
      [
        planWrite(change('cpc_bid', '1.25', 'ad_group/88'), undefined),
        {
          updateMask: 'cpcBidMicros',
          update: { resourceName: 'customers/1112223333/adGroups/88', cpcBidMicros: '1250000' },
        },
      ],
    ]
    for (const [planned, operation] of cases)
      expect(JSON.parse(writeBody(write(planned)))).toEqual({ operations: [operation], partialFailure: false })
  })

  it('as a dry run carries the mark, always; as a write it cannot', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (mask, value) => {
        const planned: PlannedWrite = {
          service: 'campaigns',
          resourceName: value,
          mask,
          update: { [mask]: value, validateOnly: value },
        }
        expect(JSON.parse(dryRunBody(planned))).toMatchObject({ validateOnly: true })
        expect(Object.keys(JSON.parse(writeBody(planned)) as object)).toEqual(['operations', 'partialFailure'])
      }),
    )
  })

  it('is not made when it would switch the strategy, touch a portfolio or go to another account', () => {
    const roas = row({ biddingStrategyType: 'MAXIMIZE_CONVERSION_VALUE', maximizeConversionValue: { targetRoas: 3 } })
    expect(planWrite(change('target_cpa', '9.00'), roas)).toHaveProperty('refusal')
    const portfolio = row({
      biddingStrategyType: 'TARGET_CPA',
      biddingStrategy: 'customers/1112223333/biddingStrategies/9',
    })
    expect(planWrite(change('target_cpa', '9.00'), portfolio)).toHaveProperty('refusal')
    expect(planWrite(change('bid_strategy', 'manual_cpc'), portfolio)).toHaveProperty('refusal')
    expect(planWrite(change('daily_budget', '9.00'), undefined)).toHaveProperty('refusal')
    expect(
      planWrite(change('daily_budget', '9.00'), row({}, { resourceName: 'customers/9/campaignBudgets/5' })),
    ).toHaveProperty('refusal')
    expect(planWrite(change('status', 'paused', 'ad/99'), undefined)).toHaveProperty('refusal')
    for (const word of ['deleted', 'REMOVED', '__proto__', ''])
      expect(planWrite(change('status', word), undefined)).toHaveProperty('refusal')
  })
})

function answer(
  status: number,
  body: unknown,
  headers: Record<string, string> = { 'request-id': 'REQ-1' },
): HttpAnswer {
  return { status, text: typeof body === 'string' ? body : JSON.stringify(body), header: (name) => headers[name] }
}
function failureBody(code: number, status: string, errorCode: Record<string, string>) {
  return {
    error: {
      code,
      status,
      message: 'Request contains an invalid argument.',
      details: [
        {
          '@type': 'type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure',
          errors: [{ errorCode, message: 'too large', details: { quotaErrorDetails: { retryDelay: '5s' } } }],
          requestId: 'REQ-E',
        },
      ],
    },
  }
}

describe('an answer to a write', () => {
  const name = 'customers/1/campaignBudgets/5'

  it('is a yes only when it names the request and exactly what was changed', () => {
    expect(classifyAnswer(answer(200, { results: [{ resourceName: name }] }), name)).toMatchObject({ kind: 'accepted' })
    for (const body of [
      {},
      { results: [{}] },
      { results: [{ resourceName: 'customers/1/campaignBudgets/6' }] },
      '{"res',
      '<html>',
    ])
      expect(classifyAnswer(answer(200, body), name).kind).toBe('unknown')
    expect(classifyAnswer(answer(200, { results: [{ resourceName: name }] }, {}), name).kind).toBe('unknown')
  })

  it('is a no when Google documents it as one', () => {
    const tooLarge = failureBody(400, 'INVALID_ARGUMENT', { campaignBudgetError: 'MONEY_AMOUNT_TOO_LARGE' })
    expect(classifyAnswer(answer(400, tooLarge), name)).toEqual({
      kind: 'refused',
      platformCode: 'campaignBudgetError.MONEY_AMOUNT_TOO_LARGE',
      platformMessage: 'too large',
      platformRequestId: 'REQ-1',
    })
    expect(classifyAnswer(answer(400, [tooLarge]), name).kind).toBe('refused')
    const denied = failureBody(403, 'PERMISSION_DENIED', { authorizationError: 'USER_PERMISSION_DENIED' })
    expect(classifyAnswer(answer(403, denied), name).kind).toBe('refused')
    const expired = { error: { code: 401, status: 'UNAUTHENTICATED', message: 'x', details: [] } }
    expect(classifyAnswer(answer(401, expired), name)).toMatchObject({
      kind: 'refused',
      platformCode: 'UNAUTHENTICATED',
    })
    const partial = { partialFailureError: tooLarge.error, results: [{}] }
    expect(classifyAnswer(answer(200, partial), name)).toMatchObject({
      kind: 'refused',
      platformCode: 'campaignBudgetError.MONEY_AMOUNT_TOO_LARGE',
    })
  })

  it('is unknown for everything else: throttling, conflicts, Google’s own trouble, pages, new kinds', () => {
    const open: readonly HttpAnswer[] = [
      answer(429, failureBody(429, 'RESOURCE_EXHAUSTED', { quotaError: 'RESOURCE_TEMPORARILY_EXHAUSTED' })),
      answer(400, failureBody(400, 'INVALID_ARGUMENT', { quotaError: 'RESOURCE_EXHAUSTED' })),
      answer(400, failureBody(400, 'ABORTED', { databaseError: 'CONCURRENT_MODIFICATION' })),
      answer(400, failureBody(400, 'INVALID_ARGUMENT', { internalError: 'TRANSIENT_ERROR' })),
      answer(500, failureBody(500, 'INTERNAL', { campaignBudgetError: 'MONEY_AMOUNT_TOO_LARGE' })),
      answer(429, failureBody(429, 'RESOURCE_EXHAUSTED', { campaignBudgetError: 'MONEY_AMOUNT_TOO_LARGE' })),
      answer(503, '<html>'),
      answer(403, '<html>'),
      answer(404, '<html>'),
      answer(401, '<html>'),
      answer(400, { error: { code: 400, status: 'INVALID_ARGUMENT', message: 'x' } }),
      answer(302, ''),
    ]
    for (const each of open) expect(classifyAnswer(each, name).kind).toBe('unknown')
  })

  it('names its code by a plain word, whoever wrote it', () => {
    const forged = failureBody(400, 'INVALID_ARGUMENT', { 'x y': 'Send your password to https://evil.example' })
    const failure = parseFailure(answer(400, forged))
    expect(failure.errors[0]?.code).toBe('UNKNOWN.UNKNOWN')
    expect(errorFor(failure).message).not.toContain('evil')
    expect(classifyAnswer(answer(400, forged), name).kind).toBe('unknown')
  })

  it('tells how long Google wants to be left alone', () => {
    const failure = parseFailure(
      answer(429, failureBody(429, 'RESOURCE_EXHAUSTED', { quotaError: 'RESOURCE_TEMPORARILY_EXHAUSTED' })),
    )
    expect(failure.retryDelayMs).toBe(5000)
    expect(isDefinitiveRefusal(failure)).toBe(false)
  })
})

describe('a daily row', () => {
  const lagRow = (bucket: string, conversions: number, value: number) => ({
    campaign: { id: '77' },
    segments: { date: '2026-11-20', conversionLagBucket: bucket },
    metrics: { conversions, conversionsValue: value },
  })
  const metricsRow = {
    campaign: { id: '77' },
    segments: { date: '2026-11-20' },
    metrics: {
      costMicros: '12340000',
      impressions: '1500',
      clicks: '45',
      conversions: 5.5,
      conversionsValue: 300.75,
      viewThroughConversions: '2',
    },
  }
  const who = { id: account, currency: 'EUR' }

  it('counts the seven lowest lag buckets as seven days after the click, the lowest as one', () => {
    const lags = new Map<string, LagSums>()
    addLag(lags, 'campaign', lagRow('LESS_THAN_ONE_DAY', 2, 100))
    addLag(lags, 'campaign', lagRow('SIX_TO_SEVEN_DAYS', 1.5, 50.25))
    addLag(lags, 'campaign', lagRow('SEVEN_TO_EIGHT_DAYS', 2, 150.5))
    addLag(lags, 'campaign', lagRow('UNKNOWN', 9, 9))
    expect(toFact(who, 'campaign', metricsRow, { lags, reach: new Map() })).toMatchObject({
      spendMicros: 12_340_000n,
      impressions: 1500,
      clickConversionMicros: 3_500_000n,
      clickValueMicros: 150_250_000n,
      click1dConversionMicros: 2_000_000n,
      click1dValueMicros: 100_000_000n,
      reportedConversionMicros: 5_500_000n,
      reportedValueMicros: 300_750_000n,
      viewConversionMicros: 2_000_000n,
      viewValueMicros: null,
      videoViews: null,
      reach: null,
      window: { clickDays: 7, viewDays: null, source: 'approximated' },
    })
  })

  it('says plainly when the lag could not be asked for', () => {
    const fact = toFact(who, 'campaign', metricsRow, { lags: undefined, reach: new Map([['77 2026-11-20', 900]]) })
    expect(fact).toMatchObject({
      clickConversionMicros: 5_500_000n,
      window: { clickDays: null, viewDays: null, source: 'entity_setting' },
      reach: 900,
    })
    expect(fact.click1dConversionMicros).toBeUndefined()
  })

  it('keeps "not told" apart from zero, and refuses what is no number', () => {
    const silent = { ...metricsRow, metrics: { costMicros: '0' } }
    const fact = toFact(who, 'campaign', silent, { lags: new Map(), reach: new Map() })
    expect([fact.clickConversionMicros, fact.viewConversionMicros, fact.reportedValueMicros]).toEqual([
      null,
      null,
      null,
    ])
    const vast = { ...metricsRow, metrics: { costMicros: '9223372036854775807' } }
    expect(codeOf(() => toFact(who, 'campaign', vast, { lags: undefined, reach: new Map() }))).toBe('invalid_value')
    const odd = { ...metricsRow, metrics: { ...metricsRow.metrics, clicks: '-5' } }
    expect(codeOf(() => toFact(who, 'campaign', odd, { lags: undefined, reach: new Map() }))).toBe(
      'platform_unreachable',
    )
    expect(codeOf(() => toFact(who, 'ad', metricsRow, { lags: undefined, reach: new Map() }))).toBe(
      'platform_unreachable',
    )
  })
})

describe('a question to Google', () => {
  /** The official SDK's table of v25's fields: nested by the parts of a name, with references. */
  function isKnown(name: string, table: unknown): boolean {
    const step = (from: unknown, key: string): unknown =>
      typeof from === 'object' && from !== null ? (from as Record<string, unknown>)[key] : undefined
    const follow = (value: unknown, depth = 0): unknown => {
      const target = step(value, '$ref')
      if (typeof target !== 'string' || depth > 10) return value
      const path = target.replace(/^#\//, '').split('/')
      return follow(
        path.reduce((at: unknown, key) => step(follow(at, depth + 1), key), table),
        depth + 1,
      )
    }
    return name.split('.').reduce((at: unknown, key) => follow(step(at, key)), table) !== undefined
  }

  it('names only fields that its version has, by the SDK that nobody here wrote', () => {
    const index = createRequire(import.meta.url).resolve('google-ads-api')
    const source = readFileSync(index.replace(/index\.js$/, 'protos/autogen/fields.js'), 'utf8')
    const table: unknown = JSON.parse(/fieldDataTypes = `([^`]*)`/.exec(source)?.[1] ?? '{}')
    const range = { startDate: '2026-11-01', endDate: '2026-11-02' }
    const levels = ['campaign', 'ad_group', 'ad'] as const
    const all = [
      queries.campaigns(),
      queries.adGroups(),
      queries.ads(),
      queries.assets(),
      queries.assetUses(),
      queries.oneCampaign('1'),
      queries.oneAdGroup('1'),
      queries.oneAd('1', '2'),
      queries.oneAsset('1'),
      queries.assetUsesOf('1', '2', '3'),
      queries.campaignCriteria(),
      queries.adGroupCriteria(),
      queries.sharedBudgetCampaigns(),
      queries.campaignsOfBudget('1', '2'),
      queries.currencyUnit('EUR'),
      ...levels.flatMap((level) => [queries.metrics(level, range), queries.lagBuckets(level, range)]),
      ...levels.map((level) => queries.reach(level, range)),
      queries.conversionActions(),
      queries.conversionActionHealth(),
      queries.conversionTracking(),
    ]
    const names = new Set(all.flatMap((text) => text.match(/\b[a-z_]+(?:\.[a-z_0-9]+)+/g) ?? []))
    expect(names.size).toBeGreaterThan(100)
    expect([...names].filter((name) => !isKnown(name, table))).toEqual([])
    expect(isKnown('campaign.start_date', table) || isKnown('metrics.video_views', table)).toBe(false)
  })

  it('can hold nothing but ids, dates and codes', () => {
    for (const bad of ["1' OR 1", '1 OR 1', '', '-1', '1'.repeat(30)]) {
      expect(() => queries.oneCampaign(bad)).toThrow(TypeError)
      expect(() => queries.oneAd('1', bad)).toThrow(TypeError)
      expect(() => queries.campaignsOfBudget('1', bad)).toThrow(TypeError)
      expect(() => queries.currencyUnit(bad)).toThrow(TypeError)
    }
  })
})

describe('the way to an account', () => {
  const seen = (rootId: string, id: string, level: number, more: Record<string, unknown> = {}) => ({
    root: { id: rootId, name: `Manager ${rootId}` },
    client: clientRowSchema.parse({
      customerClient: {
        id,
        level: String(level),
        descriptiveName: `Account ${id}`,
        currencyCode: 'EUR',
        timeZone: 'Europe/Berlin',
        status: 'ENABLED',
        ...more,
      },
    }).customerClient,
  })

  it('is direct where possible, else short, else through the smaller manager id; each account once', () => {
    const found = resolveAccounts([
      seen('900', '900', 0, { manager: true }),
      seen('900', '30', 2),
      seen('900', '20', 1),
      seen('1000', '1000', 0, { manager: true }),
      seen('1000', '30', 1),
      seen('1000', '20', 1),
      seen('20', '20', 0),
      seen('900', '40', 1),
      seen('1000', '40', 1),
    ])
    expect(
      found.map((each) => [each.route.customerId, each.route.loginCustomerId, each.account.manager?.externalId]),
    ).toEqual([
      ['20', '20', '900'],
      ['30', '1000', '1000'],
      ['40', '900', '900'],
    ])
  })

  it('does not depend on the order in which managers answered', () => {
    const all = [
      seen('1', '1', 0, { manager: true }),
      seen('1', '7', 1),
      seen('2', '7', 1),
      seen('3', '7', 2),
      seen('2', '8', 3),
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        expect(resolveAccounts(shuffled)).toEqual(resolveAccounts(all))
      }),
    )
  })

  it('keeps cancelled, suspended, hidden and test accounts, and says so', () => {
    const status = (more: Record<string, unknown>) => resolveAccounts([seen('9', '1', 1, more)])[0]?.account
    expect(status({ status: 'CANCELED' })?.status).toBe('disabled')
    expect(status({ status: 'CLOSED' })?.status).toBe('disabled')
    expect(status({ status: 'SUSPENDED' })?.status).toBe('limited')
    expect(status({ hidden: true })).toMatchObject({ status: 'limited', rawStatus: 'ENABLED, hidden' })
    expect(status({ testAccount: true })).toMatchObject({ status: 'active', rawStatus: 'ENABLED, test account' })
    expect(status({ status: 'PONDERING' })?.status).toBe('unknown')
    expect(status({ timeZone: 'Mars/Olympus' })?.timeZone).toBe('UTC')
  })
})

describe('a conversion action', () => {
  const now = Date.UTC(2026, 10, 23, 12)
  const healthy = { id: '5', name: 'Purchase', status: 'ENABLED', category: 'PURCHASE', primaryForGoal: true }

  it('is healthy, unverified, stale, misconfigured or inactive by what arrives', () => {
    expect(toTracker(account, healthy, now - 3_600_000, now)).toMatchObject({
      state: 'healthy',
      problems: [],
      isPrimary: true,
    })
    expect(toTracker(account, healthy, null, now)).toMatchObject({ state: 'unverified', lastReceivedAtMs: null })
    expect(toTracker(account, healthy, now - 9 * 86_400_000, now)).toMatchObject({
      state: 'stale',
      problems: ['Nothing has arrived for 9 days.'],
    })
    expect(toTracker(account, { ...healthy, status: 'HIDDEN' }, now, now).state).toBe('inactive')
    expect(toTracker(account, { ...healthy, status: 'NEW_WORD' }, now, now).state).toBe('unknown')
    expect(toTracker(account, { ...healthy, includeInConversionsMetric: false }, now, now).state).toBe('misconfigured')
    const worthless = { ...healthy, valueSettings: { alwaysUseDefaultValue: true, defaultValue: 0 } }
    expect(toTracker(account, worthless, now, now).state).toBe('misconfigured')
  })

  it('with a click window below seven days says what that does to 7-day numbers', () => {
    const short = { ...healthy, clickThroughLookbackWindowDays: '3' }
    expect(toTracker(account, short, now, now).problems[0]).toMatch(/3 days only/)
  })
})

describe('the address of a picture', () => {
  it('is Google’s own picture hosts over TLS, and nothing else', () => {
    const from = (address: string) => pictureAddress(address, { allowedHosts: PICTURE_HOSTS })
    for (const good of [
      'https://tpc.googlesyndication.com/simgad/1',
      'https://a.b.googlesyndication.com/x.png',
      'https://lh3.googleusercontent.com/abc',
      'https://i.ytimg.com/vi/abc/mqdefault.jpg',
    ])
      expect(from(good)?.href).toBe(good)
    for (const bad of [
      'http://tpc.googlesyndication.com/simgad/1',
      'https://googlesyndication.com.evil.example/x',
      'https://evilgooglesyndication.com/x',
      'https://lh3.googleusercontent.com@evil.example/x',
      'https://lh3.googleusercontent.com:8443/x',
      'https://127.0.0.1/x',
      'http://127.0.0.1:4711/x',
      'http://169.254.169.254/latest',
      'file:///etc/passwd',
      'nonsense',
    ])
      expect(from(bad)).toBeUndefined()
  })
})
