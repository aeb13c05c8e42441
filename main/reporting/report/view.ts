/** Rows and totals as they go out: rounded, dated, named. Adds nothing up. */
import type { Attribution } from '../../../shared/domain/attribution.ts'
import type { OutputOf } from '../../../shared/operations.ts'
import { factsReaders } from '../../store/facts-tables.ts'
import type { FactsReadDb } from '../../store/open.ts'
import { dateOf } from '../calendar.ts'
import { cleanUntrusted } from '../untrusted.ts'
import type { Basis } from './basis.ts'
import type { RowDraft } from './drafts.ts'
import { maturityOf } from './maturity.ts'
import { metricsOf } from './metrics.ts'
import { windowOf } from './window.ts'

type Output = OutputOf<'get_cross_platform_report'>

const MAX_CURRENCIES = 20

export function totalViews(attribution: Attribution, totals: readonly RowDraft[]): Output['totals'] {
  return totals.slice(0, MAX_CURRENCIES).map((total) => ({
    currency: total.currency,
    is_converted: total.isConverted,
    ...numbersOf(attribution, total),
  }))
}

function numbersOf(attribution: Attribution, { cell, currency, isConverted, ripeness }: RowDraft) {
  return {
    metrics: metricsOf(cell, currency, isConverted),
    window: windowOf(attribution, cell),
    maturity: maturityOf(ripeness),
  }
}

export function rowViews(
  facts: FactsReadDb,
  basis: Basis,
  attribution: Attribution,
  rows: readonly RowDraft[],
): Output['rows'] {
  const keys = rows.flatMap(({ entityKey }) => entityKey ?? [])
  const entities = new Map(
    keys.length === 0
      ? []
      : factsReaders(facts)
          .entities.byKeys(keys)
          .map((entity) => [entity.entityKey, entity]),
  )
  const accounts = new Map([...basis.accounts.values()].map(({ account }) => [account.accountId, account]))
  return rows.map((row) => {
    const entity = row.entityKey === null ? undefined : entities.get(row.entityKey)
    const account = row.accountId === null ? undefined : accounts.get(row.accountId)
    const name = row.entityKey === null ? account?.name : entity?.name
    return {
      key: entity?.entityId ?? row.key,
      platform: row.platform,
      account_id: row.accountId,
      entity_id: entity?.entityId ?? null,
      date: row.firstDay === null ? null : dateOf(row.firstDay),
      currency: row.currency,
      ...numbersOf(attribution, row),
      is_remainder: row.isRemainder,
      is_incomplete: row.isIncomplete,
      has_children: row.hasChildren,
      ...(name === undefined || row.isRemainder ? {} : { untrusted: { name: cleanUntrusted(name) } }),
    }
  })
}
