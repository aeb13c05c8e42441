/**
 * What every ad platform's adapter must do, told once. A platform joins by bringing a harness that speaks these neutral words;
 * the suite itself knows no platform. Everything runs against that platform's wire-faithful sandbox over real sockets.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ApprovedChange } from '../../main/approval/gate.ts'
import type { PlatformAdapter } from '../../main/platforms/adapter.ts'
import type { BidField } from '../../shared/domain/bid.ts'
import type { Entity, Field } from '../../shared/domain/entity.ts'
import {
  type AccountId,
  type EntityId,
  type EntityType,
  type Platform,
  splitEntityId,
} from '../../shared/domain/ids.ts'
import { METRIC_LEVELS, type MetricFact, type MetricLevel } from '../../shared/domain/metric.ts'
import { formatDecimal } from '../../shared/domain/money.ts'
import { OperationError } from '../../shared/errors.ts'

/** Things that go wrong, in words that fit all three platforms. */
export type ContractFault =
  | 'throttle'
  | 'server_error'
  | 'error_page'
  | 'cut_connection'
  | 'malformed_answer'
  | 'token_expired'
  | 'redirect'
  | 'timeout_before_effect'
  | 'timeout_after_effect'
  | 'reset_after_effect'
  | 'partial_failure'
  | 'success_without_effect'

export interface PlatformHarness {
  readonly platform: Platform
  /** Every token and secret the adapter was given: none may appear in an error. */
  readonly secrets: readonly string[]
  readonly accounts: readonly {
    readonly accountId: AccountId
    readonly currency: string
    readonly timeZone: string
    /** The platform's id of the manager it is under, where it is under one. */
    readonly managerId?: string
  }[]
  /** The first account's calendar day now. */
  readonly today: string
  readonly adapter: PlatformAdapter
  /** Pauses the adapter took between attempts. */
  readonly waits: readonly number[]
  /** One entity per case in the first account; the ones a platform has no such thing for stay undefined. */
  readonly examples: {
    readonly budgetCampaign: EntityId
    /** Undefined where ad groups have no budgets (Google). */
    readonly budgetAdGroup: EntityId | undefined
    readonly inheritedAdGroup: EntityId | undefined
    readonly lifetimeAdGroup: EntityId | undefined
    /** An automated campaign that this app refuses to touch at all; undefined where there is no such thing. */
    readonly automatedCampaign: EntityId | undefined
    /** A campaign whose budget feeds others too, and those others. */
    readonly sharedBudget: { readonly campaign: EntityId; readonly others: readonly EntityId[] } | undefined
    /** An enabled ad that was reviewed and passed. */
    readonly ad: EntityId
    readonly disapprovedAd: EntityId
    /** A creative with a picture. */
    readonly creative: EntityId
    /** One entity per bid field that the platform has, with a new value that it accepts, in wire form. */
    readonly bids: readonly { readonly entityId: EntityId; readonly field: BidField; readonly newValue: string }[]
    /** Switches of strategy that the platform accepts, "cost_cap:9.00" form, and one that it refuses. */
    readonly strategies: readonly { readonly entityId: EntityId; readonly newValue: string }[]
    readonly refusedStrategy: { readonly entityId: EntityId; readonly newValue: string } | undefined
  }
  /** Whether the platform has a dry run. */
  readonly hasDryRun: boolean
  /** The platform refuses this one when asked in a dry run, and takes its neighbours. */
  readonly dryRunRefusal: { readonly entityId: EntityId; readonly field: Field; readonly newValue: string } | undefined
  /** A second adapter on the same sandbox with very small pages. */
  smallPages(): PlatformAdapter
  /** Makes the next `times` requests of that purpose go wrong. */
  breakNext(
    purpose: 'listing' | 'report' | 'write',
    fault: ContractFault,
    options?: { times?: number; location?: string },
  ): void
  /** Requests the sandbox received for listings and reports. */
  readsReceived(): number
  /** Write requests the sandbox received that name the entity; dry runs are counted apart. */
  writesReceived(id: EntityId): number
  dryRunsReceived(id: EntityId): number
  /** Somebody changes a field on the platform itself; value in wire form. */
  changeOutside(id: EntityId, field: Field, value: string): void
  /** Moves the sandbox's clock, so that a budget scheduled for midnight takes effect. */
  advance(ms: number): void
  close(): Promise<void>
}

const signal = () => new AbortController().signal

/** Only tests may do this: the product's single maker of ApprovedChange is the gate. */
export function approvedChange(
  id: EntityId,
  field: Field,
  currency: string,
  before: string,
  after: string,
): ApprovedChange {
  const { accountId, platform } = splitEntityId(id)
  const draft = { draftId: 'd_aaaaaaaaaaaaaaaa', k: 0, challengeHash: 'test' }
  return { ...draft, platform, accountId, entityId: id, field, currency, before, after } as unknown as ApprovedChange
}

async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(...page)
  return all
}

const listAll = (adapter: PlatformAdapter, account: AccountId, type: EntityType): Promise<Entity[]> =>
  collect(adapter.listEntities(account, type, signal()))

export function shiftDay(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** Twice the money is a valid new budget for every example; so is its spelling. */
function doubled(wireAmount: string): string {
  const [whole = '0', fraction] = wireAmount.split('.')
  const sum = (BigInt(`${whole}${fraction ?? ''}`) * 2n).toString()
  return fraction === undefined ? sum : `${sum.slice(0, -fraction.length)}.${sum.slice(-fraction.length)}`
}

async function failure(work: Promise<unknown>): Promise<OperationError> {
  const error: unknown = await work.then(
    () => new Error('this was expected to fail, and did not'),
    (reason: unknown) => reason,
  )
  if (error instanceof OperationError) return error
  throw error
}

/** Everything of an error that could be logged or shown, causes included. */
function fullText(error: unknown): string {
  const seen: string[] = []
  let current: unknown = error
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    seen.push(current.stack ?? '', current.message, JSON.stringify(current))
    current = current.cause
  }
  return seen.join('\n')
}

export function describePlatformContract(name: string, start: () => Promise<PlatformHarness>): void {
  describe(`${name} keeps the platform contract`, () => {
    let harness: PlatformHarness
    let adapter: PlatformAdapter
    let account: AccountId
    let currency: string

    beforeEach(async () => {
      harness = await start()
      adapter = harness.adapter
      const [first] = harness.accounts
      if (first === undefined) throw new Error('the harness must bring an account')
      account = first.accountId
      currency = first.currency
    })
    afterEach(() => harness.close())

    const facts = (level: MetricLevel, startDate: string, endDate: string, from = adapter): Promise<MetricFact[]> =>
      collect(from.dailyMetrics({ accountId: account, level, startDate, endDate }, signal()))

    /** One write with that fault in its way, and what became of it. */
    async function write(fault: ContractFault) {
      const id = harness.examples.budgetAdGroup
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

    describe('reading', () => {
      it('lists every account with its currency and time zone', async () => {
        const found = await adapter.listAccounts(signal())
        expect(
          found.map((item) => ({ accountId: item.accountId, currency: item.currency, timeZone: item.timeZone })),
        ).toEqual(harness.accounts)
        expect(found.every((item) => item.platform === harness.platform && item.name !== '')).toBe(true)
      })

      it('gives every ad an ad group and every ad group a campaign of the same account', async () => {
        const campaigns = new Set((await listAll(adapter, account, 'campaign')).map((item) => item.entityId))
        const groups = await listAll(adapter, account, 'ad_group')
        const groupIds = new Set(groups.map((item) => item.entityId))
        const ads = await listAll(adapter, account, 'ad')
        expect(campaigns.size).toBeGreaterThan(2)
        expect(groups.length).toBeGreaterThan(campaigns.size)
        expect(ads.length).toBeGreaterThan(groups.length)
        expect(groupIds.size).toBe(groups.length)
        expect(groups.every((item) => item.parentId !== undefined && campaigns.has(item.parentId))).toBe(true)
        expect(ads.every((item) => item.parentId !== undefined && groupIds.has(item.parentId))).toBe(true)
      })

      it('knows the file behind every creative that an ad names', async () => {
        const creatives = new Set(
          (await listAll(adapter, account, 'creative')).map((item) => splitEntityId(item.entityId).externalId),
        )
        const named = (await listAll(adapter, account, 'ad')).flatMap((item) => item.creativeIds ?? [])
        expect(named.length).toBeGreaterThan(0)
        expect(named.filter((id) => !creatives.has(id))).toEqual([])
      })

      it('finds the same entities and facts on many small pages as on one', async () => {
        const small = harness.smallPages()
        for (const type of ['campaign', 'ad_group', 'ad'] as const) {
          const pages: number[] = []
          for await (const page of small.listEntities(account, type, signal())) pages.push(page.length)
          expect(pages.length).toBeGreaterThan(1)
          expect(await listAll(small, account, type)).toEqual(await listAll(adapter, account, type))
        }
        const from = shiftDay(harness.today, -3)
        expect(await facts('campaign', from, harness.today, small)).toEqual(
          await facts('campaign', from, harness.today),
        )
      })

      it('says of every field whether it can be changed, with bounds or with a reason', async () => {
        const entities = await Promise.all(
          (['campaign', 'ad_group', 'ad'] as const).map((type) => listAll(adapter, account, type)),
        )
        const rules = entities
          .flat()
          .flatMap((entity) => entity.editable.map((rule) => ({ rule, budgetMicros: entity.dailyBudgetMicros ?? 0n })))
        const closed = rules.filter(({ rule }) => !rule.isEditable)
        const openBudgets = rules.filter(({ rule }) => rule.isEditable && rule.field === 'daily_budget')
        expect(closed.length).toBeGreaterThan(0)
        expect(openBudgets.length).toBeGreaterThan(2)
        expect(closed.filter(({ rule }) => (rule.refusal ?? '') === '')).toEqual([])
        expect(
          openBudgets.filter(
            ({ rule, budgetMicros }) =>
              budgetMicros < (rule.minMicros ?? -1n) || budgetMicros > (rule.maxMicros ?? -1n),
          ),
        ).toEqual([])
        expect(openBudgets.filter(({ rule, budgetMicros }) => budgetMicros % (rule.stepMicros ?? 0n) !== 0n)).toEqual(
          [],
        )
      })

      it('adds up: ads to ad groups to campaigns, day by day', async () => {
        const [from, to] = [shiftDay(harness.today, -45), harness.today]
        const byDay = async (level: MetricLevel) => {
          const sums = new Map<string, readonly bigint[]>()
          for (const fact of await facts(level, from, to)) {
            const old = sums.get(fact.date) ?? [0n, 0n, 0n, 0n, 0n]
            const add = [
              fact.spendMicros,
              BigInt(fact.impressions),
              BigInt(fact.clicks),
              fact.clickConversionMicros ?? 0n,
              fact.clickValueMicros ?? 0n,
            ]
            sums.set(
              fact.date,
              old.map((value, index) => value + (add[index] ?? 0n)),
            )
          }
          return sums
        }
        const campaigns = await byDay('campaign')
        expect(campaigns.size).toBe(46)
        expect(await byDay('ad_group')).toEqual(campaigns)
        expect(await byDay('ad')).toEqual(campaigns)
      })

      it('reads 400 days in one go, without a gap, a day twice or a day outside', async () => {
        const [from, to] = [shiftDay(harness.today, -400), shiftDay(harness.today, -1)]
        const rows = await facts('campaign', from, to)
        const days = new Set(rows.map((row) => row.date))
        expect(days.size).toBe(400)
        expect([...days].every((day) => from <= day && day <= to)).toBe(true)
        expect(new Set(rows.map((row) => `${row.entityId} ${row.date}`)).size).toBe(rows.length)
        expect(rows.every((row) => row.currency === currency && row.spendMicros >= 0n)).toBe(true)
      }, 60_000)

      it('tells "not measured" from zero', async () => {
        const rows = await facts('campaign', shiftDay(harness.today, -7), harness.today)
        expect(rows.some((row) => row.clickConversionMicros === null)).toBe(true)
        expect(rows.some((row) => row.clickConversionMicros !== null)).toBe(true)
      })

      it('stops at once when told to', async () => {
        const stop = new AbortController()
        stop.abort()
        expect((await failure(adapter.listAccounts(stop.signal))).code).toBe('cancelled')
        const later = new AbortController()
        const pages = harness.smallPages().listEntities(account, 'ad', later.signal)[Symbol.asyncIterator]()
        await pages.next()
        later.abort()
        const before = harness.readsReceived()
        expect((await failure(pages.next())).code).toBe('cancelled')
        expect(harness.readsReceived()).toBe(before)
      })
    })

    describe('reading on a bad day', () => {
      it('waits and comes back after being throttled', async () => {
        harness.breakNext('listing', 'throttle', { times: 2 })
        expect((await listAll(adapter, account, 'campaign')).length).toBeGreaterThan(2)
        expect(harness.waits.length).toBe(2)
        expect(harness.waits.every((ms) => ms >= 1000)).toBe(true)
      })

      it('gives up after four more attempts and says that it was throttled', async () => {
        harness.breakNext('listing', 'throttle', { times: 50 })
        const error = await failure(listAll(adapter, account, 'campaign'))
        expect(error.code).toBe('platform_throttled')
        expect(error.retryable).toBe(true)
        expect(harness.waits.length).toBe(4)
      })

      it.each(['server_error', 'error_page', 'cut_connection'] as const)('reads again after: %s', async (fault) => {
        harness.breakNext('report', fault)
        const day = shiftDay(harness.today, -2)
        expect((await facts('campaign', day, day)).length).toBeGreaterThan(2)
        expect(harness.waits.length).toBe(1)
      })

      it('waits a little longer each time', async () => {
        harness.breakNext('listing', 'server_error', { times: 4 })
        await listAll(adapter, account, 'campaign')
        expect(harness.waits.length).toBe(4)
        expect(harness.waits.toSorted((left, right) => left - right)).toEqual(harness.waits)
      })

      it('asks to reconnect when the token has expired, without hammering', async () => {
        const before = harness.readsReceived()
        harness.breakNext('report', 'token_expired', { times: 50 })
        const error = await failure(facts('campaign', harness.today, harness.today))
        expect(error.code).toBe('needs_reconnect')
        expect(harness.waits.length).toBe(0)
        expect(harness.readsReceived()).toBeLessThanOrEqual(before + 2)
      })

      it('turns an answer cut off in the middle into an error, not a crash', async () => {
        harness.breakNext('listing', 'malformed_answer', { times: 50 })
        expect((await failure(listAll(adapter, account, 'campaign'))).code).toBe('platform_unreachable')
      })

      it('gives up on a platform that never answers', async () => {
        harness.breakNext('listing', 'timeout_before_effect', { times: 50 })
        expect((await failure(listAll(adapter, account, 'campaign'))).code).toBe('timeout')
      })

      it('never follows a redirect, and sends the other host nothing', async () => {
        const visitors: string[] = []
        const other = createServer((request, response) => {
          visitors.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`)
          response.end('{}')
        })
        await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
        const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/elsewhere/`
        try {
          harness.breakNext('listing', 'redirect', { location })
          harness.breakNext('write', 'redirect', { location })
          const before = harness.readsReceived()
          expect((await failure(listAll(adapter, account, 'campaign'))).code).toBe('platform_unreachable')
          // One look-up of the currency and the one redirected page: a redirect is not tried again.
          expect(harness.readsReceived()).toBeLessThanOrEqual(before + 2)
          const live = await adapter.readLive(harness.examples.ad, 'status', signal())
          const change = approvedChange(harness.examples.ad, 'status', currency, live.value, 'paused')
          expect((await adapter.apply(change)).kind).toBe('unknown')
          expect(visitors).toEqual([])
        } finally {
          other.close()
        }
      })

      it('never puts a token or a secret into an error', async () => {
        for (const fault of [
          'server_error',
          'malformed_answer',
          'token_expired',
          'throttle',
          'cut_connection',
        ] as const) {
          harness.breakNext('listing', fault, { times: 10 })
          const text = fullText(await failure(listAll(harness.smallPages(), account, 'campaign')))
          for (const secret of harness.secrets) expect(text).not.toContain(secret)
          harness.breakNext('listing', fault, { times: 0 })
        }
      })
    })

    describe('a budget', () => {
      it.each(['budgetCampaign', 'budgetAdGroup'] as const)('is written once and read back: %s', async (which) => {
        const id = harness.examples[which]
        const before = await adapter.readLive(id, 'daily_budget', signal())
        expect(before.refusal).toBeUndefined()
        const after = doubled(before.value)
        const result = await adapter.apply(approvedChange(id, 'daily_budget', currency, before.value, after))
        expect(result).toMatchObject({ kind: 'accepted', platformRequestId: expect.stringMatching(/.{6,}/) })
        const now = await adapter.readLive(id, 'daily_budget', signal())
        expect(now.value).toBe(after)
        expect(now.platformRequestId).not.toBe(before.platformRequestId)
        expect(harness.writesReceived(id)).toBe(1)
      })

      it('shows a change that somebody made on the platform', async () => {
        const id = harness.examples.budgetAdGroup
        const before = await adapter.readLive(id, 'daily_budget', signal())
        harness.changeBudgetOutside(id, doubled(before.value))
        expect((await adapter.readLive(id, 'daily_budget', signal())).value).toBe(doubled(before.value))
      })

      it('of an ad group under campaign budgets cannot be changed, and the reason names the campaign', async () => {
        const id = harness.examples.inheritedAdGroup
        const live = await adapter.readLive(id, 'daily_budget', signal())
        const entity = (await listAll(adapter, account, 'ad_group')).find((item) => item.entityId === id)
        const campaign = (await listAll(adapter, account, 'campaign')).find(
          (item) => item.entityId === entity?.parentId,
        )
        expect(live.refusal).toContain(campaign?.name)
        expect(entity?.budgetKind).toBe('inherited')
        const result = await adapter.apply(
          approvedChange(id, 'daily_budget', currency, '0', formatDecimal(75_000_000n, currency)),
        )
        expect(result.kind).toBe('refused')
      })

      it('of an automated campaign or for a whole lifetime is shown as not editable, with the reason', async () => {
        for (const id of [harness.examples.automatedCampaign, harness.examples.lifetimeAdGroup]) {
          if (id === undefined) continue
          const live = await adapter.readLive(id, 'daily_budget', signal())
          expect(live.refusal ?? '').toMatch(/\w{4}/)
        }
      })

      it('below the platform’s minimum is refused by the platform and changes nothing', async () => {
        const id = harness.examples.budgetAdGroup
        const before = await adapter.readLive(id, 'daily_budget', signal())
        const result = await adapter.apply(
          approvedChange(id, 'daily_budget', currency, before.value, formatDecimal(1_000_000n, currency)),
        )
        expect(result).toMatchObject({ kind: 'refused', platformCode: expect.stringMatching(/\d/) })
        expect((await adapter.readLive(id, 'daily_budget', signal())).value).toBe(before.value)
      })

      it('that is no amount is not sent at all', async () => {
        const id = harness.examples.budgetAdGroup
        for (const nonsense of ['', '-5.00', '1e3', '12.345', 'NaN', '0.00'])
          expect((await adapter.apply(approvedChange(id, 'daily_budget', currency, '50.00', nonsense))).kind).toBe(
            'not_sent',
          )
        expect(harness.writesReceived(id)).toBe(0)
      })
    })

    describe('a write on a bad day', () => {
      it.each(['timeout_after_effect', 'reset_after_effect'] as const)(
        'that took effect but lost its answer is unknown, and is not repeated: %s',
        async (fault) => {
          expect(await write(fault)).toMatchObject({ result: { kind: 'unknown' }, hasEffect: true, writes: 1 })
        },
      )

      it.each(['timeout_before_effect', 'server_error', 'error_page', 'throttle'] as const)(
        'that had no effect is unknown all the same, and is not repeated: %s',
        async (fault) => {
          expect(await write(fault)).toMatchObject({ result: { kind: 'unknown' }, isUnchanged: true, writes: 1 })
        },
      )

      it('whose answer breaks off is unknown, although it took effect', async () => {
        expect(await write('malformed_answer')).toMatchObject({
          result: { kind: 'unknown' },
          hasEffect: true,
          writes: 1,
        })
      })

      it('with a dead token is refused and changes nothing', async () => {
        expect(await write('token_expired')).toMatchObject({
          result: { kind: 'refused' },
          isUnchanged: true,
          writes: 1,
        })
      })

      it('that the platform only pretends to have made is caught by reading back', async () => {
        expect(await write('success_without_effect')).toMatchObject({
          result: { kind: 'accepted' },
          isUnchanged: true,
          writes: 1,
        })
      })
    })

    describe('a status', () => {
      it.each(['budgetCampaign', 'budgetAdGroup', 'ad'] as const)('is switched off and on again: %s', async (which) => {
        const id = harness.examples[which]
        for (const [before, after] of [
          ['enabled', 'paused'],
          ['paused', 'enabled'],
        ] as const) {
          expect((await adapter.readLive(id, 'status', signal())).value).toBe(before)
          expect((await adapter.apply(approvedChange(id, 'status', currency, before, after))).kind).toBe('accepted')
          expect((await adapter.readLive(id, 'status', signal())).value).toBe(after)
        }
        expect(harness.writesReceived(id)).toBe(2)
      })

      it('can never be "deleted" through the adapter', async () => {
        const id = harness.examples.ad
        for (const word of ['deleted', 'DELETE', 'unknown', '__proto__', ''])
          expect((await adapter.apply(approvedChange(id, 'status', currency, 'enabled', word))).kind).toBe('not_sent')
        expect(harness.writesReceived(id)).toBe(0)
      })

      it('that only partly worked, without our entity, is refused', async () => {
        harness.breakNext('write', 'partial_failure')
        const id = harness.examples.ad
        expect((await adapter.apply(approvedChange(id, 'status', currency, 'enabled', 'paused'))).kind).toBe('refused')
        expect((await adapter.readLive(id, 'status', signal())).value).toBe('enabled')
      })

      it('of an automated campaign is refused with a reason, and by the platform too', async () => {
        const id = harness.examples.automatedCampaign
        if (id === undefined) return
        expect((await adapter.readLive(id, 'status', signal())).refusal ?? '').not.toBe('')
        expect((await adapter.apply(approvedChange(id, 'status', currency, 'enabled', 'paused'))).kind).toBe('refused')
      })
    })

    it('keeps every id exactly as the platform spells it, on every level', async () => {
      for (const level of METRIC_LEVELS) {
        const known = new Set((await listAll(adapter, account, level)).map((item) => item.entityId))
        const day = shiftDay(harness.today, -1)
        const rows = await facts(level, day, day)
        expect(rows.length).toBeGreaterThan(0)
        expect(rows.filter((row) => !known.has(row.entityId))).toEqual([])
      }
    })
  })
}
