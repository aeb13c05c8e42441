/** Connecting real accounts, as the window asks for it. Credentials pass through here once, are checked, and go into the vault. */
import { randomBytes } from 'node:crypto'
import { OperationError } from '../shared/errors.ts'
import type { Actor } from './audit/record.ts'
import { checkCredentials } from './connect/check.ts'
import { createFlows } from './connect/flows.ts'
import { createSteps, type StepName, type Steps } from './connect/steps.ts'
import { atFirstConnect } from './connect/words.ts'
import { parseServiceAccountKey } from './platforms/google-ads/link.ts'
import { exchangeAuthCode } from './platforms/tiktok/link.ts'
import type { Handlers } from './run-operation.ts'
import { Secret } from './secret.ts'
import type { Adapters } from './session-adapters.ts'
import { connectionView } from './session-connections.ts'
import { googleConsent, metaConsent, metaLabel } from './session-consents.ts'
import type { Session } from './session.ts'
import type { Health } from './session-health.ts'
import { type NewConnection, type SavingDeps, saveConnection } from './session-saving.ts'

const OWNER: Actor = { kind: 'user', id: 'owner' }
const CHECKS: readonly StepName[] = ['token', 'accounts', 'write_access']

export interface ConnectingDeps extends SavingDeps {
  readonly adapters: Adapters
  readonly health: Health
  /** In the demo every connection leads to the sandbox. */
  readonly isSandbox: boolean
  readonly onChange: () => void
}

export type Connecting = ReturnType<typeof createConnecting>

/** Consents under way, and the checks that all ways of connecting share. */
export function createConnecting(deps: ConnectingDeps) {
  /** Nothing is stored before every check has passed, and nothing after the caller has gone. @returns the connection's id */
  async function checkAndSave(
    parts: Pick<NewConnection, 'credentials' | 'method' | 'label'>,
    steps: Steps,
    signal: AbortSignal,
  ): Promise<string> {
    const { isSandbox } = deps
    const adapter = deps.adapters.forCredentials(parts.credentials, isSandbox)
    const { health, accounts } = await checkCredentials(adapter, steps, signal)
    return await steps.run('stored', () => {
      refuseIfGone(signal)
      const accountIds = accounts.map((account) => account.accountId)
      const connectionId = saveConnection(deps, { ...parts, isSandbox, health, accountIds }, OWNER)
      steps.set('stored', 'ok', 'Sealed in the vault of this workspace.')
      return connectionId
    })
  }
  const flows = createFlows({
    clock: deps.ports.clock,
    log: deps.ports.log,
    randomBytes,
    onChange: deps.onChange,
    explain: (consent, error) => atFirstConnect(consent.platform, error),
    finish: ({ credentials, label, steps }, signal) =>
      checkAndSave({ credentials, label, method: 'oauth' }, steps, signal),
  })
  return { flows, checkAndSave }
}

export function connectHandlers(session: Session): Handlers {
  const { connecting, adapters, health, connections, ports, addresses } = session
  const view = (connectionId: string) => connectionView(session, connectionId)
  return {
    connect_tiktok: async (input, { signal }) => {
      const [appSecret, code] = hidden(session, input.app_secret, input.auth_code)
      const steps = createSteps(['exchange', ...CHECKS, 'stored'], {
        explain: (error) => atFirstConnect('tiktok', error),
      })
      const { accessToken } = await steps.run('exchange', () =>
        exchangeAuthCode(
          { baseUrl: addresses.tiktok.api, appId: input.app_id, appSecret: appSecret.reveal() },
          code.reveal(),
          signal,
        ),
      )
      const connectionId = await connecting.checkAndSave(
        {
          credentials: { kind: 'tiktok', accessToken: new Secret(accessToken), appId: input.app_id, appSecret },
          method: 'app',
          label: input.app_id,
        },
        steps,
        signal,
      )
      return { connection: view(connectionId), steps: steps.view() }
    },
    connect_google_service_account: async (input, { signal }) => {
      const [keyFile] = hidden(session, input.key_json)
      const steps = createSteps(['credentials', ...CHECKS, 'stored'], {
        explain: (error) => atFirstConnect('google_ads', error),
      })
      const { clientEmail, privateKeyPem } = await steps.run('credentials', () => {
        const parsed = parseServiceAccountKey(keyFile.reveal())
        steps.set('credentials', 'ok', 'The file is a service account’s key.')
        return parsed
      })
      const [pem] = hidden(session, privateKeyPem)
      const connectionId = await connecting.checkAndSave(
        {
          credentials: { kind: 'google_service_account', clientEmail, privateKeyPem: pem },
          method: 'service_account',
          label: clientEmail,
        },
        steps,
        signal,
      )
      return { connection: view(connectionId), steps: steps.view() }
    },
    connect_meta_token: async (input, { signal }) => {
      const [accessToken] = hidden(session, input.access_token)
      const [appSecret] = input.app_secret === undefined ? [] : hidden(session, input.app_secret)
      const credentials = { kind: 'meta', accessToken, ...(appSecret === undefined ? {} : { appSecret }) } as const
      const steps = createSteps(['credentials', ...CHECKS, 'stored'], {
        explain: (error) => atFirstConnect('meta', error),
      })
      const label = await steps.run('credentials', () =>
        metaLabel({ addresses: addresses.meta, clock: ports.clock }, credentials, signal),
      )
      const connectionId = await connecting.checkAndSave({ credentials, method: 'system_user', label }, steps, signal)
      return { connection: view(connectionId), steps: steps.view() }
    },
    begin_oauth: async (input) => {
      const [clientSecret] = hidden(session, input.client_secret)
      const consent =
        input.platform === 'meta' ? metaConsent(addresses.meta, ports.clock) : googleConsent(addresses.google)
      return { flow: await connecting.flows.begin(consent, input.client_id, clientSecret) }
    },
    cancel_oauth: (input) => ({ flow: connecting.flows.cancel(input.flow_id) }),
    get_oauth: (input) => ({ flow: connecting.flows.get(input.flow_id) }),
    check_connection: async (input, { signal }) => {
      const connection = connections.get(input.connection_id)
      const adapter = connection?.state === 'removed' ? undefined : adapters.of(input.connection_id)
      if (adapter === undefined)
        throw new OperationError('account_not_available', 'There is no such connection.', 'Reload the page.')
      const steps = createSteps(CHECKS)
      try {
        const checked = await checkCredentials(adapter, steps, signal)
        health.note(input.connection_id, checked.health, OWNER)
      } catch (error) {
        // What was found is the answer: the step that failed says it.
        if (!(error instanceof OperationError) || signal.aborted) throw error
        ports.log.error('connection_check_failed', error, { code: error.code })
        health.noteTrouble(input.connection_id, error, OWNER)
      }
      return { connection: view(input.connection_id), steps: steps.view() }
    },
  }
}

/** As secrets, blanked in the log from now on. */
function hidden<T extends readonly string[]>(session: Session, ...values: T): { [K in keyof T]: Secret } {
  return values.map((value) => {
    const secret = new Secret(value)
    session.ports.log.hide?.(secret)
    return secret
  }) as { [K in keyof T]: Secret }
}

function refuseIfGone(signal: AbortSignal): void {
  if (signal.aborted)
    throw new OperationError('cancelled', 'Connecting was given up. Nothing was stored.', 'Begin again.')
}
