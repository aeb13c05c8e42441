/** An account's route, money and rows. Keeps currencies' units in memory, never an amount. Never writes. */
import type { z } from 'zod'
import type { Account } from '../../../shared/domain/entity.ts'
import { type AccountId, type EntityId, entityId } from '../../../shared/domain/ids.ts'
import { currencyExponent } from '../../../shared/domain/money.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { Logger } from '../../logger.ts'
import type { GoogleClient, Page, Query, Route } from './client.ts'
import { isClosedWay, unknownEntity, unreadable } from './codes.ts'
import { stepMicros } from './editable.ts'
import { microsFromInt64 } from './map.ts'
import { type MoneyContext, sortedIds } from './map-entities.ts'
import * as queries from './queries.ts'
import type { Routing } from './routing.ts'
import * as wire from './wire.ts'

export interface AccountContext extends MoneyContext {
  readonly route: Route
  readonly details: Account
}

export interface GoogleReads {
  /** Where an account is and what its money is counted in. */
  context(id: AccountId, signal: AbortSignal): Promise<AccountContext>
  pages<T extends z.ZodType>(
    context: AccountContext,
    query: Query<T>,
    signal: AbortSignal,
  ): AsyncGenerator<Page<z.infer<T>>>
  /** Exactly one row, read now. @throws OperationError unknown_entity when there is none */
  one<T extends z.ZodType>(
    context: AccountContext,
    query: Query<T>,
    signal: AbortSignal,
  ): Promise<{ readonly row: z.infer<T>; readonly requestId: string }>
  /**
   * Pages that are nice to have (targeting, usage of assets): where Google refuses the question for this account, they are left out and
   * the local log says so. Every other failure is thrown.
   */
  extras<T extends z.ZodType>(
    context: AccountContext,
    query: Query<T>,
    signal: AbortSignal,
  ): AsyncGenerator<Page<z.infer<T>>>
  /** Budgets that feed several campaigns: resource name → those campaigns. */
  sharing(context: AccountContext, signal: AbortSignal): Promise<ReadonlyMap<string, readonly EntityId[]>>
  /** Every campaign that a budget feeds now, removed ones left out, sorted. */
  campaignsOfBudget(context: AccountContext, budgetId: string, signal: AbortSignal): Promise<readonly EntityId[]>
}

export function createGoogleReads(client: GoogleClient, routing: Routing, logger?: Logger): GoogleReads {
  /** A currency's billable unit never changes, so it is asked for once. */
  const units = new Map<string, bigint>()

  async function unitOf(route: Route, currency: string, signal: AbortSignal): Promise<bigint> {
    const known = units.get(currency)
    if (known !== undefined) return known
    const query = { gaql: queries.currencyUnit(currency), row: wire.currencyRowSchema }
    const { rows } = await client.rows(route, query, signal)
    const found = rows.find((row) => row.currencyConstant.code === currency)?.currencyConstant.billableUnitMicros
    const unit = found === undefined ? 0n : microsFromInt64(found)
    if (unit <= 0n) throw unreadable(`no billable unit of ${currency}`)
    units.set(currency, unit)
    return unit
  }

  async function* pages<T extends z.ZodType>(context: AccountContext, query: Query<T>, signal: AbortSignal) {
    try {
      yield* client.search(context.route, query, signal)
    } catch (error) {
      if (isClosedWay(error)) routing.forget(context.account)
      throw error
    }
  }

  async function collectCampaigns(
    context: AccountContext,
    gaql: string,
    signal: AbortSignal,
    add: (budget: string, campaign: EntityId) => void,
  ): Promise<void> {
    const query = { gaql, row: wire.campaignIdRowSchema, isListing: true }
    for await (const page of pages(context, query, signal))
      for (const { campaign } of page.rows)
        add(campaign.campaignBudget ?? '', entityId(context.account, 'campaign', campaign.id))
  }

  return {
    context: async (id, signal) => {
      const { account: details, route } = await routing.reach(id, signal)
      const { currency } = details
      // Before anything is asked with it: a currency we cannot write is refused here, in words.
      currencyExponent(currency)
      try {
        const unit = await unitOf(route, currency, signal)
        return { account: id, currency, stepMicros: stepMicros(currency, unit), route, details }
      } catch (error) {
        if (isClosedWay(error)) routing.forget(id)
        throw error
      }
    },
    pages,
    one: async (context, query, signal) => {
      for await (const { rows, requestId } of pages(context, query, signal)) {
        const [row] = rows
        if (row === undefined || rows.length !== 1) throw unknownEntity()
        return { row, requestId }
      }
      throw unknownEntity()
    },
    extras: async function* (context, query, signal) {
      try {
        yield* pages(context, query, signal)
      } catch (error) {
        if (!(error instanceof OperationError) || error.code !== 'platform_refused') throw error
        logger?.info('google_ads.extra_refused', { code: String(error.details?.['platformCode']) })
      }
    },
    sharing: async (context, signal) => {
      const index = new Map<string, EntityId[]>()
      await collectCampaigns(context, queries.sharedBudgetCampaigns(), signal, (budget, campaign) => {
        const known = index.get(budget)
        if (known === undefined) index.set(budget, [campaign])
        else known.push(campaign)
      })
      return index
    },
    campaignsOfBudget: async (context, budgetId, signal) => {
      const found: EntityId[] = []
      const gaql = queries.campaignsOfBudget(context.route.customerId, budgetId)
      await collectCampaigns(context, gaql, signal, (_budget, campaign) => found.push(campaign))
      return sortedIds(found)
    },
  }
}
