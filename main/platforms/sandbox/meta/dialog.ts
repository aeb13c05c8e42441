/** www.facebook.com's half: the consent page, and the way back with a code or a refusal. */
import { ALL_SCOPES, type OauthState, type Switches } from './oauth.ts'

export interface DialogAnswer {
  readonly status: number
  readonly html?: string
  readonly location?: string
}

const escape = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

function pageOf(title: string, body: string): string {
  return `<!doctype html><html><head><meta charset="utf-8"><title>${escape(title)}</title></head><body><h1>${escape(title)}</h1>${body}</body></html>\n`
}

const blocked = (title: string, text: string): DialogAnswer => ({
  status: 400,
  html: pageOf(title, `<p>${escape(text)}</p>`),
})

/** The page for embedded windows is always good; http://localhost only while the app is in development; never an IP address. */
function isRedirectAllowed(text: string, isLiveMode: boolean): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  if (text === 'https://www.facebook.com/connect/login_success.html') return true
  return url.protocol === 'http:' && url.hostname === 'localhost' && !isLiveMode
}

function withAnswer(redirectUri: string, members: Readonly<Record<string, string>>): DialogAnswer {
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(members)) url.searchParams.set(name, value)
  // Facebook really appends this fragment.
  return { status: 302, location: `${url.toString()}#_=_` }
}

/** GET /{v}/dialog/oauth and its buttons. `choice` is the button pressed on the page. */
export function consentDialog(query: URLSearchParams, state: OauthState, switches: Switches): DialogAnswer {
  const redirectUri = query.get('redirect_uri') ?? ''
  const asked = (query.get('scope') ?? '').split(/[\s,]+/).filter((scope) => scope !== '')
  if (query.get('client_id') !== state.appId)
    return blocked('Invalid app ID', 'The provided app ID does not look like a valid app ID.')
  if (!isRedirectAllowed(redirectUri, switches.isLiveMode))
    return blocked(
      'URL blocked',
      'This redirect failed because the redirect URI is not white-listed in the app’s client OAuth settings.',
    )
  if ((query.get('response_type') ?? 'code') !== 'code')
    return blocked('Invalid response type', 'Only code is supported.')
  for (const scope of asked)
    if (
      !(ALL_SCOPES as readonly string[]).includes(scope) &&
      scope !== 'public_profile' &&
      scope !== 'pages_read_engagement'
    )
      return blocked('Invalid scopes', `Invalid Scopes: ${scope}. This message is only shown to developers.`)
  const stateText = query.get('state')
  const back = stateText === null ? {} : { state: stateText }
  const choice = query.get('choice') ?? switches.consent
  if (choice === 'deny')
    return withAnswer(redirectUri, {
      error: 'access_denied',
      error_code: '200',
      error_description: 'Permissions error',
      error_reason: 'user_denied',
      ...back,
    })
  if (choice === 'allow') {
    const scopes =
      asked.length === 0 ? ['public_profile'] : asked.filter((scope) => !switches.declinedScopes.includes(scope))
    return withAnswer(redirectUri, { code: state.newCode(redirectUri, scopes), ...back })
  }
  const link = (answer: string) => {
    const next = new URLSearchParams(query)
    next.set('choice', answer)
    return escape(`?${next.toString()}`)
  }
  return {
    status: 200,
    html: pageOf(
      'Fjellkant Reporting asks for access',
      `<p>Wants: ${escape(asked.join(', '))}</p><p><a id="allow" href="${link('allow')}">Continue</a> <a id="deny" href="${link('deny')}">Cancel</a></p>`,
    ),
  }
}
