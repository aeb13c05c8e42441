/** Whom an ad set is shown to, out of Meta's nested targeting. Pure. Unknown parts are left out, never guessed; all words are untrusted. */
import type { Targeting, TARGETINGS } from '../../../shared/domain/entity.ts'

const MAX_WORDS = 50
const MAX_LENGTH = 120
type Kind = (typeof TARGETINGS)[number]
type Bag = Readonly<Record<string, unknown>>

function bag(value: unknown): Bag {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Bag) : {}
}
function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, 500) : []
}

/** What to call one entry: its name, else its key or id. */
function wordOf(entry: unknown): string | undefined {
  if (typeof entry === 'string' || typeof entry === 'number') return String(entry).slice(0, MAX_LENGTH)
  const { name, key, id, country } = bag(entry)
  const word = [name, key, id, country].find((each) => typeof each === 'string' || typeof each === 'number')
  return word === undefined ? undefined : String(word).slice(0, MAX_LENGTH)
}
function words(value: unknown, prefix = ''): readonly string[] {
  return list(value).flatMap((entry) => {
    const word = wordOf(entry)
    return word === undefined || word === '' ? [] : [`${prefix}${word}`]
  })
}

const PLACES = ['countries', 'country_groups', 'regions', 'cities', 'zips', 'places', 'custom_locations', 'geo_markets']
const GENDERS: Readonly<Record<string, string>> = { '1': 'male', '2': 'female' }
/** Meta's oldest age is written 65 and means "65 and older". */
const OLDEST = 65

function ages({ age_min: from, age_max: to }: Bag): readonly string[] {
  if (typeof from !== 'number' && typeof to !== 'number') return []
  const high = typeof to === 'number' && to < OLDEST ? String(to) : `${OLDEST}+`
  return [`${typeof from === 'number' ? from : 18}-${high}`]
}

/** Interests and behaviours sit in alternatives ("flexible_spec"), in the older top level, and in exclusions. */
function detailed(raw: Bag, key: 'interests' | 'behaviors'): readonly string[] {
  return [
    ...words(raw[key]),
    ...list(raw['flexible_spec']).flatMap((each) => words(bag(each)[key])),
    ...words(bag(raw['exclusions'])[key], '-'),
  ]
}

function placements(raw: Bag): readonly string[] {
  return [
    ...words(raw['publisher_platforms']),
    ...[
      'facebook_positions',
      'instagram_positions',
      'messenger_positions',
      'audience_network_positions',
      'threads_positions',
    ].flatMap((key) => words(raw[key]).map((word) => `${key.replace('_positions', '')}: ${word}`)),
  ]
}

/** @returns undefined when Meta says nothing about it */
export function toTargeting(targeting: Readonly<Record<string, unknown>> | undefined): Targeting | undefined {
  if (targeting === undefined) return undefined
  const raw = bag(targeting)
  const places = (value: unknown, prefix = '') => PLACES.flatMap((key) => words(bag(value)[key], prefix))
  const isAdvantage = bag(raw['targeting_automation'])['advantage_audience'] === 1
  const found: Readonly<Partial<Record<Kind, readonly string[]>>> = {
    age: ages(raw),
    gender: words(raw['genders']).map((each) => GENDERS[each] ?? each),
    location: [...places(raw['geo_locations']), ...places(raw['excluded_geo_locations'], '-')],
    language: words(raw['locales']),
    interest: detailed(raw, 'interests'),
    behaviour: detailed(raw, 'behaviors'),
    audience: [
      ...words(raw['custom_audiences']),
      ...words(raw['excluded_custom_audiences'], '-'),
      ...(isAdvantage ? ['advantage_audience'] : []),
    ],
    placement: placements(raw),
    device: [...words(raw['device_platforms']), ...words(raw['user_os']), ...words(raw['user_device'])],
  }
  return Object.fromEntries(
    Object.entries(found).flatMap(([kind, all]) =>
      all.length === 0 ? [] : [[kind, [...new Set(all)].slice(0, MAX_WORDS)]],
    ),
  )
}
