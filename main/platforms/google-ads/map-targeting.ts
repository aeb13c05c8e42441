/** Google's criteria in our kinds of targeting, in the platform's own words or ids. Pure. */
import type { Targeting, TARGETINGS } from '../../../shared/domain/entity.ts'
import type { WireCriterion } from './wire.ts'

type Kind = (typeof TARGETINGS)[number]
const MAX_OF_A_KIND = 50
const MAX_TEXT = 200

/** enums/criterion_type.proto. What is not listed here (bids, schedules, content labels) says nothing about whom an ad is shown to. */
const KINDS: Readonly<Record<string, Kind>> = {
  AGE_RANGE: 'age',
  GENDER: 'gender',
  LOCATION: 'location',
  PROXIMITY: 'location',
  LOCATION_GROUP: 'location',
  LANGUAGE: 'language',
  USER_INTEREST: 'interest',
  TOPIC: 'interest',
  LIFE_EVENT: 'behaviour',
  CUSTOM_AFFINITY: 'behaviour',
  CUSTOM_INTENT: 'behaviour',
  CUSTOM_AUDIENCE: 'behaviour',
  SEARCH_THEME: 'behaviour',
  USER_LIST: 'audience',
  AUDIENCE: 'audience',
  COMBINED_AUDIENCE: 'audience',
  INCOME_RANGE: 'audience',
  PARENTAL_STATUS: 'audience',
  PLACEMENT: 'placement',
  YOUTUBE_CHANNEL: 'placement',
  YOUTUBE_VIDEO: 'placement',
  MOBILE_APPLICATION: 'placement',
  MOBILE_APP_CATEGORY: 'placement',
  DEVICE: 'device',
  KEYWORD: 'keyword',
}

function textOf(wire: WireCriterion): string {
  const keyword = wire.keyword?.text
  if (keyword !== undefined) {
    // Google's own way of writing match types.
    if (wire.keyword?.matchType === 'EXACT') return `[${keyword}]`
    return wire.keyword?.matchType === 'PHRASE' ? `"${keyword}"` : keyword
  }
  return (
    wire.ageRange?.type ??
    wire.gender?.type ??
    wire.incomeRange?.type ??
    wire.parentalStatus?.type ??
    wire.device?.type ??
    wire.placement?.url ??
    wire.location?.geoTargetConstant ??
    wire.language?.languageConstant ??
    wire.topic?.topicConstant ??
    wire.userList?.userList ??
    wire.audience?.audience ??
    wire.userInterest?.userInterestCategory ??
    wire.youtubeChannel?.channelId ??
    wire.youtubeVideo?.videoId ??
    wire.customAudience?.customAudience ??
    wire.combinedAudience?.combinedAudience ??
    wire.criterionId
  )
}

/** Collects the criteria of many entities, at most 50 of a kind each. */
export interface TargetingIndex {
  add(ownerId: string, wire: WireCriterion): void
  of(ownerId: string): Targeting | undefined
}

export function createTargetingIndex(): TargetingIndex {
  const owners = new Map<string, Partial<Record<Kind, string[]>>>()
  return {
    add: (ownerId, wire) => {
      const type = wire.type ?? ''
      const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined
      if (kind === undefined) return
      let owner = owners.get(ownerId)
      if (owner === undefined) {
        owner = {}
        owners.set(ownerId, owner)
      }
      const list = (owner[kind] ??= [])
      if (list.length < MAX_OF_A_KIND) list.push(`${wire.negative ? '-' : ''}${textOf(wire)}`.slice(0, MAX_TEXT))
    },
    of: (ownerId) => owners.get(ownerId),
  }
}
