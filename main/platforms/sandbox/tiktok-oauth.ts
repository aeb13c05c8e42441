/** TikTok's linking of accounts: auth codes, tokens and the list of reachable advertisers. Tokens never expire; they are revoked. */
import { ApiProblem, bodyText, type Call, type Endpoint, queryText } from './tiktok-wire.ts'

/** Scope numbers an approved developer app would show: accounts, campaigns, ad groups, ads, assets, reports. */
const SCOPES = [100, 150, 153, 200, 201, 210, 211, 220, 221, 230, 600, 800]
/** An auth code lives one hour and works once. */
const CODE_LIFE_MS = 3_600_000

export interface OauthState {
  readonly appId: string
  readonly appSecret: string
  /** Code → when it was made. Removed on use. */
  readonly codes: Map<string, number>
  readonly newToken: () => string
}

function checkApp(state: OauthState, appId: string, secret: string): void {
  if (appId !== state.appId) throw new ApiProblem(40113, 'The developer app does not exist or is blocked.')
  if (secret !== state.appSecret) throw new ApiProblem(40101, 'The app_id and secret do not match.')
}

function exchange(state: OauthState, call: Call) {
  checkApp(state, bodyText(call, 'app_id'), bodyText(call, 'secret'))
  const code = bodyText(call, 'auth_code')
  const madeAtMs = state.codes.get(code)
  state.codes.delete(code)
  if (madeAtMs === undefined || call.nowMs - madeAtMs > CODE_LIFE_MS)
    throw new ApiProblem(40110, 'Auth_code is used, expired or cancelled.')
  const token = state.newToken()
  call.world.accessTokens.add(token)
  call.world.persist()
  return {
    data: {
      access_token: token,
      advertiser_ids: call.world.advertisers.map((advertiser) => advertiser.id),
      scope: SCOPES,
    },
  }
}

function revoke(state: OauthState, call: Call) {
  checkApp(state, bodyText(call, 'app_id'), bodyText(call, 'secret'))
  if (!call.world.accessTokens.delete(bodyText(call, 'access_token')))
    throw new ApiProblem(40105, 'Access token is incorrect or has been revoked.')
  call.world.persist()
  return { data: {} }
}

function advertisers(state: OauthState, call: Call) {
  checkApp(state, queryText(call, 'app_id'), queryText(call, 'secret'))
  return {
    data: { list: call.world.advertisers.map(({ id, name }) => ({ advertiser_id: id, advertiser_name: name })) },
  }
}

export function oauthEndpoints(state: OauthState): Readonly<Record<string, Endpoint>> {
  return {
    '/oauth2/access_token/': { method: 'POST', needsToken: false, run: (call) => exchange(state, call) },
    '/oauth2/revoke_token/': { method: 'POST', needsToken: false, run: (call) => revoke(state, call) },
    '/oauth2/advertiser/get/': { method: 'GET', needsToken: true, run: (call) => advertisers(state, call) },
  }
}
