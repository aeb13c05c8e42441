/**
 * Where a notification may go. A host is looked up once, every address it has is judged, and the connection is made to exactly those: a name
 * that answers differently the second time gains nothing. It sends nothing itself.
 */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net'

export type AddressClass = 'public' | 'loopback' | 'private' | 'never'
export interface HostAddress {
  readonly address: string
  readonly family: 4 | 6
}
export type Resolve = (host: string) => Promise<readonly HostAddress[]>

/** A delivery that did not come about: a code of ours, without any text of the other side. */
export class DeliveryFailure extends Error {
  readonly code: string
  constructor(code: string) {
    super(`the delivery ended with: ${code}`)
    this.name = 'DeliveryFailure'
    this.code = code
  }
}

/** IANA special-purpose registries, RFC 6890 and RFC 8190 with their updates. */
const LOOPBACK = listOf(['127.0.0.0/8', '::1/128'])
const PRIVATE = listOf([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fe80::/10',
])
const NEVER_4 = listOf([
  '0.0.0.0/8',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
])
const GLOBAL_6 = listOf(['2000::/3'])
/** Within it: protocol assignments with Teredo, documentation, and 6to4, which carries an IPv4 address inside. */
const NEVER_6 = listOf(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'])
const NAT64 = listOf(['64:ff9b::/96'])
const MAX_ADDRESSES = 16
const RESOLVE_TIMEOUT_MS = 10_000

function listOf(subnets: readonly string[]): BlockList {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [network = '', bits = ''] = subnet.split('/')
    list.addSubnet(network, Number(bits), isIPv4(network) ? 'ipv4' : 'ipv6')
  }
  return list
}

/**
 * What kind of place an IP address is. `never`: unspecified, multicast, reserved, documentation, and every spelling that carries an IPv4
 * address inside an IPv6 one, but for NAT64, where the address inside decides.
 */
export function classifyAddress(address: string): AddressClass {
  const family = isIP(address)
  if (family === 0 || address.includes('%')) return 'never'
  if (family === 4) {
    if (LOOPBACK.check(address)) return 'loopback'
    if (PRIVATE.check(address)) return 'private'
    return NEVER_4.check(address) ? 'never' : 'public'
  }
  const words = wordsOf(address)
  // Node's lists take a mapped address for the one inside it; here the spelling itself is refused.
  if (words.slice(0, 5).every((word) => word === 0) && (words[5] === 0xffff || words[5] === 0))
    return words.slice(5, 7).every((word) => word === 0) && words[7] === 1 ? 'loopback' : 'never'
  if (NAT64.check(address, 'ipv6')) {
    const inside = classifyAddress(lastFour(words))
    return inside === 'public' ? 'public' : 'never'
  }
  if (PRIVATE.check(address, 'ipv6')) return 'private'
  return GLOBAL_6.check(address, 'ipv6') && !NEVER_6.check(address, 'ipv6') ? 'public' : 'never'
}

/** The eight 16-bit words of a valid IPv6 address. */
function wordsOf(address: string): readonly number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const plain =
    dotted === null
      ? address
      : `${dotted[1]}${pair(Number(dotted[2]), Number(dotted[3]))}:${pair(Number(dotted[4]), Number(dotted[5]))}`
  const [head = '', tail] = plain.split('::')
  const parse = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16))
  const front = parse(head)
  const back = tail === undefined ? [] : parse(tail)
  return [...front, ...Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => 0), ...back]
}

const pair = (high: number, low: number): string => (high * 256 + low).toString(16)

function lastFour(words: readonly number[]): string {
  return [words[6] ?? 0, words[7] ?? 0].map((word) => `${word >> 8}.${word & 255}`).join('.')
}

/** The system's own resolver, hosts file included. */
export const systemResolve: Resolve = async (host) => {
  const found = await lookup(host, { all: true, verbatim: true })
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
}

/**
 * The addresses of a host that may be connected to, all of them judged.
 * @param host a name or an IP address; an IPv6 address with or without its brackets
 * @throws DeliveryFailure dns_failed, or refused_address when any of them is not allowed
 */
export async function allowedAddresses(
  host: string,
  rule: { readonly allowsPrivate: boolean },
  resolve: Resolve,
): Promise<readonly HostAddress[]> {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  const family = isIP(bare)
  const found: readonly HostAddress[] =
    family === 0 ? await resolveInTime(bare, resolve) : [{ address: bare, family: family === 6 ? 6 : 4 }]
  if (found.length === 0 || found.length > MAX_ADDRESSES) throw new DeliveryFailure('dns_failed')
  for (const { address } of found) {
    const kind = classifyAddress(address)
    if (kind === 'never' || (kind !== 'public' && !rule.allowsPrivate)) throw new DeliveryFailure('refused_address')
  }
  return found
}

async function resolveInTime(host: string, resolve: Resolve): Promise<readonly HostAddress[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DeliveryFailure('dns_failed')), RESOLVE_TIMEOUT_MS)
  })
  try {
    return await Promise.race([resolve(host), late])
  } catch {
    throw new DeliveryFailure('dns_failed')
  } finally {
    clearTimeout(timer)
  }
}

export const isLoopback = (addresses: readonly HostAddress[]): boolean =>
  addresses.every(({ address }) => classifyAddress(address) === 'loopback')

/** A look-up for net, tls and https that knows these addresses and asks nobody. */
export function pinnedLookup(addresses: readonly HostAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const wanted = options.family === 4 || options.family === 6 ? options.family : undefined
    const usable = addresses.filter((each) => wanted === undefined || each.family === wanted)
    const [first] = usable
    setImmediate(() => {
      if (first === undefined) callback(new DeliveryFailure('dns_failed'), '', 4)
      else if (options.all === true) callback(null, [...usable])
      else callback(null, first.address, first.family)
    })
  }
}
