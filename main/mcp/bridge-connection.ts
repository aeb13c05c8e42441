/**
 * How the stdio bridge finds the running app and makes sure that it is the app. The token leaves this process only after
 * the other side has proved that it can read the private endpoint file.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import {
  answerSchema,
  type Endpoint,
  endpointSchema,
  HELLO_TIMEOUT_MS,
  HELLO_VERSION,
  isProof,
  proofOf,
  readHello,
  verdictSchema,
  writeHello,
} from './hello.ts'
import type { Reason } from './offline-answers.ts'

const CONNECT_TIMEOUT_MS = 1500
const MAX_ENDPOINT_BYTES = 4096

/** The app cannot be asked, and why. */
export class Unreachable extends Error {
  readonly reason: Reason
  constructor(reason: Reason) {
    super(reason)
    this.reason = reason
  }
}

/** A socket on which MCP may be spoken. Throws Unreachable, or what the greeting threw. */
export async function connectToApp(endpointFile: string, token: string | null, appVersion: string): Promise<Socket> {
  if (token === null || token === '') throw new Unreachable('not_authorized')
  const endpoint = readEndpoint(endpointFile)
  if (endpoint.v !== HELLO_VERSION) throw new Unreachable('other_version')
  const socket = await open(endpoint.socket)
  socket.on('error', () => undefined)
  try {
    await greet(socket, endpoint, token, appVersion)
  } catch (error) {
    socket.destroy()
    throw error
  }
  return socket
}

/** A file that others could have written is not believed: it names the socket the token is sent to. */
function readEndpoint(file: string): Endpoint {
  try {
    const stats = statSync(file)
    const isPrivate = process.getuid === undefined || (stats.uid === process.getuid() && (stats.mode & 0o077) === 0)
    if (!isPrivate || stats.size > MAX_ENDPOINT_BYTES) throw new Unreachable('app_not_running')
    return endpointSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    throw new Unreachable('app_not_running')
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    const timer = setTimeout(() => fail(), CONNECT_TIMEOUT_MS)
    const fail = (): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(new Unreachable('app_not_running'))
    }
    socket.once('error', fail)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      resolve(socket)
    })
  })
}

async function greet(socket: Socket, endpoint: Endpoint, token: string, appVersion: string): Promise<void> {
  const nonce = randomBytes(24).toString('base64url')
  const proof = proofOf(endpoint.key, 'bridge', nonce)
  writeHello(socket, { v: HELLO_VERSION, nonce, proof, bridge: appVersion })
  const answer = await readHello(socket, answerSchema, HELLO_TIMEOUT_MS)
  if ('code' in answer) throw new Unreachable('other_version')
  // Whoever listens there cannot read the endpoint file, so it is not the app: it does not get the token.
  if (!isProof(answer.proof, endpoint.key, 'app', nonce)) throw new Unreachable('app_not_running')
  writeHello(socket, { token })
  const verdict = await readHello(socket, verdictSchema, HELLO_TIMEOUT_MS)
  if (!verdict.ok) throw new Unreachable(verdict.code === 'too_many' ? 'too_many' : 'not_authorized')
}
