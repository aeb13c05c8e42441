/** The platform contract: what is written, once, and what is known of it afterwards. */
import { expect, it } from 'vitest'
import type { EntityId } from '../../shared/domain/ids.ts'
import { currencyExponent, formatDecimal } from '../../shared/domain/money.ts'
import { approvedChange, type Bench, changeAndReadBack, doubled, exampleOr, listAll, signal } from './contract-kit.ts'
import type { ContractFault } from './platform-contract.ts'

const DAY_MS = 86_400_000

/** The example that budget stories are told on: an ad group where those have budgets, else a campaign. */
const budgetOf = ({ harness }: Bench): EntityId => harness.examples.budgetAdGroup ?? harness.examples.budgetCampaign

/** One write with that fault in its way, and what became of it. */
async function writeUnder(bench: Bench, fault: ContractFault) {
  const { adapter, harness, currency } = bench
  const id = budgetOf(bench)
  const before = await adapter.readLive(id, 'daily_budget', signal())
  const after = doubled(before.value)
  harness.breakNext('write', fault, { times: 5 })
  const result = await adapter.apply(approvedChange(id, 'daily_budget', currency, before.value, after))
  const now = await adapter.readLive(id, 'daily_budget', signal())
  return {
    result,
    hasEffect: now.value === after,
    isUnchanged: now.value === before.value,
    writes: harness.writesReceived(id),
  }
}

export function describeBudgets(bench: () => Bench): void {
  it.for(['budgetCampaign', 'budgetAdGroup'] as const)('is written once and read back: %s', async (which, context) => {
    const { harness } = bench()
    const id = exampleOr(context, harness.examples[which], 'budgets on that level')
    const { before, result, now } = await changeAndReadBack(
      bench(),
      id,
      'daily_budget',
      doubled((await bench().adapter.readLive(id, 'daily_budget', signal())).value),
    )
    expect(before.refusal).toBeUndefined()
    expect(result).toMatchObject({ kind: 'accepted', platformRequestId: expect.stringMatching(/.{6,}/) })
    expect(now.value).toBe(doubled(before.value))
    expect(now.platformRequestId).not.toBe(before.platformRequestId)
    expect(harness.writesReceived(id)).toBe(1)
    expect(harness.dryRunsReceived(id)).toBe(0)
  })

  it('shows a change that somebody made on the platform, live and when everything is listed', async () => {
    const { adapter, harness } = bench()
    const id = budgetOf(bench())
    const before = await adapter.readLive(id, 'daily_budget', signal())
    harness.changeOutside(id, 'daily_budget', doubled(before.value))
    expect((await adapter.readLive(id, 'daily_budget', signal())).value).toBe(doubled(before.value))
  })

  it('of an ad group under campaign budgets cannot be changed, and the reason names the campaign', async (context) => {
    const { adapter, account, harness, currency } = bench()
    const id = exampleOr(context, harness.examples.inheritedAdGroup, 'ad groups under a campaign budget')
    const live = await adapter.readLive(id, 'daily_budget', signal())
    const entity = (await listAll(adapter, account, 'ad_group')).find((item) => item.entityId === id)
    const campaign = (await listAll(adapter, account, 'campaign')).find((item) => item.entityId === entity?.parentId)
    expect(live.refusal).toContain(campaign?.name)
    expect(entity?.budgetKind).toBe('inherited')
    const result = await adapter.apply(
      approvedChange(id, 'daily_budget', currency, '0', formatDecimal(75_000_000n, currency)),
    )
    expect(['refused', 'not_sent']).toContain(result.kind)
  })

  it('of an automated campaign or for a whole lifetime is shown as not editable, with the reason', async () => {
    const { adapter, harness } = bench()
    for (const id of [harness.examples.automatedCampaign, harness.examples.lifetimeAdGroup]) {
      if (id === undefined) continue
      const live = await adapter.readLive(id, 'daily_budget', signal())
      expect(live.refusal ?? '').toMatch(/\w{4}/)
    }
  })

  it('below the platform’s minimum is refused by the platform and changes nothing', async () => {
    const { adapter, currency } = bench()
    const id = budgetOf(bench())
    const before = await adapter.readLive(id, 'daily_budget', signal())
    const smallest = formatDecimal(10n ** BigInt(6 - currencyExponent(currency)), currency)
    const result = await adapter.apply(approvedChange(id, 'daily_budget', currency, before.value, smallest))
    expect(result).toMatchObject({ kind: 'refused', platformCode: expect.stringMatching(/\S/) })
    expect((await adapter.readLive(id, 'daily_budget', signal())).value).toBe(before.value)
  })

  it('that is no amount, too large for anybody or finer than the platform’s step is not sent at all', async () => {
    const { adapter, harness, currency } = bench()
    const id = budgetOf(bench())
    const tooLarge = ['9007199255.00', '99999999999.00', `${2n ** 64n}`]
    for (const nonsense of ['', '-5.00', '1e3', '12.345', '12.3456789', 'NaN', '0.00', ...tooLarge])
      expect([
        nonsense,
        (await adapter.apply(approvedChange(id, 'daily_budget', currency, '50.00', nonsense))).kind,
      ]).toEqual([nonsense, 'not_sent'])
    expect(harness.writesReceived(id)).toBe(0)
  })

  it('that feeds several campaigns says so, and one write changes it for all of them', async (context) => {
    const { adapter, account, harness } = bench()
    const shared = exampleOr(context, harness.examples.sharedBudget, 'shared budgets')
    const sorted = shared.others.toSorted((left, right) => left.localeCompare(right))
    const live = await adapter.readLive(shared.campaign, 'daily_budget', signal())
    expect(live.affects).toEqual(sorted)
    const listed = await listAll(adapter, account, 'campaign')
    for (const id of [shared.campaign, ...shared.others]) {
      const entity = listed.find((item) => item.entityId === id)
      expect(entity?.sharedBudget?.campaignIds.toSorted((left, right) => left.localeCompare(right))).toEqual(
        [shared.campaign, ...shared.others].toSorted((left, right) => left.localeCompare(right)),
      )
    }
    const budget = listed.find((item) => item.entityId === shared.campaign)?.sharedBudget?.externalId ?? ''
    const target = `${account}/budget/${budget}`
    const { result } = await changeAndReadBack(bench(), shared.campaign, 'daily_budget', doubled(live.value), target)
    expect(result.kind).toBe('accepted')
    for (const id of [shared.campaign, ...shared.others])
      expect((await adapter.readLive(id, 'daily_budget', signal())).value).toBe(doubled(live.value))
    expect(harness.writesReceived(shared.campaign)).toBe(1)
  })

  it('can be set for the next day: today’s stays, and at the account’s midnight the new one is in force', async (context) => {
    const { adapter, account, harness } = bench()
    const listed = await listAll(adapter, account, 'ad_group')
    const rules = listed.find((item) => item.entityId === harness.examples.budgetAdGroup)?.editable ?? []
    const rule = exampleOr(
      context,
      rules.find((item) => item.field === 'scheduled_budget'),
      'budgets for the next day',
    )
    expect(rule).toMatchObject({ isEditable: true, takesEffect: 'next_midnight' })
    const id = budgetOf(bench())
    const today = (await adapter.readLive(id, 'daily_budget', signal())).value
    const { before, result, now } = await changeAndReadBack(bench(), id, 'scheduled_budget', doubled(today))
    expect(before.value).toBe(today)
    expect(result.kind).toBe('accepted')
    expect(now.value).toBe(doubled(today))
    expect((await adapter.readLive(id, 'daily_budget', signal())).value).toBe(today)
    expect(harness.writesReceived(id)).toBe(1)
    harness.advance(DAY_MS)
    expect((await adapter.readLive(id, 'daily_budget', signal())).value).toBe(doubled(today))
    expect((await adapter.readLive(id, 'scheduled_budget', signal())).value).toBe(doubled(today))
  })
}

export function describeBids(bench: () => Bench): void {
  it('are read live, written once, read back equal, and shown when everything is listed', async () => {
    const { adapter, account, harness } = bench()
    expect(harness.examples.bids.length).toBeGreaterThan(0)
    for (const { entityId: id, field, newValue } of harness.examples.bids) {
      const { before, result, now } = await changeAndReadBack(bench(), id, field, newValue)
      expect([field, before.refusal, before.value === '']).toEqual([field, undefined, false])
      expect(before.value).not.toBe(newValue)
      expect(result.kind).toBe('accepted')
      expect(now.value).toBe(newValue)
      expect(harness.writesReceived(id)).toBe(1)
    }
    const listed = [...(await listAll(adapter, account, 'campaign')), ...(await listAll(adapter, account, 'ad_group'))]
    for (const { entityId: id, field, newValue } of harness.examples.bids)
      expect(listed.find((item) => item.entityId === id)?.values?.[field]).toBe(newValue)
  })

  it('show a change that somebody made on the platform', async () => {
    const { adapter, account, harness } = bench()
    for (const { entityId: id, field, newValue } of harness.examples.bids) {
      harness.changeOutside(id, field, newValue)
      expect((await adapter.readLive(id, field, signal())).value).toBe(newValue)
    }
    const listed = [...(await listAll(adapter, account, 'campaign')), ...(await listAll(adapter, account, 'ad_group'))]
    for (const { entityId: id, field, newValue } of harness.examples.bids)
      expect(listed.find((item) => item.entityId === id)?.values?.[field]).toBe(newValue)
  })

  it('that are no amounts, too large or too fine are not sent', async () => {
    const { adapter, harness, currency } = bench()
    for (const { entityId: id, field } of harness.examples.bids) {
      for (const nonsense of ['', '0.00', '-1.00', '1.23456', '1,5', '9007199255.00', 'lowest_cost'])
        expect((await adapter.apply(approvedChange(id, field, currency, '1.00', nonsense))).kind).toBe('not_sent')
      expect(harness.writesReceived(id)).toBe(0)
    }
  })

  it('of a kind that the entity does not have are refused with a reason', async () => {
    const { adapter, harness, currency } = bench()
    const live = await adapter.readLive(harness.examples.ad, 'bid_cap', signal())
    expect(live).toMatchObject({ value: '', refusal: expect.stringMatching(/\w{4}/) })
    const result = await adapter.apply(approvedChange(harness.examples.ad, 'bid_cap', currency, '', '1.00'))
    expect(['not_sent', 'refused']).toContain(result.kind)
  })
}

export function describeStrategies(bench: () => Bench): void {
  it('are switched with their target in one write, read back equal, and switched back', async () => {
    const { adapter, harness, currency } = bench()
    expect(harness.examples.strategies.length).toBeGreaterThan(0)
    for (const { entityId: id, newValue } of harness.examples.strategies) {
      const writes = harness.writesReceived(id)
      const { before, result, now } = await changeAndReadBack(bench(), id, 'bid_strategy', newValue)
      expect(before.refusal).toBeUndefined()
      expect([newValue, result.kind, now.value]).toEqual([newValue, 'accepted', newValue])
      expect(harness.writesReceived(id)).toBe(writes + 1)
      const undo = await adapter.apply(approvedChange(id, 'bid_strategy', currency, newValue, before.value))
      expect(undo.kind).toBe('accepted')
      expect((await adapter.readLive(id, 'bid_strategy', signal())).value).toBe(before.value)
    }
  })

  it('that the platform does not take are refused, and nothing changes', async (context) => {
    const { harness } = bench()
    const { entityId: id, newValue } = exampleOr(context, harness.examples.refusedStrategy, 'strategy to refuse')
    const { before, result, now } = await changeAndReadBack(bench(), id, 'bid_strategy', newValue)
    expect(['refused', 'not_sent']).toContain(result.kind)
    expect(now.value).toBe(before.value)
  })

  it('that are none, or lack their target, are not sent', async () => {
    const { adapter, harness, currency } = bench()
    const id = harness.examples.strategies[0]?.entityId ?? harness.examples.ad
    for (const nonsense of ['', 'cheap', 'cost_cap', 'cost_cap:0.00', 'bid_cap:1.234567', 'other', 'lowest_cost:1.00'])
      expect([
        nonsense,
        (await adapter.apply(approvedChange(id, 'bid_strategy', currency, 'lowest_cost', nonsense))).kind,
      ]).toEqual([nonsense, 'not_sent'])
    expect(harness.writesReceived(id)).toBe(0)
  })
}

export function describeDryRuns(bench: () => Bench): void {
  it('says yes to what it would take, and changes nothing', async () => {
    const { adapter, harness, currency } = bench()
    const id = budgetOf(bench())
    const before = await adapter.readLive(id, 'daily_budget', signal())
    const change = approvedChange(id, 'daily_budget', currency, before.value, doubled(before.value))
    const result = await adapter.validate(change, signal())
    expect(result.kind).toBe(harness.hasDryRun ? 'ok' : 'unsupported')
    expect('platformRequestId' in result && result.platformRequestId !== '').toBe(harness.hasDryRun)
    expect(harness.dryRunsReceived(id)).toBe(harness.hasDryRun ? 1 : 0)
    expect(harness.writesReceived(id)).toBe(0)
    expect((await adapter.readLive(id, 'daily_budget', signal())).value).toBe(before.value)
  })

  it('says no to what it would not take, in its own words, and changes nothing', async (context) => {
    const { adapter, harness, currency } = bench()
    const refused = exampleOr(context, harness.dryRunRefusal, 'dry run')
    const { entityId: id, field, newValue } = refused
    const before = await adapter.readLive(id, field, signal())
    const result = await adapter.validate(approvedChange(id, field, currency, before.value, newValue), signal())
    expect(result).toMatchObject({ kind: 'refused', platformMessage: expect.stringMatching(/\w{3}/) })
    expect(harness.writesReceived(id)).toBe(0)
    expect((await adapter.readLive(id, field, signal())).value).toBe(before.value)
  })

  it('covers bids and strategies too, and is never counted as a write', async (context) => {
    const { adapter, harness, currency } = bench()
    exampleOr(context, harness.hasDryRun ? true : undefined, 'dry run')
    const { bids, strategies } = harness.examples
    const changes = [
      ...bids.map((item) => ({ ...item, field: item.field })),
      ...strategies.map((item) => ({ ...item, field: 'bid_strategy' as const })),
    ]
    for (const { entityId: id, field, newValue } of changes) {
      const before = await adapter.readLive(id, field, signal())
      const result = await adapter.validate(approvedChange(id, field, currency, before.value, newValue), signal())
      expect([field, newValue, result.kind === 'ok' || result.kind === 'unsupported']).toEqual([field, newValue, true])
      expect((await adapter.readLive(id, field, signal())).value).toBe(before.value)
      expect(harness.writesReceived(id)).toBe(0)
    }
  })
}

export function describeBadWrites(bench: () => Bench): void {
  it.each(['timeout_after_effect', 'reset_after_effect'] as const)(
    'that took effect but lost its answer is unknown, and is not repeated: %s',
    async (fault) => {
      expect(await writeUnder(bench(), fault)).toMatchObject({
        result: { kind: 'unknown' },
        hasEffect: true,
        writes: 1,
      })
    },
  )

  it.each(['timeout_before_effect', 'server_error', 'error_page'] as const)(
    'that had no effect is unknown all the same, and is not repeated: %s',
    async (fault) => {
      expect(await writeUnder(bench(), fault)).toMatchObject({
        result: { kind: 'unknown' },
        isUnchanged: true,
        writes: 1,
      })
    },
  )

  it('that was throttled is not repeated, and never taken for done', async () => {
    const outcome = await writeUnder(bench(), 'throttle')
    expect(['unknown', 'refused']).toContain(outcome.result.kind)
    expect(outcome).toMatchObject({ isUnchanged: true, writes: 1 })
  })

  it('whose answer breaks off is unknown, although it took effect', async () => {
    expect(await writeUnder(bench(), 'malformed_answer')).toMatchObject({
      result: { kind: 'unknown' },
      hasEffect: true,
      writes: 1,
    })
  })

  it('with a dead token is refused and changes nothing', async () => {
    expect(await writeUnder(bench(), 'token_expired')).toMatchObject({
      result: { kind: 'refused' },
      isUnchanged: true,
      writes: 1,
    })
  })

  it('that the platform only pretends to have made is caught by reading back', async () => {
    expect(await writeUnder(bench(), 'success_without_effect')).toMatchObject({
      result: { kind: 'accepted' },
      isUnchanged: true,
      writes: 1,
    })
  })

  it('is read back through a throttled platform, by waiting and not by writing again', async () => {
    const { adapter, harness, currency } = bench()
    const id = harness.examples.budgetCampaign
    const before = await adapter.readLive(id, 'daily_budget', signal())
    const after = doubled(before.value)
    expect((await adapter.apply(approvedChange(id, 'daily_budget', currency, before.value, after))).kind).toBe(
      'accepted',
    )
    harness.breakNext('readback', 'throttle', { times: 2 })
    expect((await adapter.readLive(id, 'daily_budget', signal())).value).toBe(after)
    expect(harness.waits.length).toBe(2)
    expect(harness.writesReceived(id)).toBe(1)
  })
}

export function describeStatuses(bench: () => Bench): void {
  it.for(['budgetCampaign', 'budgetAdGroup', 'ad'] as const)(
    'is switched off and on again: %s',
    async (which, context) => {
      const { adapter, harness, currency } = bench()
      const id = exampleOr(context, harness.examples[which], 'budgets on that level')
      for (const [before, after] of [
        ['enabled', 'paused'],
        ['paused', 'enabled'],
      ] as const) {
        expect((await adapter.readLive(id, 'status', signal())).value).toBe(before)
        expect((await adapter.apply(approvedChange(id, 'status', currency, before, after))).kind).toBe('accepted')
        expect((await adapter.readLive(id, 'status', signal())).value).toBe(after)
      }
      expect(harness.writesReceived(id)).toBe(2)
    },
  )

  it('that somebody switched on the platform is seen', async () => {
    const { adapter, harness } = bench()
    harness.changeOutside(harness.examples.ad, 'status', 'paused')
    expect((await adapter.readLive(harness.examples.ad, 'status', signal())).value).toBe('paused')
  })

  it('can never be "deleted" through the adapter', async () => {
    const { adapter, harness, currency } = bench()
    const id = harness.examples.ad
    for (const word of ['deleted', 'DELETE', 'REMOVED', 'unknown', '__proto__', ''])
      expect((await adapter.apply(approvedChange(id, 'status', currency, 'enabled', word))).kind).toBe('not_sent')
    expect(harness.writesReceived(id)).toBe(0)
  })

  it('that only partly worked, without our entity, is refused', async () => {
    const { adapter, harness, currency } = bench()
    const id = harness.examples.ad
    await adapter.readLive(id, 'status', signal())
    harness.breakNext('write', 'partial_failure')
    expect((await adapter.apply(approvedChange(id, 'status', currency, 'enabled', 'paused'))).kind).toBe('refused')
    expect((await adapter.readLive(id, 'status', signal())).value).toBe('enabled')
  })

  it('of an automated campaign that may not be touched is refused with a reason, whoever refuses it', async (context) => {
    const { adapter, harness, currency } = bench()
    const id = exampleOr(context, harness.examples.automatedCampaign, 'campaigns that may not be touched')
    const before = await adapter.readLive(id, 'status', signal())
    expect(before.refusal ?? '').not.toBe('')
    const after = before.value === 'enabled' ? 'paused' : 'enabled'
    const result = await adapter.apply(approvedChange(id, 'status', currency, before.value, after))
    expect(['refused', 'not_sent']).toContain(result.kind)
    expect((await adapter.readLive(id, 'status', signal())).value).toBe(before.value)
  })
}
