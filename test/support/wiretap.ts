/** Sits on the wire between the app and a sandbox, passes everything on, and keeps every secret that goes by: nobody else gets to see them all. */
import { createServer, type IncomingMessage, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Wiretap {
  readonly baseUrl: string
  /** Name → every value seen under it, in requests and answers. */
  readonly secrets: ReadonlyMap<string, ReadonlySet<string>>
  close(): Promise<void>
}

const NAMES = new Set([
  'access_token',
  'refresh_token',
  'client_secret',
  'code',
  'code_verifier',
  'assertion',
  'auth_code',
  'secret',
  'appsecret_proof',
  'fb_exchange_token',
  'input_token',
  'token',
])

export async function startWiretap(targetBaseUrl: string): Promise<Wiretap> {
  const target = new URL(targetBaseUrl)
  const secrets = new Map<string, Set<string>>()
  const keep = (name: string, value: unknown): void => {
    if (typeof value !== 'string' || value.length < 12) return
    secrets.set(name, (secrets.get(name) ?? new Set()).add(value))
  }
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, member] of Object.entries(value)) {
      if (NAMES.has(name)) keep(name, member)
      look(member)
    }
  }
  const lookAtText = (text: string): void => {
    try {
      look(JSON.parse(text))
    } catch {
      for (const [name, value] of new URLSearchParams(text)) if (NAMES.has(name)) keep(name, value)
    }
  }
  const server = createServer((asked, answer) => {
    void (async () => {
      const body = await all(asked)
      lookAtText(body.toString('utf8'))
      for (const [name, value] of new URL(asked.url ?? '/', target).searchParams) if (NAMES.has(name)) keep(name, value)
      keep('bearer', asked.headers.authorization?.replace(/^Bearer /, ''))
      keep('access-token', asked.headers['access-token'])
      const options = { method: asked.method, headers: { ...asked.headers, host: target.host }, agent: false as const }
      const passedOn = httpRequest(new URL(asked.url ?? '/', target), options, (got) => {
        void (async () => {
          const bytes = await all(got)
          lookAtText(bytes.toString('utf8'))
          answer.writeHead(got.statusCode ?? 502, got.headers).end(bytes)
        })()
      })
      passedOn.on('error', () => answer.destroy())
      passedOn.end(body)
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secrets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function all(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
