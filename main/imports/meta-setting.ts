/**
 * Meta's "Attribution setting", which each ad set has its own of and each row tells. "7-day click" alone makes purchases click-through;
 * anything with a view in it mixes both, and the parts are not in the file.
 */
export type MetaSetting =
  | { readonly kind: 'click'; readonly days: number }
  | { readonly kind: 'mixed' }
  | { readonly kind: 'incremental' }
  | { readonly kind: 'unknown' }

const CLICK_ONLY =
  /^(?:(\d{1,2})[ -]?(?:d|day|days|tag|tage|dias?|jours?|giorni|giorno|dag|dagen)[ -](?:click|clicks|klick|klicks|clic|clics|clique|cliques|klik)|(?:clic|clics|clique|cliques|klick|klik|click) (?:a |de |after |nach |op |di |por )?(\d{1,2}) (?:jours?|dias?|giorni|giorno|tage?n?|dag|dagen|days?)|(\d{1,2})d_click)$/
const INCREMENTAL = /incremental|inkrementell|incrementale|incrementeel|تزايد/

export function metaSetting(text: string): MetaSetting {
  const bare = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim()
  if (bare === '' || /^[-–—]+$/.test(bare)) return { kind: 'unknown' }
  if (INCREMENTAL.test(bare)) return { kind: 'incremental' }
  const match = CLICK_ONLY.exec(bare)
  if (match === null) return { kind: 'mixed' }
  return { kind: 'click', days: Number(match[1] ?? match[2] ?? match[3]) }
}
