/** Whether conversions are counted as they should be: pixels and conversion actions, judged by what the adapters found. Pure. */
import type { Tracker, TrackerState } from '../../shared/domain/tracker.ts'
import { type AccountFacts, type Check, type CheckItem, type CheckName, finding, many, ok } from './readiness-check.ts'
import { cleanUntrusted } from './untrusted.ts'

const MAX_PROBLEM = 300

const WORDS = {
  unverified: {
    check: 'tracking_unverified',
    fine: 'Nothing is set up that has never received anything.',
    is: 'set up but never received anything',
    hint: 'Finish the set-up and send one real event, or remove what is not needed.',
  },
  stale: {
    check: 'tracking_stale',
    fine: 'Nothing has fallen silent.',
    is: 'received events before, and nothing lately',
    hint: 'Check whether the tag is still on the site and whether consent blocks it.',
  },
  misconfigured: {
    check: 'tracking_misconfigured',
    fine: 'Nothing is known to be wrong with what arrives.',
    is: 'received events that cannot be used as they are',
    hint: 'See what each of them says, and correct it on the platform.',
  },
} as const satisfies Partial<
  Record<TrackerState, { readonly check: CheckName; readonly fine: string; readonly is: string; readonly hint: string }>
>

/** @param trackers undefined: they have never been read, so nothing is said */
export function trackingChecks(facts: AccountFacts, trackers: readonly Tracker[] | undefined): readonly Check[] {
  if (trackers === undefined) {
    const names = ['tracking_missing', ...Object.values(WORDS).map(({ check }) => check)] as const
    return names.map((name) => ok(name, 'Not judged: tracking of this account has not been read yet.'))
  }
  const used = trackers.filter(({ state }) => state !== 'inactive')
  return [
    missing(facts, used),
    ...(['unverified', 'stale', 'misconfigured'] as const).map((state) => ofState(facts, used, state)),
  ]
}

function missing({ isRunning }: AccountFacts, used: readonly Tracker[]): Check {
  if (used.length > 0)
    return ok(
      'tracking_missing',
      `${many(used.length, 'pixel or conversion action', 'pixels and conversion actions')} in use.`,
    )
  return finding(
    'tracking_missing',
    isRunning ? 'critical' : 'warning',
    {
      message: `The account has no pixel and no conversion action in use${isRunning ? ', and campaigns are running' : ''}: conversions and return on ad spend cannot be counted.`,
      hint: 'Set one up on the platform before any change is judged by its results.',
    },
    { count: 1 },
  )
}

function ofState(facts: AccountFacts, used: readonly Tracker[], state: keyof typeof WORDS): Check {
  const { check, fine, is, hint } = WORDS[state]
  const found = used.filter((tracker) => tracker.state === state)
  if (found.length === 0) return ok(check, fine)
  // What only reports beside the primary ones, or stands beside a healthy one, does not leave the account blind.
  const counting = used.filter(({ isPrimary }) => isPrimary !== false)
  const isBlind = facts.isRunning && counting.length > 0 && counting.every((tracker) => tracker.state === state)
  const isSideMatter = found.every(({ isPrimary }) => isPrimary === false)
  return finding(
    check,
    isBlind ? 'critical' : isSideMatter ? 'info' : 'warning',
    {
      message:
        `${many(found.length, 'pixel or conversion action', 'pixels or conversion actions')} ${found.length === 1 ? 'was' : 'were'} ${is}${isBlind ? ': no other counts conversions while campaigns run' : ''}.`.replace(
          / (was|were) received/,
          ' received',
        ),
      hint,
    },
    { count: found.length, items: found.slice(0, facts.maxItems).map(item) },
  )
}

function item(tracker: Tracker): CheckItem {
  return {
    entity_id: null,
    external_id: cleanUntrusted(tracker.externalId),
    detail: tracker.problems.length === 0 ? null : tracker.problems.join(' ').slice(0, MAX_PROBLEM),
    cure: null,
    untrusted: { name: cleanUntrusted(tracker.name) },
  }
}
