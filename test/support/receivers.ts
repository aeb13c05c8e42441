/** Real servers on this computer that notifications are sent to: a web server and a mail server that do what a test tells them. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { makeTempFolder } from './temp-folder.ts'

export interface Call {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
export interface Hook {
  readonly port: number
  readonly origin: string
  readonly calls: Call[]
  /** How the next requests are answered; 204 unless told. */
  answer: (response: ServerResponse, call: Call) => void
  close(): Promise<void>
}

export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** A certificate for 127.0.0.1 and mail.test that nobody vouches for but itself. Made by openssl. */
export function selfSigned(): Certificate {
  const folder = makeTempFolder('certificate')
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  execFileSync(
    'openssl',
    // prettier-ignore
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      '-subj',
      '/CN=mail.test',
      '-addext',
      'subjectAltName=IP:127.0.0.1,DNS:mail.test',
    ],
    { stdio: 'ignore' },
  )
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

export async function startHook(tls?: Certificate): Promise<Hook> {
  const hook: Hook = {
    port: 0,
    origin: '',
    calls: [],
    answer: (response) => void response.writeHead(204).end(),
    close: async () => undefined,
  }
  const listener = (request: import('node:http').IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const call = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('utf8') }
      hook.calls.push(call)
      hook.answer(response, call)
    })
  }
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer({ ...tls }, listener)
  const port = await listen(server)
  return Object.assign(hook, {
    port,
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: string
  readonly isEncrypted: boolean
  readonly user: string | undefined
}
export interface Mailbox {
  readonly port: number
  readonly mails: Mail[]
  close(): Promise<void>
}

/** A mail server that takes everything, unless `options` says otherwise. */
export async function startMailbox(options: SMTPServerOptions = {}): Promise<Mailbox> {
  const mails: Mail[] = []
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString('utf8'),
          isEncrypted: session.secure,
          user: typeof session.user === 'string' ? session.user : undefined,
        })
        callback()
      })
    },
    ...options,
  })
  // A client that goes away in the middle is none of the server's business here.
  server.on('error', () => undefined)
  const port = await listen(server.server)
  return { port, mails, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

async function listen(server: import('node:net').Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return (server.address() as AddressInfo).port
}

/** The text of a quoted-printable mail. */
export function bodyOf(raw: string): string {
  const [, body = ''] = raw.split(/\r\n\r\n([\s\S]*)/u)
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8').replaceAll('\r\n', '\n')
}

/** The signed note in a text: from its origin line to its last signature. */
export function noteIn(text: string): string {
  const found = /audit\.spendsignoff\/[^\n]+\n\d+\n[^\n]+\n(?:[^\n]+\n)*\n(?:— [^\n]+\n)+/u.exec(text)
  if (found === null) throw new Error('there is no checkpoint in this text')
  return found[0]
}
