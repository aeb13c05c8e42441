/**
 * What every ad platform's adapter must do, told once. A platform joins by bringing a harness that speaks these neutral words;
 * the suite itself knows no platform. Everything runs against that platform's wire-faithful sandbox over real sockets.
 */
import { afterEach, beforeEach, describe } from 'vitest'
import type { PlatformAdapter } from '../../main/platforms/adapter.ts'
import type { BidField } from '../../shared/domain/bid.ts'
import type { Field } from '../../shared/domain/entity.ts'
import type { AccountId, EntityId, Platform } from '../../shared/domain/ids.ts'
import { describeBadDays } from './contract-bad-days.ts'
import { describeHistory } from './contract-history.ts'
import type { Bench } from './contract-kit.ts'
import { describeAccounts, describeEntities, describeMetrics, describePictures } from './contract-reading.ts'
import {
  describeBadWrites,
  describeBids,
  describeBudgets,
  describeDryRuns,
  describeStatuses,
  describeStrategies,
} from './contract-writing.ts'

export { approvedChange, shiftDay } from './contract-kit.ts'

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
  /** Makes the next `times` requests of that purpose go wrong; `readback` is what a live value of `budgetCampaign` is read with. */
  breakNext(
    purpose: 'listing' | 'report' | 'write' | 'readback' | 'history',
    fault: ContractFault,
    options?: { times?: number; location?: string },
  ): void
  /** Requests the sandbox received for listings and reports. */
  readsReceived(): number
  /** Write requests the sandbox received that name the entity; dry runs are counted apart. */
  writesReceived(id: EntityId): number
  dryRunsReceived(id: EntityId): number
  /** Requests for pictures, and whether a token came along with them; absent where the sandbox does not tell. */
  readonly pictureRequests?: () => readonly { readonly hasToken: boolean }[]
  /** Somebody changes a field on the platform itself; value in wire form. */
  changeOutside(id: EntityId, field: Field, value: string): void
  /** The sandbox's clock. */
  nowMs(): number
  /** From now on a change shows in the platform's history only so much later. */
  delayHistory(ms: number): void
  /** Moves the sandbox's clock, so that a budget scheduled for midnight takes effect. */
  advance(ms: number): void
  close(): Promise<void>
}

export function describePlatformContract(name: string, start: () => Promise<PlatformHarness>): void {
  describe(`${name} keeps the platform contract`, () => {
    let current: Bench | undefined
    const bench = (): Bench => {
      if (current === undefined) throw new Error('the platform was not started')
      return current
    }
    beforeEach(async () => {
      const harness = await start()
      const [first] = harness.accounts
      if (first === undefined) throw new Error('the harness must bring an account')
      current = { harness, adapter: harness.adapter, account: first.accountId, currency: first.currency }
    })
    afterEach(() => current?.harness.close())

    describe('accounts', () => {
      describeAccounts(bench)
    })
    describe('entities', () => {
      describeEntities(bench)
    })
    describe('pictures', () => {
      describePictures(bench)
    })
    describe('metrics', () => {
      describeMetrics(bench)
    })
    describe('reading on a bad day', () => {
      describeBadDays(bench)
    })
    describe('the change history', () => {
      describeHistory(bench)
    })
    describe('a budget', () => {
      describeBudgets(bench)
    })
    describe('bids', () => {
      describeBids(bench)
    })
    describe('bid strategies', () => {
      describeStrategies(bench)
    })
    describe('a dry run', () => {
      describeDryRuns(bench)
    })
    describe('a write on a bad day', () => {
      describeBadWrites(bench)
    })
    describe('a status', () => {
      describeStatuses(bench)
    })
  })
}
