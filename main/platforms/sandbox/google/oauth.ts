/**
 * accounts.google.com and oauth2.googleapis.com: the consent page, the token endpoint and revoking. Invented accounts only; the secrets
 * here guard nothing.
 */
import { createHash, createVerify, type KeyObject, randomBytes } from 'node:crypto'
import type { GoogleWorld } from './world.ts'

export const SCOPE = 'https://www.googleapis.com/auth/adwords'
const ACCESS_LIFE_MS = 3_600_000
const CODE_LIFE_MS = 600_000
const MAX_KEPT = 1000

export interface OauthOptions {
  readonly world: GoogleWorld
  readonly clientId: string
  readonly clientSecret: string
  readonly userEmail: string
  readonly serviceAccount: { readonly email: string; readonly publicKey: KeyObject }
  readonly baseUrl: () => string
}

/** What the user does on the consent page: decides on it by hand, or has decided before it is shown. */
export type Consent = 'ask' | 'allow' | 'deny'

export interface OauthReply {
  readonly status: number
  readonly body: unknown
}

export interface PageReply {
  readonly status: number
  readonly html: string
  readonly location?: string
}

interface Code {
  readonly redirectUri: string
  readonly challenge: string | undefined
  readonly method: string
  readonly isOffline: boolean
  readonly expiresAtMs: number
}

interface Access {
  readonly email: string
  readonly expiresAtMs: number
  /** The refresh token it came from; empty for a service account. */
  readonly grant: string
}

export type TokenState = { readonly kind: 'good'; readonly email: string } | { readonly kind: 'expired' | 'unknown' }

export interface Oauth {
  /** GET of the consent page. */
  authorize(query: URLSearchParams): PageReply
  /** The buttons of the consent page. */
  decide(form: URLSearchParams): PageReply
  token(form: URLSearchParams): OauthReply
  revoke(token: string): OauthReply
  check(accessToken: string): TokenState
  setConsent(consent: Consent): void
  /** Another code for tests that do not walk through the page. */
  issueCode(code: { redirectUri: string; challenge?: string }): string
}

const error = (status: number, code: string, description: string): OauthReply => ({
  status,
  body: { error: code, error_description: description },
})
const expired = () => error(400, 'invalid_grant', 'Token has been expired or revoked.')

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0) ?? 0};`)

const page = (status: number, title: string, body: string): PageReply => ({
  status,
  html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head><body><h1>${escapeHtml(title)}</h1>${body}</body></html>`,
})

/** Loopback with any port and no path rules: what Google allows for clients of type "Desktop app". */
function isLoopback(uri: string): boolean {
  try {
    const url = new URL(uri)
    return url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  } catch {
    return false
  }
}

function consentPage(query: URLSearchParams): PageReply {
  const fields = [...query]
    .filter(([name]) => name !== 'decision')
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join('')
  return page(
    200,
    'Sandbox: sign in with Google',
    `<p>An app wants to see, edit, create and delete your Google Ads accounts and data (an invented shop; nothing real).</p>
<form method="post" action="/o/oauth2/v2/auth/decision">${fields}
<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Cancel</button></form>`,
  )
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

function jsonPart(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** OAuth over one world: refresh tokens live in it, everything else lives as long as the process. */
export function createOauth(options: OauthOptions): Oauth {
  const { world } = options
  const codes = new Map<string, Code>()
  const usedCodes = new Set<string>()
  const access = new Map<string, Access>()
  let consent: Consent = 'allow'
  let hasConsented = false

  function keepAccess(email: string, grant: string): Readonly<Record<string, unknown>> {
    const token = `ya29.${randomBytes(24).toString('base64url')}`
    if (access.size >= MAX_KEPT) access.delete(access.keys().next().value ?? '')
    access.set(token, { email, grant, expiresAtMs: world.nowMs() + ACCESS_LIFE_MS })
    return { access_token: token, expires_in: 3599, scope: SCOPE, token_type: 'Bearer' }
  }

  function issueCode(code: Omit<Code, 'expiresAtMs'>): string {
    const text = `4/${randomBytes(24).toString('base64url')}`
    if (codes.size >= MAX_KEPT) codes.delete(codes.keys().next().value ?? '')
    codes.set(text, { ...code, expiresAtMs: world.nowMs() + CODE_LIFE_MS })
    return text
  }

  /** What is wrong with the request for consent itself: shown to the person, never sent to the app. */
  function problemOf(query: URLSearchParams): PageReply | undefined {
    if (query.get('client_id') !== options.clientId)
      return page(401, 'Error 401: invalid_client', '<p>The OAuth client was not found.</p>')
    if (!isLoopback(query.get('redirect_uri') ?? ''))
      return page(400, 'Error 400: redirect_uri_mismatch', '<p>The redirect URI does not fit a desktop app.</p>')
    if (query.get('response_type') !== 'code')
      return page(400, 'Error 400: invalid_request', '<p>response_type must be code.</p>')
    if (!(query.get('scope') ?? '').split(' ').includes(SCOPE))
      return page(400, 'Error 400: invalid_scope', '<p>The scope is missing or unknown.</p>')
    const method = query.get('code_challenge_method')
    if (method !== null && method !== 'S256' && method !== 'plain')
      return page(400, 'Error 400: invalid_request', '<p>code_challenge_method must be S256 or plain.</p>')
    return undefined
  }

  function redirect(query: URLSearchParams, answer: Readonly<Record<string, string>>): PageReply {
    const url = new URL(query.get('redirect_uri') ?? '')
    const state = query.get('state')
    if (state !== null) url.searchParams.set('state', state)
    for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value)
    return { status: 302, html: '', location: url.href }
  }

  function decided(query: URLSearchParams, isAllowed: boolean): PageReply {
    if (!isAllowed) return redirect(query, { error: 'access_denied' })
    const isFirst = !hasConsented || (query.get('prompt') ?? '').split(' ').includes('consent')
    hasConsented = true
    const code = issueCode({
      redirectUri: query.get('redirect_uri') ?? '',
      challenge: query.get('code_challenge') ?? undefined,
      method: query.get('code_challenge_method') ?? 'plain',
      isOffline: query.get('access_type') === 'offline' && isFirst,
    })
    return redirect(query, { code, scope: SCOPE })
  }

  function clientProblem(form: URLSearchParams): OauthReply | undefined {
    if (form.get('client_id') !== options.clientId)
      return error(401, 'invalid_client', 'The OAuth client was not found.')
    if (form.get('client_secret') !== options.clientSecret)
      return error(401, 'invalid_client', 'The provided client secret is invalid.')
    return undefined
  }

  function exchange(form: URLSearchParams): OauthReply {
    const text = form.get('code') ?? ''
    const code = codes.get(text)
    if (code === undefined)
      return error(400, 'invalid_grant', usedCodes.has(text) ? 'Bad Request' : 'Malformed auth code.')
    if (code.expiresAtMs <= world.nowMs()) return error(400, 'invalid_grant', 'Bad Request')
    if (form.get('redirect_uri') !== code.redirectUri) return error(400, 'redirect_uri_mismatch', 'Bad Request')
    const verifier = form.get('code_verifier')
    if (code.challenge !== undefined) {
      if (verifier === null) return error(400, 'invalid_grant', 'Missing code verifier.')
      const proof = code.method === 'S256' ? hash(verifier) : verifier
      if (proof !== code.challenge) return error(400, 'invalid_grant', 'Invalid code verifier.')
    }
    codes.delete(text)
    usedCodes.add(text)
    if (!code.isOffline) return { status: 200, body: keepAccess(options.userEmail, '') }
    const refreshToken = `1//${randomBytes(30).toString('base64url')}`
    world.refreshTokens.add(refreshToken)
    world.persist()
    return { status: 200, body: { ...keepAccess(options.userEmail, refreshToken), refresh_token: refreshToken } }
  }

  function refresh(form: URLSearchParams): OauthReply {
    const token = form.get('refresh_token') ?? ''
    if (!world.refreshTokens.has(token) || world.revoked.has(token)) return expired()
    return { status: 200, body: keepAccess(options.userEmail, token) }
  }

  function assertion(form: URLSearchParams): OauthReply {
    const [head = '', claims = '', signature = '', ...rest] = (form.get('assertion') ?? '').split('.')
    const [header, payload] = [jsonPart(head), jsonPart(claims)]
    if (header === undefined || payload === undefined || rest.length > 0 || header['alg'] !== 'RS256')
      return error(400, 'invalid_grant', 'Invalid JWT.')
    const isSigned = createVerify('RSA-SHA256')
      .update(`${head}.${claims}`)
      .verify(options.serviceAccount.publicKey, signature, 'base64url')
    if (payload['iss'] !== options.serviceAccount.email)
      return error(400, 'invalid_grant', 'Invalid grant: account not found')
    if (!isSigned) return error(400, 'invalid_grant', 'Invalid JWT Signature.')
    if (payload['aud'] !== `${options.baseUrl()}/token` && payload['aud'] !== 'https://oauth2.googleapis.com/token')
      return error(400, 'invalid_grant', 'Invalid JWT: Failed audience check.')
    const [issuedAt, expiresAt] = [payload['iat'], payload['exp']]
    const nowSeconds = world.nowMs() / 1000
    const isTimely =
      typeof issuedAt === 'number' &&
      typeof expiresAt === 'number' &&
      expiresAt > nowSeconds &&
      issuedAt < nowSeconds + 300 &&
      expiresAt - issuedAt <= 3600
    if (!isTimely)
      return error(
        400,
        'invalid_grant',
        'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
      )
    if (payload['scope'] !== SCOPE)
      return error(400, 'invalid_scope', 'Invalid OAuth scope or ID token audience provided.')
    if (world.revoked.has(options.serviceAccount.email))
      return error(400, 'invalid_grant', 'Invalid grant: account not found')
    return { status: 200, body: keepAccess(options.serviceAccount.email, '') }
  }

  return {
    authorize: (query) => {
      const problem = problemOf(query)
      if (problem !== undefined) return problem
      return consent === 'ask' ? consentPage(query) : decided(query, consent === 'allow')
    },
    decide: (form) => problemOf(form) ?? decided(form, form.get('decision') === 'allow'),
    token: (form) => {
      switch (form.get('grant_type')) {
        case 'authorization_code':
          return clientProblem(form) ?? exchange(form)
        case 'refresh_token':
          return clientProblem(form) ?? refresh(form)
        case 'urn:ietf:params:oauth:grant-type:jwt-bearer':
          return assertion(form)
        default:
          return error(400, 'unsupported_grant_type', 'Invalid grant_type.')
      }
    },
    revoke: (token) => {
      const grant = access.get(token)?.grant ?? token
      const isKnown = access.has(token) || (world.refreshTokens.has(grant) && !world.revoked.has(grant))
      if (!isKnown) return error(400, 'invalid_token', 'Token expired or revoked')
      world.refreshTokens.delete(grant)
      world.revoked.add(grant)
      access.delete(token)
      for (const [text, entry] of access) if (grant !== '' && entry.grant === grant) access.delete(text)
      world.persist()
      return { status: 200, body: {} }
    },
    check: (token) => {
      const entry = access.get(token)
      if (entry === undefined) return { kind: 'unknown' }
      return entry.expiresAtMs <= world.nowMs() ? { kind: 'expired' } : { kind: 'good', email: entry.email }
    },
    setConsent: (wanted) => {
      consent = wanted
    },
    issueCode: ({ redirectUri, challenge }) => issueCode({ redirectUri, challenge, method: 'S256', isOffline: true }),
  }
}
