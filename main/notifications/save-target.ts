/** What a person typed for a target, checked and put into the form in which it is stored. Asks no server anything. */
import { isIP } from 'node:net'
import { OperationError } from '../../shared/errors.ts'
import type { ParsedInputOf } from '../../shared/operations.ts'
import { Secret } from '../secret.ts'
import { classifyAddress } from './address-guard.ts'
import { failureWords } from './result.ts'
import { isSigningSecret } from './sign.ts'
import type { MailConfig, Target, TargetConfig, TargetSecrets } from './target.ts'
import { parseHookUrl } from './webhook.ts'

type Input = ParsedInputOf<'save_target'>
type Channel<K extends Input['channel']['kind']> = Extract<Input['channel'], { kind: K }>

export interface CheckedTarget {
  readonly config: TargetConfig
  readonly secrets: TargetSecrets
}

/** The target that is changed, with what it keeps secret; undefined for a new one. */
export type Before = { readonly target: Target; readonly secrets: TargetSecrets } | undefined

/**
 * @throws OperationError invalid_input (an address, a password or a signing secret is missing or not one), delivery_refused (it lies where
 *   this target must not go)
 */
export function checkTarget(input: Input, before: Before): CheckedTarget {
  const { channel, includes_names, allows_private, allows_plain } = input
  const rules = { includesNames: includes_names, allowsPrivate: allows_private, allowsPlain: allows_plain }
  if (before !== undefined && before.target.config.kind !== channel.kind)
    throw invalid('A target keeps its kind.', 'Add another target, and remove this one.')
  if (channel.kind === 'desktop') return { config: { kind: 'desktop', ...rules }, secrets: {} }
  if (channel.kind === 'email') return checkMail(channel, rules, before)
  return checkHook(channel, rules, before)
}

type Rules = Pick<TargetConfig, 'includesNames' | 'allowsPrivate' | 'allowsPlain'>

function checkMail(channel: Channel<'email'>, rules: Rules, before: Before): CheckedTarget {
  const { kind, host, port, security, user, from, to, password } = channel
  refusePrivate(host, rules)
  const config: MailConfig = { kind, ...rules, host, port, security, user, from, to: [...new Set(to)] }
  if (user === null) return { config, secrets: {} }
  if (password !== undefined) return { config, secrets: { password: new Secret(password) } }
  const old = before?.target.config
  const isSame = old?.kind === 'email' && old.host === host && old.port === port && old.user === user
  // A password is never shown to a server it was not given for, nor over a weaker connection.
  const isWeaker = old?.kind === 'email' && SECURITY.indexOf(security) < SECURITY.indexOf(old.security)
  const kept = before?.secrets.password
  if (!isSame || isWeaker || kept === undefined)
    throw invalid(
      kept === undefined
        ? 'A user needs a password.'
        : 'The stored password belongs to another server, user or kind of connection.',
      'Enter the password.',
    )
  return { config, secrets: { password: kept } }
}

/** From the weakest on. */
const SECURITY = ['none', 'starttls', 'tls']

function checkHook(channel: Channel<'webhook'>, rules: Rules, before: Before): CheckedTarget {
  const url = channel.url === undefined ? before?.secrets.url : new Secret(channel.url)
  const signingSecret = channel.secret === undefined ? before?.secrets.signingSecret : new Secret(channel.secret)
  if (url === undefined) throw invalid('The address of the webhook is missing.', 'Enter it.')
  if (signingSecret === undefined || !isSigningSecret(signingSecret))
    throw invalid(
      'A signing secret is "whsec_" and the base64 of 24 to 64 bytes.',
      'Copy it from the receiver, or have one made here.',
    )
  const parsed = parseHookUrl(url.reveal(), rules.allowsPlain)
  if (typeof parsed === 'string')
    throw invalid(
      failureWords(parsed),
      'An address looks like "https://example.com/hooks/1", without user and password.',
    )
  refusePrivate(parsed.hostname.replace(/^\[(.*)\]$/, '$1'), rules)
  return { config: { kind: 'webhook', ...rules, origin: parsed.origin }, secrets: { url, signingSecret } }
}

/** A plain address is judged at once; a name is judged whenever something is sent. */
function refusePrivate(host: string, { allowsPrivate }: Rules): void {
  const place = isIP(host) === 0 ? (/^(.*\.)?localhost\.?$/i.test(host) ? 'loopback' : 'public') : classifyAddress(host)
  if (place === 'public' || (place !== 'never' && allowsPrivate)) return
  throw new OperationError(
    'delivery_refused',
    place === 'never'
      ? 'Nobody can be reached at that address. Nothing was saved.'
      : `${failureWords('refused_address')} Nothing was saved.`,
    place === 'never' ? 'Enter another one.' : 'Allow private addresses for this target, if that is what you want.',
  )
}

function invalid(message: string, hint: string): OperationError {
  return new OperationError('invalid_input', `${message} Nothing was saved.`, hint)
}
