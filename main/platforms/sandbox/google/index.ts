/**
 * The Google Ads sandbox: an MCC with its accounts on loopback, in Google's own wire format, seeded and clock-driven.
 * Never reachable from another machine, and never the real Google.
 */
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { Clock } from '../../../../shared/clock.ts'
import { createFaults, type Faults } from '../faults.ts'
import { createRequestLog, type RequestLog } from '../request-log.ts'
import { createGoogleApi, type GoogleApi } from './api.ts'
import { type Consent, createOauth } from './oauth.ts'
import { type OutsideEdit, setOutside } from './outside.ts'
import { startGoogleServer } from './server.ts'
import { createGoogleWorld, type GoogleWorld, type WorldSize } from './world.ts'

export interface GoogleSandboxOptions {
  /** Same seed, same accounts. */
  readonly seed: number
  readonly clock: Clock
  /** Where edits and tokens survive a restart. */
  readonly statePath?: string
  /** 0 or absent for any free port. */
  readonly port?: number
  readonly size?: WorldSize
}

export interface GoogleSandboxCredentials {
  readonly clientId: string
  readonly clientSecret: string
  /** Works from the start. Stays the same for a seed, so that a stored link survives a restart. */
  readonly refreshToken: string
  /** The JSON key file of a service account that may do what the user may; token_uri points to the sandbox. */
  readonly serviceAccountKeyJson: string
  readonly managerCustomerId: string
  readonly userEmail: string
  /** A fresh code, good once and for ten minutes, as the consent page would have sent it. */
  authCode(code: { redirectUri: string; challenge?: string }): string
}

export interface SandboxGoogleWorld extends GoogleWorld {
  /** Somebody changes something on the platform itself; it shows in the change history. */
  setOutside(externalId: string, edit: OutsideEdit): void
  /** What happens on the consent page: the person is asked, or has decided already. "allow" unless told. */
  setConsent(consent: Consent): void
  /** Rows of a page of `search` and of a chunk of `searchStream`; 10,000 unless told. */
  setPageRows(rows: number): void
  /** The user's role becomes read-only: reads work, mutates are refused. */
  setReadOnly(isReadOnly: boolean): void
}

export interface SandboxGoogle {
  /** One origin for API, OAuth and consent page: "http://127.0.0.1:41234". */
  readonly baseUrl: string
  readonly credentials: GoogleSandboxCredentials
  readonly world: SandboxGoogleWorld
  readonly requests: RequestLog
  readonly faults: Faults
  /** The same API without HTTP, for another transport in front of it (the tests' gRPC server). */
  readonly api: GoogleApi
  /** Whether an access token is good, for that other transport. @returns the e-mail behind it */
  whoIs(accessToken: string): string | undefined
  /** Stops listening and cuts open connections. */
  close(): Promise<void>
}

/** Not a secret in any sense that matters: it guards invented numbers on loopback. */
function derive(seed: number, purpose: string): string {
  return createHash('sha256').update(`google-sandbox:${seed}:${purpose}`).digest('base64url')
}

/** Starts the sandbox. @throws when the port is taken. */
export async function startGoogleSandbox(options: GoogleSandboxOptions): Promise<SandboxGoogle> {
  const { seed, clock } = options
  const world = createGoogleWorld(options)
  const faults = createFaults()
  const requests = createRequestLog()
  let baseUrl = ''
  const clientId = '407408718192-sandbox.apps.googleusercontent.com'
  const clientSecret = `GOCSPX-${derive(seed, 'client-secret').slice(0, 28)}`
  const refreshToken = `1//${derive(seed, 'refresh-token')}`
  if (!world.revoked.has(refreshToken)) world.refreshTokens.add(refreshToken)
  const userEmail = 'ads@fjellkant.example'
  const serviceEmail = 'spendsignoff@sandbox-project.iam.gserviceaccount.com'
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const oauth = createOauth({
    world,
    clientId,
    clientSecret,
    userEmail,
    serviceAccount: {
      email: serviceEmail,
      publicKey: createPublicKey(keys.publicKey.export({ type: 'spki', format: 'pem' })),
    },
    baseUrl: () => baseUrl,
  })
  const api = createGoogleApi(world, () => baseUrl)
  const started = await startGoogleServer({ world, api, oauth, clock, faults, log: requests, port: options.port ?? 0 })
  ;({ baseUrl } = started)
  const { server } = started
  return {
    baseUrl,
    credentials: {
      clientId,
      clientSecret,
      refreshToken,
      serviceAccountKeyJson: JSON.stringify({
        type: 'service_account',
        project_id: 'sandbox-project',
        private_key_id: derive(seed, 'key-id').slice(0, 40),
        private_key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
        client_email: serviceEmail,
        client_id: '107408718192000000001',
        auth_uri: `${baseUrl}/o/oauth2/v2/auth`,
        token_uri: `${baseUrl}/token`,
        universe_domain: 'googleapis.com',
      }),
      managerCustomerId: world.manager.id,
      userEmail,
      authCode: (code) => oauth.issueCode(code),
    },
    world: {
      ...world,
      // A getter: a copy would stand still.
      get changes() {
        return world.changes
      },
      setOutside: (externalId, edit) => setOutside(world, externalId, edit),
      setConsent: (consent) => oauth.setConsent(consent),
      setPageRows: (rows) => api.setPageRows(rows),
      setReadOnly: (isReadOnly) => api.setReadOnly(isReadOnly),
    },
    requests,
    faults,
    api,
    whoIs: (accessToken) => {
      const state = oauth.check(accessToken)
      return state.kind === 'good' ? state.email : undefined
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => {
          if (error === undefined) resolve()
          else reject(error)
        })
        server.closeAllConnections()
      }),
  }
}
