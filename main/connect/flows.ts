/**
 * The attempts to connect with consent in the person's own browser: begin → the person agrees there → their browser comes back to loopback →
 * the code is traded → the checks → stored by whoever was handed in. A few at a time, each for ten minutes, none after the session.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../../shared/clock.ts'
import type { Platform } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import type { OutputOf } from '../../shared/operations.ts'
import type { Logger } from '../logger.ts'
import { Secret } from '../secret.ts'
import type { PlatformCredentials } from '../vault/platform-tokens.ts'
import { type Callback, type ConsentAnswer, listenForCallback } from './callback.ts'
import { createSteps, type StepName, type Steps } from './steps.ts'
import { NAMES } from './words.ts'

export type FlowView = OutputOf<'get_oauth'>['flow']

/** The platform's own part of a consent. */
export interface Consent {
  readonly platform: Extract<Platform, 'google_ads' | 'meta'>
  /** Which spelling of loopback the platform accepts in a redirect address, and the path there. */
  readonly host: '127.0.0.1' | 'localhost'
  /** '' where the platform documents the bare origin. */
  readonly path: string
  /** @param request.challenge S256 of the verifier, where the platform knows PKCE */
  authorizeUrl(request: {
    readonly clientId: string
    readonly redirectUri: string
    readonly state: string
    readonly challenge: string
  }): string
  /** Trades the code, once. @throws OperationError in words for somebody who is setting up */
  exchange(
    request: {
      readonly clientId: string
      readonly clientSecret: Secret
      readonly code: Secret
      readonly verifier: Secret
      readonly redirectUri: string
    },
    signal: AbortSignal,
  ): Promise<Granted>
}

export interface Granted {
  readonly credentials: PlatformCredentials
  /** Whose they are: an id, never a secret. Null where the platform does not say. */
  readonly label: string | null
}

export interface FlowsDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly randomBytes: (size: number) => Buffer
  readonly onChange: () => void
  /** Turns an error into words for somebody who is setting up. */
  readonly explain: (consent: Consent, error: unknown) => unknown
  /** Checks the credentials step by step and stores them. @returns the connection's id */
  readonly finish: (request: Granted & { readonly steps: Steps }, signal: AbortSignal) => Promise<string>
}

export interface Flows {
  begin(consent: Consent, clientId: string, clientSecret: Secret): Promise<FlowView>
  /** @throws OperationError invalid_input for an attempt that is not known (any more) */
  get(flowId: string): FlowView
  cancel(flowId: string): FlowView
  /** Gives up every attempt, and waits until none of them can store anything. */
  close(): Promise<void>
}

const LIFE_MS = 600_000
const EXCHANGE_MS = 60_000
const MAX_OPEN = 3
/** Finished attempts that can still be looked at. */
const MAX_KEPT = 20
const STEPS: readonly StepName[] = ['consent', 'exchange', 'token', 'accounts', 'write_access', 'stored']

interface Flow {
  readonly flowId: string
  readonly consent: Consent
  readonly clientId: string
  readonly redirectUri: string
  readonly authorizeUrl: string
  readonly expiresAtMs: number
  readonly deadlineMs: number
  readonly steps: Steps
  readonly stop: AbortController
  readonly callback: Callback
  readonly timer: NodeJS.Timeout
  state: FlowView['state']
  error: FlowView['error']
  connectionId: string | null
  /** Somebody else's answer came, and the person was told. */
  hasStrays: boolean
  /** Gone as soon as they have been used, or can no longer be. */
  secrets: { readonly clientSecret: Secret; readonly verifier: Secret } | undefined
  work: Promise<void> | undefined
}

export function createFlows(deps: FlowsDeps): Flows {
  const flows = new Map<string, Flow>()
  let isClosed = false

  const isOpen = (flow: Flow): boolean => flow.state === 'waiting' || flow.state === 'exchanging'

  function end(flow: Flow, state: FlowView['state'], error: OperationError | undefined): void {
    if (!isOpen(flow)) return
    flow.state = state
    flow.error = error === undefined ? null : bare(error)
    flow.secrets = undefined
    clearTimeout(flow.timer)
    flow.callback.close()
    if (state !== 'connected') flow.stop.abort()
    deps.onChange()
  }

  /** A laptop that slept wakes up with a timer that is late: the clock decides. */
  function expireIfDue(flow: Flow): void {
    if (flow.state !== 'waiting') return
    if (deps.clock.monotonicMs() < flow.deadlineMs && deps.clock.nowMs() < flow.expiresAtMs) return
    flow.steps.set('consent', 'failed', 'Nobody answered within ten minutes.')
    end(
      flow,
      'expired',
      new OperationError(
        'timeout',
        `No answer came from ${NAMES[flow.consent.platform]} within ten minutes. Nothing was connected.`,
        'Begin again, and answer the page in your browser.',
        { retryable: true },
      ),
    )
  }

  function refuseIfCrowded(): void {
    for (const flow of flows.values()) expireIfDue(flow)
    const open = [...flows.values()].filter(isOpen)
    if (open.length >= MAX_OPEN)
      throw new OperationError(
        'too_many_pending',
        `${MAX_OPEN} attempts to connect wait for an answer in the browser already. No other was begun.`,
        'Answer or cancel one of them first.',
        { retryable: true },
      )
    for (const [id, flow] of flows) if (flows.size >= MAX_KEPT && !isOpen(flow)) flows.delete(id)
  }

  /** Any page in the browser can call the port: it cannot guess the state, and must not be able to end the attempt or to flood the window. */
  function onStray(flow: Flow): void {
    if (flow.hasStrays || flow.state !== 'waiting') return
    flow.hasStrays = true
    flow.steps.set(
      'consent',
      'warning',
      'An answer came that does not belong to this attempt (its state is another, or it is not complete). It was ignored. Use the link shown here.',
    )
  }

  async function onAnswer(flow: Flow, answer: ConsentAnswer): Promise<void> {
    expireIfDue(flow)
    const { secrets, consent, steps } = flow
    if (flow.state !== 'waiting' || secrets === undefined) return
    if (answer.kind !== 'code') {
      const error = noCode(consent.platform, answer)
      steps.set('consent', 'failed', error.message)
      return end(flow, 'failed', error)
    }
    flow.state = 'exchanging'
    clearTimeout(flow.timer)
    steps.set('consent', 'ok', `${NAMES[consent.platform]} sent your answer.`)
    deps.log.hide?.(answer.code)
    const signal = AbortSignal.any([flow.stop.signal, AbortSignal.timeout(EXCHANGE_MS)])
    try {
      const { clientId, redirectUri } = flow
      const granted = await steps.run('exchange', () =>
        consent.exchange({ clientId, redirectUri, code: answer.code, ...secrets }, signal),
      )
      flow.connectionId = await deps.finish({ ...granted, steps }, signal)
      end(flow, 'connected', undefined)
    } catch (error) {
      if (!isOpen(flow)) return
      deps.log.error('connect_failed', error, { platform: consent.platform })
      end(flow, 'failed', error instanceof OperationError ? error : fault(error))
    }
  }

  function find(flowId: string): Flow {
    const flow = flows.get(flowId)
    if (flow === undefined)
      throw new OperationError(
        'invalid_input',
        'There is no such attempt to connect, or it is long over. Nothing was changed.',
        'Begin again.',
      )
    expireIfDue(flow)
    return flow
  }

  return {
    async begin(consent, clientId, clientSecret) {
      refuseIfCrowded()
      deps.log.hide?.(clientSecret)
      const random = () => deps.randomBytes(32).toString('base64url')
      const [state, verifier] = [new Secret(random()), new Secret(random())]
      deps.log.hide?.(verifier)
      let flow: Flow | undefined
      const callback = await listenForCallback({
        host: consent.host,
        path: consent.path === '' ? '/' : consent.path,
        state,
        onAnswer: (answer) => {
          if (flow !== undefined) flow.work = onAnswer(flow, answer)
        },
        onStray: () => {
          if (flow !== undefined) onStray(flow)
        },
      })
      // While the port was being opened, others may have begun, or the session may have ended.
      try {
        if (isClosed)
          throw new OperationError('cancelled', 'SpendSignoff is closing. Nothing was connected.', 'Start it again.')
        refuseIfCrowded()
        const redirectUri = `${callback.origin}${consent.path}`
        const challenge = createHash('sha256').update(verifier.reveal()).digest('base64url')
        const made: Flow = {
          flowId: `f_${deps.randomBytes(12).toString('hex')}`,
          consent,
          clientId,
          redirectUri,
          authorizeUrl: consent.authorizeUrl({ clientId, redirectUri, state: state.reveal(), challenge }),
          expiresAtMs: deps.clock.nowMs() + LIFE_MS,
          deadlineMs: deps.clock.monotonicMs() + LIFE_MS,
          steps: createSteps(STEPS, {
            onChange: deps.onChange,
            explain: (error) => deps.explain(consent, error),
          }),
          stop: new AbortController(),
          callback,
          timer: setTimeout(() => expireIfDue(made), LIFE_MS + 1_000).unref(),
          state: 'waiting',
          error: null,
          connectionId: null,
          hasStrays: false,
          secrets: { clientSecret, verifier },
          work: undefined,
        }
        made.steps.set('consent', 'running')
        flow = made
        flows.set(made.flowId, made)
        return viewOf(made)
      } catch (error) {
        callback.close()
        throw error
      }
    },
    get: (flowId) => viewOf(find(flowId)),
    cancel(flowId) {
      const flow = find(flowId)
      end(flow, 'cancelled', undefined)
      return viewOf(flow)
    },
    async close() {
      isClosed = true
      for (const flow of flows.values()) end(flow, 'cancelled', undefined)
      await Promise.allSettled([...flows.values()].map((flow) => flow.work ?? Promise.resolve()))
    },
  }
}

function viewOf(flow: Flow): FlowView {
  return {
    flow_id: flow.flowId,
    platform: flow.consent.platform,
    state: flow.state,
    authorize_url: flow.authorizeUrl,
    redirect_uri: flow.redirectUri,
    expires_at: new Date(flow.expiresAtMs).toISOString(),
    steps: flow.steps.view(),
    error: flow.error,
    connection_id: flow.connectionId,
  }
}

function bare(error: OperationError): NonNullable<FlowView['error']> {
  const { code, message, hint, retryable } = error.toReply()
  return { code, message, hint, retryable }
}

function noCode(platform: Platform, answer: Exclude<ConsentAnswer, { kind: 'code' }>): OperationError {
  const name = NAMES[platform]
  if (answer.kind === 'denied')
    return new OperationError(
      'consent_denied',
      `The consent for ${name} was not given. Nothing was connected.`,
      'Begin again and allow the access, if you want to connect it.',
      { details: { platform } },
    )
  return new OperationError(
    'platform_refused',
    `${name} sent the browser back without a code${answer.platformCode === undefined ? '' : ` (${answer.platformCode})`}. Nothing was connected.`,
    'Check the client id and that its type is the one described, then begin again.',
    { details: { platform, ...(answer.platformCode === undefined ? {} : { platformCode: answer.platformCode }) } },
  )
}

function fault(error: unknown): OperationError {
  return new OperationError(
    'internal',
    'Connecting stopped because of a fault in this app. Nothing was stored.',
    'Try again; if it fails the same way, see the local log.',
    { cause: error },
  )
}
