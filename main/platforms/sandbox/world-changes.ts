/** The change log of the TikTok half of the sandbox: every change of the world is a line in it, with whoever made it. */
import type { Clock } from '../../../shared/clock.ts'
import { decimalText } from './tiktok-wire.ts'
import type {
  OperationStatus,
  SandboxAdGroup,
  SandboxAdvertiser,
  SandboxCampaign,
  SandboxEntity,
} from './world-types.ts'

/** Whoever makes a change, as the change log shows them. */
export interface Editor {
  readonly operator: string
  readonly source: string
  readonly appId: string
}

/** One line of an advertiser's change log. */
export interface LoggedChange {
  readonly serial: number
  readonly atMs: number
  readonly advertiserId: string
  readonly objectType: 'Campaign' | 'Ad group' | 'Ad'
  readonly objectId: string
  readonly object: string
  readonly details: readonly {
    readonly action: 'Change' | 'Delete'
    readonly name: string
    readonly before?: string
    readonly after?: string
  }[]
  readonly editor: Editor
}

/** The log keeps this many lines; more is beyond a demo's life. */
const MAX_CHANGES = 2000
/** Somebody in TikTok's own screens. */
const COLLEAGUE: Editor = { operator: 'k***********n@fjellkant.example', source: 'TikTok Ads Manager', appId: '--' }

const OBJECT_TYPES = { campaign: 'Campaign', ad_group: 'Ad group', ad: 'Ad' } as const

/** How an ad group bids, in the log's words. */
function biddingOf(group: SandboxAdGroup, amount: (entity: SandboxEntity, minor: number) => string) {
  const hasBid = group.bidType === 'BID_TYPE_CUSTOM'
  const cap = group.billingEvent === 'OCPM' ? 'Cost cap' : 'Bid cap'
  return {
    strategy: group.roasHundredths > 0 ? 'Minimum ROAS' : hasBid ? cap : 'Maximum delivery',
    bid:
      group.roasHundredths > 0
        ? decimalText(group.roasHundredths, 2)
        : hasBid && group.bidMinor > 0
          ? amount(group, group.bidMinor)
          : '',
  }
}

type Bidding = ReturnType<typeof biddingOf>

function bidDetails(before: Bidding, after: Bidding): LoggedChange['details'] {
  const change = (name: string, from: string, to: string) =>
    from === to ? [] : [{ action: 'Change' as const, name, before: from, after: to }]
  return [...change('Bid strategy', before.strategy, after.strategy), ...change('Bid', before.bid, after.bid)]
}

/** The log of one world. */
export function createChangeLog(world: {
  readonly clock: Clock
  readonly home: (entity: SandboxEntity) => SandboxAdvertiser
  readonly saved: readonly LoggedChange[]
}) {
  const { clock, home } = world
  let changes: readonly LoggedChange[] = world.saved
  let editor = COLLEAGUE
  let lagMs = 0
  const amount = (entity: SandboxEntity, minor: number): string => {
    const { decimals, currency } = home(entity)
    return `${decimalText(minor, decimals)} ${currency}`
  }
  const note = (entity: SandboxEntity, object: string, details: LoggedChange['details']): void => {
    if (details.length === 0) return
    const change: LoggedChange = {
      serial: (changes.at(-1)?.serial ?? 0) + 1,
      atMs: clock.nowMs(),
      advertiserId: home(entity).id,
      objectType: OBJECT_TYPES[entity.kind],
      objectId: entity.id,
      object,
      details,
      editor,
    }
    changes = [...changes.slice(1 - MAX_CHANGES), change]
  }
  return {
    all: (): readonly LoggedChange[] => changes,
    restore: (before: readonly LoggedChange[]): void => void (changes = before),
    /** What shows of an advertiser's log yet, oldest first. */
    of: (advertiser: SandboxAdvertiser): readonly LoggedChange[] =>
      changes.filter(({ advertiserId, atMs }) => advertiserId === advertiser.id && atMs <= clock.nowMs() - lagMs),
    setLag: (ms: number): void => void (lagMs = ms),
    /** Runs `work` as somebody else than the colleague in TikTok's own screens. */
    actingAs<T>(whoever: Editor, work: () => T): T {
      const before = editor
      editor = whoever
      try {
        return work()
      } finally {
        editor = before
      }
    },
    budget: (entity: SandboxCampaign | SandboxAdGroup, before: number, after: number): void =>
      note(entity, 'Budget & Schedule', [
        { action: 'Change', name: 'Budget', before: amount(entity, before), after: amount(entity, after) },
      ]),
    /** Notes what `work` changes of how an ad group bids. */
    bidding(group: SandboxAdGroup, work: () => void): void {
      const before = biddingOf(group, amount)
      work()
      note(group, 'Bidding & Optimization', bidDetails(before, biddingOf(group, amount)))
    },
    name: (entity: SandboxEntity, after: string): void =>
      note(entity, 'Settings', [{ action: 'Change', name: 'Name', before: entity.name, after }]),
    status(entity: SandboxEntity, status: OperationStatus): void {
      const name = OBJECT_TYPES[entity.kind]
      if (status === 'DELETE') note(entity, 'On/Off Status', [{ action: 'Delete', name }])
      else if (status !== entity.operationStatus)
        note(entity, 'On/Off Status', [
          {
            action: 'Change',
            name,
            before: entity.operationStatus === 'ENABLE' ? 'Enabled' : 'Paused',
            after: status === 'ENABLE' ? 'Enabled' : 'Paused',
          },
        ])
    },
  }
}
