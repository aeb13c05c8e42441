/** Writing to the Google sandbox: field masks, dry runs, atomicity, and every rule of budgets, bids and strategies. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AdGroup, Campaign, Customer } from '../../main/platforms/sandbox/google/types.ts'
import { adsErrors, flat, type GoogleWire, item, items, startWire } from '../support/google-wire.ts'

let wire: GoogleWire
let budgeted: Campaign
beforeEach(async () => {
  wire = await startWire()
  budgeted = campaign('Search | Jacken')
})
afterEach(() => wire.close())

function campaign(part: string, customer: Customer = wire.euro): Campaign {
  const found = customer.campaigns.find((each) => each.name.includes(part))
  if (found === undefined) throw new Error(`no campaign ${part}`)
  return found
}
function group(part: string, index = 0): AdGroup {
  const found = campaign(part).adGroups[index]
  if (found === undefined) throw new Error(`no ad group in ${part}`)
  return found
}
type Update = Readonly<Record<string, unknown>>
const one = (resourceName: string, updateMask: string, update: Update = {}, more: Update = {}) => ({
  operations: [{ updateMask, update: { resourceName, ...update } }],
  ...more,
})
const setBudget = (micros: unknown, of: Campaign = budgeted, more: Update = {}) =>
  wire.mutate(
    'campaignBudgets',
    one(of.budget.resourceName, 'amountMicros', { amountMicros: micros }, more),
    of.customer,
  )
const setCampaign = (of: Campaign, mask: string, update: Update) =>
  wire.mutate('campaigns', one(of.resourceName, mask, update))
const setGroup = (of: AdGroup, mask: string, update: Update) =>
  wire.mutate('adGroups', one(of.resourceName, mask, update))
const amount = async (of: Campaign = budgeted) => {
  const [row] = await wire.rows(
    `SELECT campaign.id, campaign_budget.amount_micros FROM campaign WHERE campaign.id = ${of.id}`,
    of.customer,
  )
  return row?.['campaignBudget.amountMicros']
}

describe('a budget', () => {
  it('is changed, can be read back at once, and is counted as one write to its campaign', async () => {
    const answer = await setBudget('155000000')
    expect(answer.body).toEqual({ results: [{ resourceName: budgeted.budget.resourceName }] })
    expect(answer.requestId).toMatch(/^[\w-]{22}$/)
    expect(await amount()).toBe('155000000')
    expect([wire.sandbox.requests.writesTo(budgeted.id), wire.sandbox.requests.dryRunsTo(budgeted.id)]).toEqual([1, 0])
  })

  it('is only checked in a dry run, with the same refusals', async () => {
    const before = await amount()
    expect((await setBudget('155000000', budgeted, { validateOnly: true })).body).toEqual({})
    expect((await setBudget('155000001', budgeted, { validateOnly: true })).error).toBe(
      'campaignBudgetError.NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT',
    )
    expect(await amount()).toBe(before)
    expect(wire.sandbox.world.changes).toEqual([])
    expect([wire.sandbox.requests.writesTo(budgeted.id), wire.sandbox.requests.dryRunsTo(budgeted.id)]).toEqual([0, 2])
  })

  it('may be written in camelCase or snake_case, with resource_name in the mask, and answers with the whole on request', async () => {
    const answer = await wire.mutate('campaignBudgets', {
      operations: [
        {
          update_mask: { paths: ['resource_name', 'amount_micros'] },
          update: { resource_name: budgeted.budget.resourceName, amount_micros: 90_000_000 },
        },
      ],
      response_content_type: 'MUTABLE_RESOURCE',
    })
    const [result] = items(answer.body['results'])
    expect(flat(result ?? {})).toMatchObject({
      'campaignBudget.amountMicros': '90000000',
      'campaignBudget.period': 'DAILY',
    })
    expect(await amount()).toBe('90000000')
  })

  const refused: readonly (readonly [micros: unknown, code: string])[] = [
    ['-1000000', 'campaignBudgetError.NEGATIVE_MONEY_AMOUNT'],
    ['9223372036854775807', 'campaignBudgetError.MONEY_AMOUNT_TOO_LARGE'],
    ['1000001', 'campaignBudgetError.NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT'],
    ['990000', 'campaignBudgetError.BUDGET_BELOW_PER_DAY_MINIMUM'],
    ['0', 'campaignBudgetError.BUDGET_BELOW_PER_DAY_MINIMUM'],
    [undefined, 'fieldError.REQUIRED'],
    ['12.5', 'INVALID_ARGUMENT'],
    ['99999999999999999999', 'INVALID_ARGUMENT'],
    [1.5, 'INVALID_ARGUMENT'],
  ]
  it.each(refused)('of %s micros is refused', async (micros, code) => {
    const before = await amount()
    const answer = await setBudget(micros)
    expect([answer.status, answer.error]).toEqual([400, code])
    expect(await amount()).toBe(before)
  })

  it('has its currency’s own smallest step and minimum', async () => {
    const yen = campaign('Search | Jacken', wire.yen)
    expect((await setBudget('250500000', yen)).error).toBe('campaignBudgetError.NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT')
    expect((await setBudget('250000000', yen)).error).toBeUndefined()
    const dinar = campaign('Search | Jacken', wire.dinar)
    expect((await setBudget('5250500', dinar)).error).toBe('campaignBudgetError.NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT')
    expect((await setBudget('5250000', dinar)).error).toBeUndefined()
    const low = await setBudget('499000', dinar)
    const [error] = adsErrors(low.body['error'])
    expect(flat(error ?? {})).toMatchObject({
      'details.budgetPerDayMinimumErrorDetails.currencyCode': 'KWD',
      'details.budgetPerDayMinimumErrorDetails.minimumBudgetAmountMicros': '500000',
      'details.budgetPerDayMinimumErrorDetails.failedBudgetAmountMicros': '499000',
      'trigger.int64Value': '499000',
    })
    expect(items(item(error?.['location'])['fieldPathElements'])).toEqual([
      { fieldName: 'operations', index: 0 },
      { fieldName: 'update' },
      { fieldName: 'amount_micros' },
    ])
  })

  it('of a fixed total has no daily amount, and a removed one none at all', async () => {
    const total = campaign('Black Week')
    expect((await setBudget('50000000', total)).error).toBe(
      'campaignBudgetError.BUDGET_AMOUNT_MUST_BE_UNSET_FOR_CUSTOM_BUDGET_PERIOD',
    )
    const body = one(budgeted.budget.resourceName, 'totalAmountMicros', { totalAmountMicros: '50000000' })
    expect((await wire.mutate('campaignBudgets', body)).error).toBe(
      'campaignBudgetError.TOTAL_BUDGET_AMOUNT_MUST_BE_UNSET_FOR_BUDGET_PERIOD_DAILY',
    )
    expect((await setBudget('50000000', campaign('Test 2025'))).error).toBe(
      'campaignBudgetError.CAMPAIGN_BUDGET_REMOVED',
    )
    expect(
      (await wire.mutate('campaignBudgets', { operations: [{ remove: budgeted.budget.resourceName }] })).error,
    ).toBe('campaignBudgetError.CAMPAIGN_BUDGET_IN_USE')
  })

  it('that is shared changes for all of its campaigns, and more can join it', async () => {
    const [first, second] = wire.euro.campaigns.filter((each) => each.budget.isShared)
    if (first === undefined || second === undefined) throw new Error('no shared budget')
    await setBudget('111000000', first)
    expect(await amount(second)).toBe('111000000')
    expect(wire.sandbox.requests.writesTo(second.id)).toBe(1)
    wire.sandbox.world.setOutside(budgeted.id, { joinBudgetOf: first.id })
    const rows = await wire.rows(
      'SELECT campaign.id, campaign_budget.reference_count FROM campaign WHERE campaign_budget.explicitly_shared = TRUE',
    )
    expect(rows.map((row) => row['campaignBudget.referenceCount'])).toEqual(['4', '4', '4', '4'])
  })
})

describe('a field mask', () => {
  it('decides: what it does not name stays, what it names without a value is cleared', async () => {
    const target = campaign('Ziel-CPA')
    await setCampaign(target, 'status', { status: 'PAUSED', name: 'ignored' })
    expect([target.status, target.name]).toEqual(['PAUSED', 'Search | Zelte & Schlafsäcke | Ziel-CPA'])
    await setCampaign(target, 'maximizeConversions.targetCpaMicros', { maximizeConversions: {} })
    expect(target.strategy).toEqual({ member: 'maximize_conversions', values: {} })
  })

  it('must be there and fit', async () => {
    const { resourceName } = budgeted
    const refuse = async (operation: unknown) => (await wire.mutate('campaigns', { operations: [operation] })).error
    expect(await refuse({ update: { resourceName, status: 'PAUSED' } })).toBe('fieldMaskError.FIELD_MASK_MISSING')
    expect(await refuse({ updateMask: 'stauts', update: { resourceName } })).toBe('fieldMaskError.FIELD_NOT_FOUND')
    expect(await refuse({ updateMask: 'servingStatus', update: { resourceName } })).toBe('fieldError.IMMUTABLE_FIELD')
    expect(await refuse({ updateMask: 'maximizeConversions', update: { resourceName, maximizeConversions: {} } })).toBe(
      'fieldMaskError.FIELD_HAS_SUBFIELDS',
    )
    expect(await refuse({ updateMask: 'status', update: { resourceName, stauts: 'PAUSED' } })).toBe('INVALID_ARGUMENT')
    expect(await refuse({ updateMask: 'status', update: { status: 'PAUSED' } })).toBe(
      'requestError.RESOURCE_NAME_MISSING',
    )
    expect(await refuse({})).toBe('requestError.OPERATION_REQUIRED')
    expect(await refuse({ create: { name: 'Neu' } })).toBe('mutateError.MUTATE_NOT_ALLOWED')
    expect((await wire.mutate('campaigns', { operations: [] })).error).toBe('requestError.REQUIRED_FIELD_MISSING')
  })
})

describe('a switch', () => {
  it('turns campaigns, ad groups and ads on and off, on the ad’s own resource', async () => {
    const target = group('Jacken')
    const [ad] = target.ads
    if (ad === undefined) throw new Error('no ad')
    expect(
      (await wire.mutate('adGroupAds', one(ad.resourceName, 'status', { status: 'PAUSED' }))).error,
    ).toBeUndefined()
    expect((await setGroup(target, 'status', { status: 'PAUSED' })).error).toBeUndefined()
    const [row] = await wire.rows(
      `SELECT ad_group_ad.status, ad_group.status, ad_group_ad.primary_status FROM ad_group_ad WHERE ad_group_ad.ad.id = ${ad.id}`,
    )
    expect([row?.['adGroupAd.status'], row?.['adGroup.status'], row?.['adGroupAd.primaryStatus']]).toEqual([
      'PAUSED',
      'PAUSED',
      'PAUSED',
    ])
    expect(wire.sandbox.requests.writesTo(`${target.id}~${ad.id}`)).toBe(1)
    expect(
      (await wire.mutate('adGroupAds', one(ad.resourceName, 'ad.finalUrls', { ad: { finalUrls: [] } }))).error,
    ).toBe('fieldError.IMMUTABLE_FIELD')
  })

  it('of a Video campaign, and of all below it, is not for the API: those can only be read there', async () => {
    const film = group('YouTube')
    const code = 'operationAccessDeniedError.MUTATE_ACTION_NOT_PERMITTED_FOR_CLIENT'
    expect((await setCampaign(film.campaign, 'status', { status: 'PAUSED' })).error).toBe(code)
    expect((await setGroup(film, 'status', { status: 'PAUSED' })).error).toBe(code)
    const ad = film.ads[0]?.resourceName ?? ''
    expect((await wire.mutate('adGroupAds', one(ad, 'status', { status: 'PAUSED' }))).error).toBe(code)
    expect((await wire.mutate('adGroups', { operations: [{ remove: film.resourceName }] })).error).toBe(code)
    expect([film.campaign.status, film.status, film.ads[0]?.status]).toEqual(['ENABLED', 'ENABLED', 'ENABLED'])
  })

  it('knows ENABLED and PAUSED; removing is an operation of its own, and final', async () => {
    const target = group('Jacken')
    expect((await setGroup(target, 'status', { status: 'REMOVED' })).error).toBe('requestError.INVALID_ENUM_VALUE')
    expect((await setGroup(target, 'status', { status: 'UNKNOWN' })).error).toBe('requestError.INVALID_ENUM_VALUE')
    expect((await setGroup(target, 'status', { status: 'ACTIVE' })).error).toBe('INVALID_ARGUMENT')
    expect((await wire.mutate('adGroups', { operations: [{ remove: target.resourceName }] })).error).toBeUndefined()
    expect(target.status).toBe('REMOVED')
    expect((await setGroup(target, 'status', { status: 'ENABLED' })).error).toBe(
      'contextError.OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE',
    )
    const [ad] = target.ads
    expect((await wire.mutate('adGroupAds', one(ad?.resourceName ?? '', 'status', { status: 'PAUSED' }))).error).toBe(
      'contextError.OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE',
    )
    expect((await setCampaign(campaign('Test 2025'), 'status', { status: 'ENABLED' })).error).toBe(
      'contextError.OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE',
    )
  })
})

describe('a bid', () => {
  it('of an ad group counts only under the strategy that uses it', async () => {
    const manual = group('Marke')
    expect((await setGroup(manual, 'cpcBidMicros', { cpcBidMicros: '1250000' })).error).toBeUndefined()
    expect(manual.cpcBidMicros).toBe(1_250_000)
    const automatic = group('Ziel-CPA')
    expect((await setGroup(automatic, 'cpcBidMicros', { cpcBidMicros: '1250000' })).error).toBe(
      'adGroupError.BID_TYPE_AND_BIDDING_STRATEGY_MISMATCH',
    )
    expect((await setGroup(automatic, 'targetCpaMicros', { targetCpaMicros: '12000000' })).error).toBeUndefined()
    expect((await setGroup(manual, 'targetCpaMicros', { targetCpaMicros: '12000000' })).error).toBe(
      'adGroupError.BID_TYPE_AND_BIDDING_STRATEGY_MISMATCH',
    )
    expect((await setGroup(group('Jacken'), 'targetRoas', { targetRoas: 4.25 })).error).toBeUndefined()
    expect((await setGroup(group('Display'), 'targetCpaMicros', { targetCpaMicros: '12000000' })).error).toBe(
      'adGroupError.BID_TYPE_AND_BIDDING_STRATEGY_MISMATCH',
    )
  })

  it.each([
    ['1000', 'biddingError.BID_TOO_SMALL'],
    ['10001000000', 'biddingError.BID_TOO_BIG'],
    ['1255555', 'biddingError.BID_TOO_MANY_FRACTIONAL_DIGITS'],
  ])('of %s micros is refused', async (cpcBidMicros, code) => {
    expect((await setGroup(group('Marke'), 'cpcBidMicros', { cpcBidMicros })).error).toBe(code)
  })

  it('of a keyword can be set and cleared, a negative one has none', async () => {
    const { criteria } = group('Marke')
    const [keyword] = criteria
    const negative = criteria.find((each) => each.isNegative)
    const set = (name: string, update: Update) => wire.mutate('adGroupCriteria', one(name, 'cpcBidMicros', update))
    expect((await set(keyword?.resourceName ?? '', { cpcBidMicros: '2000000' })).error).toBeUndefined()
    expect(keyword?.cpcBidMicros).toBe(2_000_000)
    await set(keyword?.resourceName ?? '', {})
    expect(keyword?.cpcBidMicros).toBeUndefined()
    expect((await set(negative?.resourceName ?? '', { cpcBidMicros: '2000000' })).error).toBe(
      'fieldError.VALUE_MUST_BE_UNSET',
    )
  })
})

describe('a bidding strategy', () => {
  it('gets another target, and another kind where the campaign allows it; then it learns anew', async () => {
    const target = campaign('Ziel-CPA')
    expect(
      (
        await setCampaign(target, 'maximizeConversions.targetCpaMicros', {
          maximizeConversions: { targetCpaMicros: '8000000' },
        })
      ).error,
    ).toBeUndefined()
    expect(
      (await setCampaign(target, 'maximizeConversionValue.targetRoas', { maximizeConversionValue: { targetRoas: 3 } }))
        .error,
    ).toBeUndefined()
    expect(target.strategy).toEqual({ member: 'maximize_conversion_value', values: { target_roas: 3 } })
    const [row] = await wire.rows(
      `SELECT campaign.primary_status, campaign.bidding_strategy_type, campaign.bidding_strategy_system_status, campaign.maximize_conversions.target_cpa_micros FROM campaign WHERE campaign.id = ${target.id}`,
    )
    expect(row).toMatchObject({
      'campaign.primaryStatus': 'LEARNING',
      'campaign.biddingStrategyType': 'MAXIMIZE_CONVERSION_VALUE',
      'campaign.biddingStrategySystemStatus': 'LEARNING_SETTING_CHANGE',
    })
    expect(row).not.toHaveProperty(['campaign.maximizeConversions.targetCpaMicros'])
    await setCampaign(target, 'manualCpc.enhancedCpcEnabled', { manualCpc: {} })
    expect(target.strategy.member).toBe('manual_cpc')
  })

  it('is refused where it does not fit', async () => {
    const set = async (part: string, mask: string, update: Update) =>
      (await setCampaign(campaign(part), mask, update)).error
    const toManual = ['manualCpc.enhancedCpcEnabled', { manualCpc: { enhancedCpcEnabled: false } }] as const
    expect(await set('Performance Max', ...toManual)).toBe('biddingError.BIDDING_STRATEGY_TRANSITION_NOT_ALLOWED')
    expect(await set('YouTube', ...toManual)).toBe('operationAccessDeniedError.MUTATE_ACTION_NOT_PERMITTED_FOR_CLIENT')
    expect(await set('Jacken', 'targetCpa.targetCpaMicros', { targetCpa: { targetCpaMicros: '9000000' } })).toBe(
      'biddingError.BIDDING_STRATEGY_TRANSITION_NOT_ALLOWED',
    )
    expect(await set('tCPA (alt)', 'targetCpa.targetCpaMicros', { targetCpa: {} })).toBe('fieldError.REQUIRED')
    expect(
      await set('Jacken', 'maximizeConversionValue.targetRoas', { maximizeConversionValue: { targetRoas: 0 } }),
    ).toBe('rangeError.TOO_LOW')
    expect(
      await set('Jacken', 'maximizeConversionValue.targetRoas', { maximizeConversionValue: { targetRoas: 1001 } }),
    ).toBe('rangeError.TOO_HIGH')
    expect(
      await set('Jacken', 'biddingStrategy', { biddingStrategy: `${wire.euro.resourceName}/biddingStrategies/1` }),
    ).toBe('mutateError.RESOURCE_NOT_FOUND')
    expect(campaign('Jacken').strategy.values).toEqual({ target_roas: 3.5 })
  })
})

describe('several operations', () => {
  const bad = { updateMask: 'status', update: { resourceName: 'customers/1112223333/campaigns/1', status: 'PAUSED' } }
  const good = (of: Campaign) => ({ updateMask: 'status', update: { resourceName: of.resourceName, status: 'PAUSED' } })

  it('are all or nothing', async () => {
    const answer = await wire.mutate('campaigns', { operations: [good(budgeted), bad] })
    expect([answer.status, answer.error]).toEqual([400, 'mutateError.RESOURCE_NOT_FOUND'])
    expect(budgeted.status).toBe('ENABLED')
    expect(wire.sandbox.world.changes).toEqual([])
  })

  it('or each for itself, with the failed ones in their places', async () => {
    const { status, body } = await wire.mutate('campaigns', { operations: [bad, good(budgeted)], partialFailure: true })
    expect([status, budgeted.status]).toEqual([200, 'PAUSED'])
    expect(body['results']).toEqual([{}, { resourceName: budgeted.resourceName }])
    const [error] = adsErrors(body['partialFailureError'])
    expect(items(item(error?.['location'])['fieldPathElements'])[0]).toEqual({ fieldName: 'operations', index: 0 })
    expect(item(body['partialFailureError'])['code']).toBe(3)
  })

  it('of different kinds go in one request', async () => {
    const budget = {
      updateMask: 'amountMicros',
      update: { resourceName: budgeted.budget.resourceName, amountMicros: '77000000' },
    }
    const path = `/v25/customers/${wire.euro.id}/googleAds:mutate`
    const answer = await wire.call(path, {
      mutateOperations: [{ campaignOperation: good(budgeted) }, { campaignBudgetOperation: budget }],
    })
    expect(answer.body['mutateOperationResponses']).toEqual([
      { campaignResult: { resourceName: budgeted.resourceName } },
      { campaignBudgetResult: { resourceName: budgeted.budget.resourceName } },
    ])
    const failed = await wire.call(path, {
      mutateOperations: [
        {
          campaignOperation: { ...good(budgeted), update: { resourceName: budgeted.resourceName, status: 'ENABLED' } },
        },
        { adGroupOperation: bad },
      ],
    })
    expect(failed.error).toBe('requestError.RESOURCE_NAME_MALFORMED')
    expect(budgeted.status).toBe('PAUSED')
  })
})

describe('who may write', () => {
  it('not a read-only user, and nobody on a manager', async () => {
    const { manager } = wire.sandbox.world
    expect((await wire.mutate('campaigns', { operations: [] }, manager)).error).toBe(
      'requestError.CANNOT_BE_EXECUTED_BY_MANAGER_ACCOUNT',
    )
    wire.sandbox.world.setReadOnly(true)
    expect((await setBudget('50000000')).error).toBe('authorizationError.ACTION_NOT_PERMITTED')
    expect(await amount()).toBe(String(budgeted.budget.amountMicros))
  })
})

describe('a bad day', () => {
  it('looks the way Google’s bad days look', async () => {
    const { faults } = wire.sandbox
    faults.add({ kind: 'throttle', path: '/campaignBudgets:mutate' })
    const throttled = await setBudget('50000000')
    expect([throttled.status, throttled.error]).toEqual([429, 'quotaError.RESOURCE_TEMPORARILY_EXHAUSTED'])
    expect(flat(adsErrors(throttled.body['error'])[0] ?? {})['details.quotaErrorDetails.retryDelay']).toBe('5s')
    faults.add({ kind: 'http_500', path: '#write' })
    expect((await setBudget('50000000')).error).toBe('internalError.INTERNAL_ERROR')
    faults.add({ kind: 'expired_token', path: '#listing' })
    expect((await wire.stream('SELECT customer.id FROM customer')).body).toMatchObject({
      error: { code: 401, details: [{ reason: 'ACCESS_TOKEN_EXPIRED' }] },
    })
    faults.add({ kind: 'code', path: '#report', code: 503 })
    expect(await wire.refusal('SELECT customer.id, metrics.clicks FROM customer')).toBe('UNAVAILABLE')
    faults.add({ kind: 'code', path: '*', code: 400, message: 'databaseError.CONCURRENT_MODIFICATION' })
    expect((await setBudget('50000000')).error).toBe('databaseError.CONCURRENT_MODIFICATION')
    expect(await amount()).toBe(String(budgeted.budget.amountMicros))
    faults.limitRate(1)
    await wire.rows('SELECT customer.id FROM customer')
    expect(await wire.refusal('SELECT customer.id FROM customer')).toBe('quotaError.RESOURCE_TEMPORARILY_EXHAUSTED')
    faults.limitRate(undefined)
  })

  it('says yes without doing anything, or no to every operation', async () => {
    const { faults } = wire.sandbox
    const before = await amount()
    faults.add({ kind: 'success_without_effect', path: '#write' })
    expect((await setBudget('50000000')).body).toEqual({ results: [{ resourceName: budgeted.budget.resourceName }] })
    expect(await amount()).toBe(before)
    faults.add({ kind: 'partial', path: '#write', times: 2 })
    expect((await setBudget('50000000')).error).toBe('mutateError.MUTATE_NOT_ALLOWED')
    const partial = await setBudget('50000000', budgeted, { partialFailure: true })
    expect([partial.status, partial.body['results']]).toEqual([200, [{}]])
    expect(await amount()).toBe(before)
  })

  it('loses an answer after the work was done', async () => {
    wire.sandbox.faults.add({ kind: 'reset_after_effect', path: '#write' })
    await expect(setBudget('50000000')).rejects.toThrow('fetch failed')
    expect(await amount()).toBe('50000000')
    wire.sandbox.faults.add({ kind: 'reset_before_effect', path: '#write' })
    await expect(setBudget('60000000')).rejects.toThrow('fetch failed')
    expect(await amount()).toBe('50000000')
    wire.sandbox.faults.add({ kind: 'html_200', path: '#write' })
    expect((await setBudget('60000000')).text).toContain('Sign in to the network')
    expect(await amount()).toBe('50000000')
  })
})
