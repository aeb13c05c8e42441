/**
 * One mail through one SMTP server, on a connection that we make ourselves to an address that was judged before. Plain text only: nothing
 * from outside reaches a header but bare addresses, and no file or address is ever attached.
 */
import { connect, type Socket } from 'node:net'
import { createTransport } from 'nodemailer'
import type { Secret } from '../secret.ts'
import { allowedAddresses, DeliveryFailure, isLoopback, pinnedLookup, type Resolve } from './address-guard.ts'
import { isTlsError, type SendResult } from './result.ts'
import type { MailConfig } from './target.ts'

export interface MailRequest {
  readonly config: MailConfig
  readonly password: Secret | undefined
  /** Of the message: the same for every attempt. */
  readonly id: string
  readonly sentAtMs: number
  readonly subject: string
  readonly text: string
  /** Recipients that have it already. */
  readonly accepted: readonly string[]
  readonly signal: AbortSignal
}
export interface MailDeps {
  readonly resolve: Resolve
  /** For tests; of the whole conversation. */
  readonly timeoutMs?: number | undefined
  /** Certificates to trust in place of the system's, for tests. */
  readonly ca?: string | undefined
}

const TIMEOUT_MS = 60_000
const STEP_TIMEOUT_MS = 20_000
const MAX_REPLY_BYTES = 64 * 1024
/** What a client says that has no name on the internet (RFC 5321 section 4.1.3): the computer's own name is nobody's business. */
const CLIENT_NAME = '[127.0.0.1]'

/** Never throws. */
export async function sendMail(request: MailRequest, deps: MailDeps): Promise<SendResult> {
  const deadline = AbortSignal.timeout(deps.timeoutMs ?? TIMEOUT_MS)
  const signal = AbortSignal.any([request.signal, deadline])
  try {
    return await converse(request, deps, signal)
  } catch (error) {
    if (request.signal.aborted) return { kind: 'stopped' }
    if (deadline.aborted) return { kind: 'failed', code: 'timeout', retry: 'later' }
    return failureOf(error)
  }
}

async function converse(request: MailRequest, deps: MailDeps, signal: AbortSignal): Promise<SendResult> {
  const { config, password } = request
  const left = config.to.filter((each) => !request.accepted.includes(each))
  if (left.length === 0) return { kind: 'delivered' }
  const addresses = await allowedAddresses(config.host, config, deps.resolve)
  if (config.security === 'none' && !config.allowsPlain && !isLoopback(addresses))
    return { kind: 'failed', code: 'plain_smtp', retry: 'few' }
  const socket = await open(config, addresses, signal)
  const transport = createTransport({
    host: config.host,
    port: config.port,
    name: CLIENT_NAME,
    secure: config.security === 'tls',
    requireTLS: config.security === 'starttls',
    ignoreTLS: config.security === 'none',
    getSocket: (_options, callback) => callback(null, { connection: socket }),
    connectionTimeout: STEP_TIMEOUT_MS,
    greetingTimeout: STEP_TIMEOUT_MS,
    socketTimeout: STEP_TIMEOUT_MS,
    maxResponseSize: MAX_REPLY_BYTES,
    disableFileAccess: true,
    disableUrlAccess: true,
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...(deps.ca === undefined ? {} : { ca: deps.ca }) },
    ...(config.user === null ? {} : { forceAuth: true, auth: { user: config.user, pass: password?.reveal() ?? '' } }),
  })
  try {
    const info = await transport.sendMail({
      from: { name: 'SpendSignoff', address: config.from },
      to: [...config.to],
      envelope: { from: config.from, to: left },
      messageId: `<${request.id}@${config.from.slice(config.from.lastIndexOf('@') + 1)}>`,
      date: new Date(request.sentAtMs),
      subject: request.subject,
      text: request.text,
      textEncoding: 'quoted-printable',
      headers: { 'Auto-Submitted': 'auto-generated', 'X-SpendSignoff-Delivery': request.id },
      signal,
    })
    return outcomeOf(info.rejected, left, request.accepted, info.rejectedErrors ?? [])
  } finally {
    transport.close()
    socket.destroy()
  }
}

/** Some servers take a mail for some of its recipients: those are not written to again. */
function outcomeOf(
  rejected: readonly string[],
  left: readonly string[],
  before: readonly string[],
  errors: readonly unknown[],
): SendResult {
  if (rejected.length === 0) return { kind: 'delivered' }
  const accepted = [...before, ...left.filter((each) => !rejected.includes(each))]
  const isForNow = errors.some((each) => (replyCode(each) ?? 500) < 500)
  return { kind: 'failed', code: 'recipients_refused', retry: isForNow ? 'later' : 'few', accepted }
}

function open(
  { host, port }: MailConfig,
  addresses: Parameters<typeof pinnedLookup>[0],
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, lookup: pinnedLookup(addresses), autoSelectFamily: true })
    const give = (): void => {
      socket.destroy()
      reject(new DeliveryFailure('connect_failed'))
    }
    socket.setTimeout(STEP_TIMEOUT_MS, give)
    socket.once('error', give)
    signal.addEventListener('abort', give, { once: true })
    socket.once('close', () => signal.removeEventListener('abort', give))
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.off('timeout', give)
      socket.off('error', give)
      // Between here and its next owner, and after it, an error is nobody's.
      socket.on('error', () => undefined)
      resolve(socket)
    })
    if (signal.aborted) give()
  })
}

function replyCode(error: unknown): number | undefined {
  const code = typeof error === 'object' && error !== null && 'responseCode' in error ? error.responseCode : undefined
  return typeof code === 'number' && code >= 200 && code < 600 ? code : undefined
}

/** Only codes are taken over: messages hold what the server said. */
function failureOf(error: unknown): SendResult {
  if (error instanceof DeliveryFailure)
    return { kind: 'failed', code: error.code, retry: error.code === 'refused_address' ? 'few' : 'later' }
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  const reply = replyCode(error)
  if (code === 'EAUTH' || code === 'ENOAUTH') {
    const isForNow = reply !== undefined && reply < 500
    return { kind: 'failed', code: isForNow ? `smtp_${reply}` : 'auth_failed', retry: isForNow ? 'later' : 'few' }
  }
  if (code === 'ETLS')
    return { kind: 'failed', code: reply === undefined ? 'tls_failed' : 'no_starttls', retry: 'later' }
  if (reply !== undefined) return { kind: 'failed', code: `smtp_${reply}`, retry: reply < 500 ? 'later' : 'few' }
  if (code === 'ETIMEDOUT') return { kind: 'failed', code: 'timeout', retry: 'later' }
  return { kind: 'failed', code: isTls(error) ? 'tls_failed' : 'connect_failed', retry: 'later' }
}

function isTls(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'originalCode' in error ? error.originalCode : undefined
  return isTlsError({ code })
}
