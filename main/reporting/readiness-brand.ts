/**
 * Accounts of one platform that seem to belong to one brand: by name, or because their ads lead to the same site. They bid against each other
 * and split what the platform learns. Pure; a guess, and worded as one.
 */
import { splitAccountId } from '../../shared/domain/ids.ts'
import type { StoredAccount } from '../store/account-table.ts'
import { type AccountFacts, type Check, finding, many, ok } from './readiness-check.ts'
import { cleanUntrusted, searchName } from './untrusted.ts'

/** Words that say nothing about whose account it is. */
const FILLERS = new Set(
  `account accounts ad ads advertiser advertising agency backup campaign campaigns co com company corp corporation de eur facebook for gmbh google
  inc instagram limited llc ltd main marketing meta new old online official sa shop store test the tiktok usd web website`.split(
    /\s+/,
  ),
)
/** Sites of many brands: leading there says nothing. */
const SHARED_SITES =
  /(^|\.)(amazon\.[a-z.]+|apple\.com|bit\.ly|ebay\.[a-z.]+|etsy\.com|facebook\.com|google\.com|instagram\.com|linktr\.ee|linkedin\.com|t\.me|tiktok\.com|typeform\.com|wa\.me|whatsapp\.com|youtube\.com)$/

export interface BrandSigns {
  readonly account: StoredAccount
  readonly words: string
  readonly sites: ReadonlySet<string>
}

/** What of an account points to its brand. @param landingPages untrusted */
export function brandSigns(account: StoredAccount, landingPages: readonly string[]): BrandSigns {
  const words = searchName(account.name)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1 && !FILLERS.has(word) && !/^\d+$/.test(word))
  return {
    account,
    words: [...new Set(words)].toSorted().join(' '),
    sites: new Set(landingPages.flatMap((page) => siteOf(page) ?? [])),
  }
}

function siteOf(page: string): string | undefined {
  if (!URL.canParse(page)) return undefined
  const host = new URL(page).hostname.toLowerCase().replace(/^(www\d?|m)\./, '')
  return host.includes('.') && !SHARED_SITES.test(host) ? host : undefined
}

/** @param all signs of every account that is in use */
export function severalAccounts(facts: AccountFacts, all: readonly BrandSigns[]): Check {
  const { account, maxItems } = facts
  const own = all.find((each) => each.account.accountId === account.accountId)
  const alike = all.flatMap((other) => {
    if (own === undefined || other === own || other.account.platform !== account.platform) return []
    const isSameSite = [...other.sites].some((site) => own.sites.has(site))
    const isSameName = own.words !== '' && own.words === other.words
    return isSameSite || isSameName ? [{ other: other.account, isSameSite }] : []
  })
  if (alike.length === 0) return ok('several_accounts', 'No other account here looks like the same brand.')
  // One account per currency is a common and sound way to split a brand.
  const isRival = alike.some(({ other, isSameSite }) => isSameSite && other.currency === account.currency)
  return finding(
    'several_accounts',
    isRival ? 'warning' : 'info',
    {
      message: `${many(alike.length, 'other account')} on this platform ${alike.length === 1 ? 'looks' : 'look'} like the same brand. Accounts of one brand bid against each other and learn apart.`,
      hint: 'If they are one brand in one market, decide which account leads and move the campaigns there.',
    },
    {
      count: alike.length,
      items: alike.slice(0, maxItems).map(({ other, isSameSite }) => ({
        entity_id: null,
        external_id: splitAccountId(other.accountId).externalId,
        detail: isSameSite
          ? 'Ads of both lead to the same website.'
          : 'Both have the same name, apart from common words.',
        cure: null,
        untrusted: { name: cleanUntrusted(other.name) },
      })),
    },
  )
}
