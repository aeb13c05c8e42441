/**
 * The greeting between the stdio bridge and the app, before any MCP. Each side first proves that it can read the private
 * endpoint file; only then does the token go out. So a program that squats on the socket's name learns nothing, and a
 * stranger who connects gets no answer. It never carries anything but the greeting.
 *
 *   bridge → {"spendsignoff_hello":{"v":1,"nonce":…,"proof":HMAC(key,"bridge "+nonce),"bridge":"0.1.0"}}
 *   app    → {"spendsignoff_hello":{"v":1,"proof":HMAC(key,"app "+nonce)}}
 *   bridge → {"spendsignoff_hello":{"token":"ssm_…"}}
 *   app    → {"spendsignoff_hello":{"ok":true}}   or   {"ok":false,"code":…} and close
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import { z } from 'zod'

export const HELLO_VERSION = 1
const MAX_HELLO_BYTES = 8 * 1024
export const HELLO_TIMEOUT_MS = 3000

const short = z.string().max(200)
/** `<home>/mcp-endpoint.json`, mode 0600: where the app listens, and the key of the greeting. */
export const endpointSchema = z.object({
  v: z.number().int(),
  pid: z.number().int(),
  socket: z.string().min(1).max(1024),
  started_at: short,
  app_version: short,
  key: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
})
export type Endpoint = z.infer<typeof endpointSchema>

export const openingSchema = z.object({
  v: z.number().int(),
  nonce: z.string().regex(/^[A-Za-z0-9_-]{22,86}$/),
  proof: short,
  bridge: short,
})
export const answerSchema = z.union([
  z.object({ v: z.number().int(), proof: short }),
  z.object({ ok: z.literal(false), code: short }),
])
export const credentialSchema = z.object({ token: short })
export const verdictSchema = z.union([
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), code: short }),
])

export function proofOf(key: string, side: 'bridge' | 'app', nonce: string): string {
  return createHmac('sha256', Buffer.from(key, 'base64url')).update(`${side} ${nonce}`).digest('base64url')
}
export function isProof(given: string, key: string, side: 'bridge' | 'app', nonce: string): boolean {
  const wanted = Buffer.from(proofOf(key, side, nonce))
  const found = Buffer.from(given)
  return wanted.length === found.length && timingSafeEqual(wanted, found)
}

export function writeHello(socket: Socket, body: unknown): void {
  socket.write(`${JSON.stringify({ spendsignoff_hello: body })}\n`)
}

/** Reads one greeting line. Rejects on anything else, on 8 KiB, on the end of the stream and after `timeoutMs`. */
export async function readHello<T>(socket: Socket, schema: z.ZodType<T>, timeoutMs: number): Promise<T> {
  const line = await readLine(socket, MAX_HELLO_BYTES, timeoutMs)
  return z.object({ spendsignoff_hello: schema }).parse(JSON.parse(line)).spendsignoff_hello
}

/** Takes exactly one line off the socket; what follows it stays there for the next reader. */
function readLine(socket: Socket, maxBytes: number, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let buffered = Buffer.alloc(0)
    const timer = setTimeout(() => finish(() => reject(new Error('the greeting took too long'))), timeoutMs)
    const finish = (settle: () => void): void => {
      clearTimeout(timer)
      socket.off('readable', onReadable).off('end', onEnd).off('close', onEnd).off('error', onEnd)
      settle()
    }
    const onEnd = (): void => finish(() => reject(new Error('the connection ended during the greeting')))
    const onReadable = (): void => {
      for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
        buffered = Buffer.concat([buffered, chunk])
        const end = buffered.indexOf(0x0a)
        if (end > maxBytes || (end < 0 && buffered.length > maxBytes)) {
          return finish(() => reject(new Error('the greeting is too long')))
        }
        if (end >= 0) {
          const rest = buffered.subarray(end + 1)
          const line = buffered.subarray(0, end).toString('utf8')
          return finish(() => {
            if (rest.length > 0) socket.unshift(rest)
            resolve(line)
          })
        }
      }
    }
    socket.on('readable', onReadable).on('end', onEnd).on('close', onEnd).on('error', onEnd)
  })
}
