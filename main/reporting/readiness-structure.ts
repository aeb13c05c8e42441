/** Campaigns, ad groups and ads that are switched on and should not be, and edits made elsewhere. Pure: judges what it is given. */
import type { Entity } from '../../shared/domain/entity.ts'
import type { StoredEntity } from '../store/entity-table.ts'
import type { OutsideChange } from '../store/outside-change-table.ts'
import { dateOf, platformTime } from './calendar.ts'
import { type AccountFacts, type Check, entityItem, finding, many, ok, pauseCure } from './readiness-check.ts'

/** So many whole days without one impression make a campaign or ad group inactive. */
export const INACTIVE_DAYS = 14
const DAY_MS = 86_400_000

/** An enabled campaign or ad group without an impression on the days looked at. */
export interface Idle {
  readonly entity: StoredEntity
  readonly hadDeliveryBefore: boolean
  /** Days since 1970-01-01; null: on no day held. */
  readonly lastDeliveryDay: () => number | null
  /** The entities above it, nearest first. */
  readonly above: readonly Pick<Entity, 'entityId' | 'status'>[]
}

/** @param idle undefined: too few whole days are held to judge */
export function inactiveCheck(
  facts: AccountFacts,
  type: 'campaign' | 'ad_group',
  idle: readonly Idle[] | undefined,
): Check {
  const check = type === 'campaign' ? 'inactive_campaigns' : 'inactive_ad_groups'
  const word = type === 'campaign' ? 'campaign' : 'ad group'
  if (idle === undefined) return ok(check, `Not judged: fewer than ${INACTIVE_DAYS} whole days are held.`)
  if (idle.length === 0)
    return ok(check, `Every ${word} that is on has delivered in the last ${INACTIVE_DAYS} days, or has just begun.`)
  return finding(
    check,
    'warning',
    {
      message: `${many(idle.length, word)} ${idle.length === 1 ? 'is' : 'are'} switched on and had no impression in the last ${INACTIVE_DAYS} whole days.`,
      hint: 'Find out what holds them back, or switch them off: they hide what really runs.',
    },
    {
      count: idle.length,
      items: idle.slice(0, facts.maxItems).map(({ entity, lastDeliveryDay }) => {
        const day = lastDeliveryDay()
        const detail = day === null ? 'No impression on any day held.' : `Last impression on ${dateOf(day)}.`
        return entityItem(entity, detail, pauseCure(entity, facts.writesAllowed))
      }),
    },
  )
}

/**
 * Whether silence means something. Not while something above is off, before it starts, after it has ended, soon after it was made, edited or
 * switched on, and not when it may have been made only just now without anybody saying so.
 */
export function isReallyIdle(
  { entity, above, hadDeliveryBefore }: Omit<Idle, 'lastDeliveryDay'>,
  nowMs: number,
): boolean {
  if (entity.status !== 'enabled' || above.some(({ status }) => status !== 'enabled')) return false
  if (entity.delivery === 'pending' || entity.delivery === 'ended') return false
  const sinceMs = nowMs - (INACTIVE_DAYS + 1) * DAY_MS
  const startsAtMs = platformTime(entity.startsAt)
  const endsAtMs = platformTime(entity.endsAt)
  const modifiedAtMs = platformTime(entity.modifiedAt)
  if (endsAtMs !== undefined && endsAtMs <= nowMs) return false
  if ([startsAtMs, modifiedAtMs].some((atMs) => atMs !== undefined && atMs > sinceMs)) return false
  const { firstListedAtMs, statusSinceMs } = entity
  if (firstListedAtMs !== null && statusSinceMs !== null && statusSinceMs > firstListedAtMs && statusSinceMs > sinceMs)
    return false
  const isKnownToBeOld =
    hadDeliveryBefore ||
    startsAtMs !== undefined ||
    modifiedAtMs !== undefined ||
    (firstListedAtMs !== null && firstListedAtMs <= sinceMs)
  return isKnownToBeOld
}

export function disapprovedCheck(facts: AccountFacts, ads: readonly StoredEntity[]): Check {
  if (ads.length === 0) return ok('disapproved_ads', 'No ad that is on has been disapproved.')
  return finding(
    'disapproved_ads',
    'warning',
    {
      message: `${many(ads.length, 'ad')} ${ads.length === 1 ? 'was' : 'were'} disapproved by the platform and ${ads.length === 1 ? 'is' : 'are'} still switched on.`,
      hint: 'Correct and resubmit them on the platform, or switch them off. get_entity gives the reasons.',
    },
    {
      count: ads.length,
      items: ads
        .slice(0, facts.maxItems)
        .map((entity) => entityItem(entity, null, pauseCure(entity, facts.writesAllowed))),
    },
  )
}

export function changedOutsideCheck(
  facts: AccountFacts,
  changes: readonly (OutsideChange & { readonly entityKey: number })[],
  entityOf: (entityKey: number) => StoredEntity | undefined,
): Check {
  if (changes.length === 0) return ok('changed_outside', 'No edit made elsewhere was noticed in the last 7 days.')
  const byEntity = Map.groupBy(changes, ({ entityKey }) => entityKey)
  return finding(
    'changed_outside',
    'info',
    {
      message: `${many(changes.length, 'edit')} of budgets, bids or switches ${changes.length === 1 ? 'was' : 'were'} made outside this app in the last 7 days, on ${byEntity.size} ${byEntity.size === 1 ? 'entity' : 'entities'}.`,
      hint: 'Find out who edits there, so that nobody undoes what was approved here.',
    },
    {
      count: changes.length,
      items: [...byEntity].slice(0, facts.maxItems).flatMap(([entityKey, [newest, ...others]]) => {
        const entity = entityOf(entityKey)
        if (entity === undefined || newest === undefined) return []
        const more = others.length === 0 ? '' : ` And ${others.length} more.`
        return [
          entityItem(entity, `${newest.field}: ${newest.before ?? 'none'} → ${newest.after ?? 'none'}.${more}`, null),
        ]
      }),
    },
  )
}
