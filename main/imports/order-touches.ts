/** The clicks that a shop's row tells of: click ids and UTM tags in columns, in the landing page's address, or in note attributes. Pure. */
import { CLICK_ID_TYPES, type ClickIdType } from '../../shared/domain/attribution.ts'
import { isZoneless, momentOf, secondsOf } from './order-times.ts'
import type { ImportedTouch } from './parsed.ts'

/** What a row says, each text as it stands there; undefined: nothing. */
export interface TouchTexts {
  readonly ids: Readonly<Partial<Record<ClickIdType, string>>>
  /** UTC seconds of a click of that type, and of any. */
  readonly idAtS: (type: ClickIdType) => number | undefined
  readonly anyAtS: number | undefined
  readonly landingPage: string | undefined
  readonly noteAttributes: string | undefined
  readonly utm: Readonly<Partial<Record<Utm, string>>>
}
export const UTM = ['source', 'medium', 'campaign', 'content'] as const
export type Utm = (typeof UTM)[number]

const MAX_ID_CHARS = 500
const MAX_TEXT_CHARS = 300
const MAX_URL_CHARS = 4_000
const MAX_NOTES_CHARS = 2 * MAX_URL_CHARS
const NOTHING = /^(?:-+|—|–|n\/a|null|none|undefined|\(none\)|\(not set\)|not set|false|0)?$/i
/** A click id is what the platforms put into addresses: never with a blank, quote or bracket. */
const CLICK_ID = /^[\w.~%+=/-]+$/
/** The middle part of "fb.1.1700000000000.IwAR…" is when the click was, UTC milliseconds (Meta, fbp and fbc parameters). */
const FBC = /^fb\.\d\.(\d{12,14})\.(.+)$/

const SOURCES: readonly (readonly [ids: readonly ClickIdType[], source: RegExp])[] = [
  [['gclid', 'gbraid', 'wbraid'], /google|adwords|youtube/i],
  [['fbclid', 'fbc'], /facebook|^fb$|instagram|^ig$|meta/i],
  [['ttclid'], /tiktok|^tt$/i],
]

export function touchesOf(row: TouchTexts): readonly ImportedTouch[] {
  const address = queryOf(row.landingPage)
  const notes = notesOf(row.noteAttributes)
  const landing = queryOf(notes('landing_page') ?? notes('landing_site') ?? notes('landing page'))
  const ids = new Map<ClickIdType, string>()
  for (const type of CLICK_ID_TYPES) {
    const found = [row.ids[type], address(type), notes(type), landing(type)].map(idText).find((id) => id !== undefined)
    if (found !== undefined) ids.set(type, found)
  }
  // The cookie of the same click says more than the address did: it has a time.
  const fbc = FBC.exec(ids.get('fbc') ?? '')
  if (fbc !== null && (fbc[2] === ids.get('fbclid') || !ids.has('fbclid'))) ids.delete('fbclid')
  const utm = utmOf((name) =>
    [row.utm[name], address(`utm_${name}`), notes(`utm_${name}`), landing(`utm_${name}`)].map(plainText).find(Boolean),
  )
  return [...clicks(ids, utm, row), ...utmClick(ids, utm, row), ...visitsOf(row.noteAttributes)]
}

/** Scripts that note several visits number them: "visit_1_landing_page: https://…" and "visit_1_at: 2026-10-01T08:12:44Z". */
const VISIT = /^[^\S\n]*_?(\w{1,40}?)_landing_(?:page|site)[^\S\n]*[:=][^\S\n]*(\S.*)$/gim
const MAX_VISITS = 20

function visitsOf(text: string | undefined): readonly ImportedTouch[] {
  if (text === undefined || text === '') return []
  const notes = notesOf(text)
  const visits = [...text.slice(0, MAX_NOTES_CHARS).matchAll(VISIT)].slice(0, MAX_VISITS)
  return visits.flatMap(([, name = '', landingPage]) =>
    touchesOf({
      ids: {},
      idAtS: () => undefined,
      anyAtS: noteAtS(notes(`${name.toLowerCase()}_at`)),
      landingPage,
      noteAttributes: undefined,
      utm: {},
    }),
  )
}

/** Only a time that says its zone. */
function noteAtS(text: string | undefined): number | undefined {
  const moment = momentOf({ kind: 'text', text: text ?? '' })
  return isZoneless(moment) ? undefined : secondsOf(moment, null, (wallS) => wallS)
}

interface UtmTags {
  readonly utmSource: string | null
  readonly utmMedium: string | null
  readonly campaign: string | null
  readonly ad: string | null
}
const NO_TAGS: UtmTags = { utmSource: null, utmMedium: null, campaign: null, ad: null }

function utmOf(text: (name: Utm) => string | undefined): UtmTags {
  return {
    utmSource: text('source') ?? null,
    utmMedium: text('medium') ?? null,
    campaign: text('campaign') ?? null,
    ad: text('content') ?? null,
  }
}

/** Tags belong to the only click, or to the one whose platform they name. */
function isOf(type: ClickIdType, ids: ReadonlyMap<ClickIdType, string>, { utmSource }: UtmTags): boolean {
  const family = SOURCES.find(([types]) => types.includes(type))
  if (family === undefined) return false
  const isOnly = [...ids.keys()].every((each) => family[0].includes(each))
  return isOnly || (utmSource !== null && family[1].test(utmSource))
}

function clicks(ids: ReadonlyMap<ClickIdType, string>, utm: UtmTags, row: TouchTexts): ImportedTouch[] {
  return [...ids].map(([idType, clickId]) => {
    const ownMs = idType === 'fbc' ? FBC.exec(clickId)?.[1] : undefined
    const ownS = ownMs === undefined ? undefined : Math.floor(Number(ownMs) / 1000)
    return {
      kind: 'click',
      idType,
      clickId,
      atS: ownS ?? row.idAtS(idType) ?? (ids.size === 1 ? row.anyAtS : undefined) ?? null,
      ...(isOf(idType, ids, utm) ? utm : NO_TAGS),
      claimedBy: null,
    }
  })
}

/** Tags without an id of their platform beside them are a click of their own. */
function utmClick(ids: ReadonlyMap<ClickIdType, string>, utm: UtmTags, row: TouchTexts): ImportedTouch[] {
  const isTagged = utm.utmSource !== null || utm.utmMedium !== null
  if (!isTagged || [...ids.keys()].some((type) => isOf(type, ids, utm))) return []
  return [
    {
      kind: 'click',
      idType: null,
      clickId: null,
      atS: (ids.size === 0 ? row.anyAtS : undefined) ?? null,
      ...utm,
      claimedBy: null,
    },
  ]
}

function idText(text: string | undefined): string | undefined {
  const id = text?.trim()
  return id === undefined || NOTHING.test(id) || id.length > MAX_ID_CHARS || !CLICK_ID.test(id) ? undefined : id
}

function plainText(text: string | undefined): string | undefined {
  const plain = text?.trim()
  return plain === undefined || NOTHING.test(plain) ? undefined : plain.slice(0, MAX_TEXT_CHARS)
}

/** What an address, or only its part behind the "?", says by name. */
function queryOf(address: string | undefined): (name: string) => string | undefined {
  const at = address?.indexOf('?') ?? -1
  if (address === undefined || at === -1) return () => undefined
  const query = new URLSearchParams(address.slice(at + 1, MAX_URL_CHARS).split('#', 1)[0])
  return (name) => query.get(name) ?? undefined
}

/** "name: value" lines, as shops keep what their scripts found. */
function notesOf(text: string | undefined): (name: string) => string | undefined {
  if (text === undefined || text === '') return () => undefined
  const lines = text.slice(0, MAX_NOTES_CHARS).split(/[\r\n]+/)
  const pairs = new Map(
    lines.flatMap((line) => {
      const match = /^\s*_?([\w -]{1,60}?)\s*[:=]\s*(.*)$/.exec(line)
      return match === null ? [] : [[(match[1] ?? '').toLowerCase(), match[2] ?? ''] as const]
    }),
  )
  return (name) => pairs.get(name)
}
