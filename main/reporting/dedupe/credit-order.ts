/**
 * One order, one credit: which platform an order is credited to, from its clicks alone. Pure: the same rows in any order and any split give
 * the same answer. Never counts a view, never splits an order, never reads what a platform claims in sum.
 */
import { createHash } from 'node:crypto'

export const CREDIT_PLATFORMS = ['google', 'meta', 'tiktok'] as const
/** A platform as the method and its tie-break spell it. */
export type CreditPlatform = (typeof CREDIT_PLATFORMS)[number]

/** A click counts up to and including so many seconds before the order. */
export const CLICK_WINDOW_S = 604_800n
const VIEW_WINDOW_S = 86_400n

/** UTC seconds. A bigint wherever they are whole; a number only where a file has fractions of a second. */
export type Seconds = bigint | number
/** What a file has as an id or a name: nearly always a text. */
export type Scalar = string | bigint | number | boolean | null

/** Something before an order. Only kinds "click" and "view" count; others are kept and ignored. */
export interface Touch {
  readonly kind: string | null
  readonly idType: string | null
  readonly clickId: Scalar
  /** null: not known when. */
  readonly atS: Seconds | null
  readonly utmSource: string | null
  readonly utmMedium: string | null
  readonly campaign: Scalar
  /** Set on a platform's own claim of this one order: evidence no stronger than a paid UTM tag. */
  readonly claimedBy?: CreditPlatform | null
}
/** One version of an order. `netValue` in whatever unit the caller adds up: the winner does not depend on it. */
export interface OrderVersion {
  readonly rawOrderId: string
  readonly atS: Seconds
  readonly updatedAtS: Seconds
  readonly netValue: bigint
  readonly isTest: boolean
}
export interface MergedOrder<V extends OrderVersion = OrderVersion> {
  /** Canonical. */
  readonly orderId: string
  /** The version that counts. */
  readonly version: V
  readonly touches: readonly Touch[]
  /** Versions besides the one that counts. */
  readonly duplicates: number
}
export interface OrderCredit {
  /** Platforms with an eligible click, each once. */
  readonly platforms: readonly CreditPlatform[]
  readonly winner: { readonly platform: CreditPlatform; readonly campaign: Scalar } | null
  /** Platforms with a view in the day before, of an order without any eligible click. */
  readonly viewOnly: readonly CreditPlatform[]
}

const ID_PLATFORM: Readonly<Record<string, CreditPlatform>> = {
  gclid: 'google',
  gbraid: 'google',
  wbraid: 'google',
  fbclid: 'meta',
  fbc: 'meta',
  ttclid: 'tiktok',
}
const UTM_PLATFORM: Readonly<Record<string, CreditPlatform>> = {
  google: 'google',
  facebook: 'meta',
  instagram: 'meta',
  meta: 'meta',
  fb: 'meta',
  ig: 'meta',
  tiktok: 'tiktok',
}
const PAID_MEDIA: ReadonlySet<string> = new Set([
  'cpc',
  'ppc',
  'paid',
  'paidsocial',
  'paid_social',
  'paid-social',
  'display',
  'cpm',
])

/**
 * All versions of one order as one: the newest update counts, then the larger value, then the smaller hash. Touches are united.
 * @param versions at least one
 */
export function mergeVersions<V extends OrderVersion>(
  orderId: string,
  versions: readonly [V, ...V[]],
  touches: readonly Touch[],
): MergedOrder<V> {
  const version = versions.reduce((best, other) => (isBetter(other, best) ? other : best))
  return { orderId, version, touches: united(touches), duplicates: versions.length - 1 }
}

/** Refunded, cancelled and test orders are counted and credited to nobody. */
export function isLive({ version }: MergedOrder): boolean {
  return version.netValue > 0n && !version.isTest
}

/** Who gets the order, and who else had a click. @param windowS how long before the order a click counts, both ends in */
export function creditOrder(order: MergedOrder, windowS: Seconds = CLICK_WINDOW_S): OrderCredit {
  const clicks = eligibleClicks(order, windowS)
  const platforms = [...new Set(clicks.map(({ platform }) => platform))]
  const best = winnerOf(order.orderId, clicks)
  return {
    platforms,
    winner: best === undefined ? null : { platform: best.platform, campaign: best.touch.campaign },
    viewOnly: best === undefined ? viewsOf(order) : [],
  }
}

interface Click {
  readonly platform: CreditPlatform
  readonly touch: Touch
}

function eligibleClicks(order: MergedOrder, windowS: Seconds): readonly Click[] {
  return order.touches.flatMap((touch) => {
    if (touch.kind !== 'click') return []
    const platform = platformOf(touch)
    const isEligible = touch.atS === null || isWithin(order.version.atS, touch.atS, windowS)
    return platform === undefined || !isEligible ? [] : [{ platform, touch }]
  })
}

function viewsOf(order: MergedOrder): readonly CreditPlatform[] {
  const seen = order.touches.flatMap((touch) => {
    const isSeen = touch.kind === 'view' && touch.atS !== null && isWithin(order.version.atS, touch.atS, VIEW_WINDOW_S)
    const platform = isSeen ? platformOf(touch) : undefined
    return platform === undefined ? [] : [platform]
  })
  return [...new Set(seen)]
}

/** A claim says its platform itself; then a click id, then a paid UTM tag. Mail, organic and unknown sources are nobody's. */
function platformOf(touch: Touch): CreditPlatform | undefined {
  if (touch.claimedBy) return touch.claimedBy
  const byId = touch.idType === null ? undefined : entry(ID_PLATFORM, touch.idType)
  if (byId !== undefined) return byId
  const isPaid = PAID_MEDIA.has((touch.utmMedium ?? '').toLowerCase())
  return isPaid ? entry(UTM_PLATFORM, (touch.utmSource ?? '').toLowerCase()) : undefined
}

function entry(table: Readonly<Record<string, CreditPlatform>>, key: string): CreditPlatform | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

/** 3: a click id with its time, 2: a click id, 1: a paid tag or a claim with its time, 0: one without. */
function gradeOf(touch: Touch): number {
  const hasId = !touch.claimedBy && touch.idType !== null && entry(ID_PLATFORM, touch.idType) !== undefined
  return (hasId ? 2 : 0) + (touch.atS === null ? 0 : 1)
}

function isWithin(orderAtS: Seconds, touchAtS: Seconds, windowS: Seconds): boolean {
  const age = ageOf(orderAtS, touchAtS)
  return age >= 0 && age <= windowS
}

function ageOf(later: Seconds, earlier: Seconds): Seconds {
  return typeof later === 'bigint' && typeof earlier === 'bigint' ? later - earlier : Number(later) - Number(earlier)
}

/** The strongest evidence, then the latest click; what is still tied is decided by a hash that favours no platform and no order of rows. */
function winnerOf(orderId: string, clicks: readonly Click[]): Click | undefined {
  const [first, ...others] = clicks
  if (first === undefined) return undefined
  let tied = [first]
  for (const click of others) {
    const difference = compareEvidence(click.touch, tied[0]?.touch ?? first.touch)
    if (difference > 0) tied = [click]
    else if (difference === 0) tied.push(click)
  }
  if (tied.length === 1) return tied[0]
  const ranked = tied.map((click) => ({ click, rank: rankOf(orderId, click) }))
  return ranked.reduce((best, other) => (other.rank < best.rank ? other : best)).click
}

function compareEvidence(a: Touch, b: Touch): number {
  const byGrade = gradeOf(a) - gradeOf(b)
  if (byGrade !== 0) return byGrade
  const [left, right] = [a.atS ?? -1n, b.atS ?? -1n]
  return left < right ? -1 : left > right ? 1 : 0
}

function rankOf(orderId: string, { platform, touch }: Click): string {
  return `${hashOf([orderId, platform, touch.clickId || '', touch.campaign || ''])} ${platform}`
}

/** SHA-256 over the parts with U+001F between them, as hex. */
export function hashOf(parts: readonly Scalar[]): string {
  return createHash('sha256').update(parts.map(scalarText).join('\x1f'), 'utf8').digest('hex')
}

/** The text of a part in a hash. Fixed for good: the decision of every tie hangs on it. */
export function scalarText(value: Scalar): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value !== 'number') return String(value)
  // Shortest digits, with an exponent of two digits below 10^-4 and from 10^16 on.
  const [digits = '', power = '0'] = value.toExponential().split('e')
  const exponent = Number(power)
  if (value === 0 || (exponent >= -4 && exponent < 16)) {
    const text = Object.is(value, -0) ? '-0' : String(value)
    return Number.isInteger(value) ? `${text}.0` : text
  }
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

function isBetter(a: OrderVersion, b: OrderVersion): boolean {
  if (a.updatedAtS > b.updatedAtS) return true
  if (a.updatedAtS < b.updatedAtS) return false
  if (a.netValue !== b.netValue) return a.netValue > b.netValue
  return versionHash(a) < versionHash(b)
}

const versionHash = (version: OrderVersion): string => hashOf([version.rawOrderId, version.atS, version.netValue])

/** The same touch from several versions once; the first place and the last spelling are kept. */
function united(touches: readonly Touch[]): readonly Touch[] {
  if (touches.length < 2) return touches
  const byKey = new Map<string, Touch>()
  for (const touch of touches) {
    const { idType, clickId, atS, utmSource, utmMedium, campaign, kind, claimedBy = null } = touch
    const parts = [idType, clickId, atS, utmSource, utmMedium, campaign, kind, claimedBy].map(keyPart)
    byKey.set(parts.join('\x1f'), touch)
  }
  return [...byKey.values()]
}

/** Texts differ from numbers of the same look; numbers that are equal are the same, whatever their type. */
function keyPart(value: Scalar): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'boolean') return value ? '1' : '0'
  return typeof value === 'number' && Number.isInteger(value) ? String(BigInt(value)) : String(value)
}
