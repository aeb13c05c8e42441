/** Whom the sandbox's ad sets are shown to, in Meta's targeting grammar, and the attribution settings they use. Data only. */
import { digits, mix } from '../random.ts'
import type { AttributionSpec, MetaAccount } from './types.ts'

/** The settings an ad set may carry: 7-day click + 1-day view, the same with engaged views, 1-day click. */
export const ATTRIBUTIONS: readonly (readonly AttributionSpec[])[] = [
  [
    { event_type: 'CLICK_THROUGH', window_days: 7 },
    { event_type: 'VIEW_THROUGH', window_days: 1 },
  ],
  [
    { event_type: 'CLICK_THROUGH', window_days: 7 },
    { event_type: 'VIEW_THROUGH', window_days: 1 },
    { event_type: 'ENGAGED_VIDEO_VIEW', window_days: 1 },
  ],
  [{ event_type: 'CLICK_THROUGH', window_days: 1 }],
]

const COUNTRIES: Readonly<Record<string, readonly string[]>> = {
  EUR: ['DE', 'AT', 'CH'],
  JPY: ['JP'],
  HUF: ['HU'],
  USD: ['US'],
}

/** One ad set's targeting. Six kinds in turn, so that every part of the grammar turns up in a small account. */
export function targetingFor(seed: number, key: number, account: MetaAccount, isAutomated: boolean) {
  const geo = { countries: COUNTRIES[account.currency] ?? ['DE'], location_types: ['home', 'recent'] }
  if (isAutomated)
    return {
      age_min: 18,
      age_max: 65,
      geo_locations: { ...geo, location_types: ['home'] },
      targeting_automation: { advantage_audience: 1 },
    }
  const id = (salt: number) => `60${digits(11, seed, key, salt)}`
  const base = {
    age_min: 25 + (mix(seed, key, 1) % 3) * 5,
    age_max: 44 + (mix(seed, key, 2) % 3) * 10,
    geo_locations: geo,
    targeting_automation: { advantage_audience: 0 },
  }
  switch (key % 6) {
    case 0:
      return base
    case 1:
      return {
        ...base,
        genders: [2],
        publisher_platforms: ['facebook', 'instagram'],
        instagram_positions: ['stream', 'reels'],
      }
    case 2:
      return {
        ...base,
        flexible_spec: [
          {
            interests: [
              { id: id(3), name: 'Camping' },
              { id: id(4), name: 'Trekking "Alpen"' },
            ],
            behaviors: [{ id: id(5), name: 'Engaged Shoppers' }],
          },
          { life_events: [{ id: id(6), name: 'Away from hometown' }] },
        ],
      }
    case 3:
      return {
        ...base,
        custom_audiences: [{ id: id(7), name: 'Warenkorb 14 Tage' }],
        excluded_custom_audiences: [{ id: id(8), name: 'Käufer 180 Tage' }],
        device_platforms: ['mobile'],
      }
    case 4:
      return {
        ...base,
        genders: [1],
        locales: [5, 1001],
        geo_locations: {
          cities: [{ key: '524901', name: 'München', country: 'DE', radius: 40, distance_unit: 'kilometer' }],
          location_types: ['home'],
        },
        publisher_platforms: ['facebook', 'instagram', 'audience_network', 'messenger'],
        facebook_positions: ['feed', 'marketplace', 'story'],
      }
    default:
      return { ...base, exclusions: { interests: [{ id: id(9), name: 'Luxury <hotels>' }] }, genders: [1, 2] }
  }
}
