/**
 * Google Ads' gRPC services in front of the sandbox, built from the real .proto files: the official client writes over gRPC only.
 * Translates between wire formats and nothing else: rules and data are the sandbox's. Holds no assertions.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiFailure, FAILURE_TYPE } from '../../main/platforms/sandbox/google/failure.ts'
import type { SandboxGoogle } from '../../main/platforms/sandbox/google/index.ts'
import type { MutateService } from '../../main/platforms/sandbox/google/mutate.ts'
import { isRecord, toSnake } from '../../main/platforms/sandbox/google/proto-json.ts'

type Message = Readonly<Record<string, unknown>>

interface Metadata {
  get(name: string): readonly (string | Buffer)[]
  set(name: string, value: string | Buffer): void
}
interface Call {
  readonly request: Message
  readonly metadata: Metadata
}
type Done = (error: unknown, answer?: Message) => void
type Handler = (call: Call, done: Done) => void

interface Grpc {
  readonly Metadata: new () => Metadata
  readonly Server: new () => {
    addService(definition: unknown, handlers: Readonly<Record<string, Handler>>): void
    bindAsync(address: string, credentials: unknown, done: (error: Error | null, port: number) => void): void
    forceShutdown(): void
  }
  readonly ServerCredentials: { createSsl(roots: null, pairs: readonly unknown[]): unknown }
  readonly credentials: {
    createSsl(roots: Buffer): unknown
    createFromGoogleCredential(source: unknown): unknown
    combineChannelCredentials(channel: unknown, call: unknown): unknown
  }
  readonly status: Readonly<Record<string, number>>
  loadPackageDefinition(definition: unknown): unknown
}

// These come with the official client; they are looked up from where it stands, so that they are exactly the ones it uses.
const fromHere = createRequire(import.meta.url)
const fromClient = createRequire(fromHere.resolve('google-ads-api'))
const fromGax = createRequire(fromClient.resolve('google-gax'))
export const grpc = (fromClient('google-gax') as { grpc: Grpc }).grpc
export const { UserRefreshClient } = fromClient('google-auth-library') as {
  UserRefreshClient: new (
    options: unknown,
  ) => {
    getAccessToken(): Promise<{ token?: string | null }>
    getRequestHeaders(url: string): Promise<Iterable<readonly [string, string]>>
  }
}

const SERVICES: Readonly<Record<string, MutateService>> = {
  CampaignBudget: 'campaignBudgets',
  Campaign: 'campaigns',
  AdGroup: 'adGroups',
  AdGroupAd: 'adGroupAds',
  GoogleAds: 'googleAds',
}
const METHODS: Readonly<Record<string, string>> = {
  CampaignBudget: 'MutateCampaignBudgets',
  Campaign: 'MutateCampaigns',
  AdGroup: 'MutateAdGroups',
  AdGroupAd: 'MutateAdGroupAds',
  GoogleAds: 'Mutate',
}
const FAILURE_KEY = 'google.ads.googleads.v25.errors.googleadsfailure-bin'

function loadServices(): Readonly<Record<string, { readonly service: unknown }>> {
  const loader = fromGax('@grpc/proto-loader') as { loadSync(files: readonly string[], options: unknown): unknown }
  const files = ['google_ads', 'customer', 'campaign_budget', 'campaign', 'ad_group', 'ad_group_ad']
  const protosOf = (name: string) => join(fromClient.resolve(name).split('/build/')[0] ?? '', 'build/protos')
  const definition = loader.loadSync(
    files.map((file) => `google/ads/googleads/v25/services/${file}_service.proto`),
    {
      includeDirs: [protosOf('google-ads-node'), protosOf('google-gax')],
      keepCase: true,
      longs: String,
      enums: String,
    },
  )
  const { google } = grpc.loadPackageDefinition(definition) as {
    google: { ads: { googleads: { v25: { services: Readonly<Record<string, { service: unknown }>> } } } }
  }
  return google.ads.googleads.v25.services
}

/** A GoogleAdsFailure as bytes, by the official client's own encoder. */
function failureBytes(errors: unknown, requestId: string): Buffer {
  const { protos } = fromClient('google-ads-node') as {
    protos: {
      google: {
        ads: {
          googleads: {
            v25: {
              errors: {
                GoogleAdsFailure: {
                  fromObject(value: unknown): unknown
                  encode(value: unknown): { finish(): Uint8Array }
                }
              }
            }
          }
        }
      }
    }
  }
  const { GoogleAdsFailure } = protos.google.ads.googleads.v25.errors
  const value = GoogleAdsFailure.fromObject({ errors: toSnake(errors), request_id: requestId })
  return Buffer.from(GoogleAdsFailure.encode(value).finish())
}

/** google.rpc.Status carries its details as Any: type and bytes. */
function asStatus(value: unknown): unknown {
  if (!isRecord(value)) return undefined
  const details = Array.isArray(value['details']) ? value['details'] : []
  return {
    code: value['code'],
    message: value['message'],
    details: details.map((detail: Message) => ({ type_url: FAILURE_TYPE, value: failureBytes(detail['errors'], '') })),
  }
}

export interface GoogleGrpc {
  readonly port: number
  /** The self-signed certificate for "localhost". */
  readonly certificate: Buffer
  /** Calls that arrived, by method name. */
  readonly calls: readonly string[]
  /** The next calls fail with UNAVAILABLE *after* they took effect. */
  loseAnswers(times: number): void
  close(): void
}

function selfSigned(folder: string): { key: Buffer; certificate: Buffer } {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2', ...subject],
    { stdio: 'ignore' },
  )
  return { key: readFileSync(key), certificate: readFileSync(certificate) }
}

/** Starts the gRPC server over a running sandbox, on 127.0.0.1 and a free port, with TLS. */
export async function startGoogleGrpc(sandbox: SandboxGoogle): Promise<GoogleGrpc> {
  const calls: string[] = []
  let lost = 0
  const { api } = sandbox
  const folder = mkdtempSync(join(tmpdir(), 'google-grpc-'))
  const { key, certificate } = selfSigned(folder)
  rmSync(folder, { recursive: true })

  function callerOf({ metadata }: Call) {
    const token = String(metadata.get('authorization')[0] ?? '').replace(/^Bearer /, '')
    const email = sandbox.whoIs(token)
    if (email === undefined) throw new ApiFailure('UNAUTHENTICATED', [])
    const login = metadata.get('login-customer-id')[0]
    return { email, loginCustomerId: login === undefined ? undefined : String(login) }
  }

  /** Runs one call and answers it, or with the failure's bytes in the trailers. */
  function serve(name: string, work: (call: Call) => Message): Handler {
    return (call, done) => {
      calls.push(name)
      const metadata = new grpc.Metadata()
      metadata.set('request-id', `REQ-${calls.length}`)
      try {
        const answer = work(call)
        if (lost > 0) {
          lost -= 1
          done({ code: grpc.status['UNAVAILABLE'], details: 'The service is currently unavailable.', metadata })
        } else done(null, answer)
      } catch (error) {
        if (!(error instanceof ApiFailure)) throw error
        metadata.set(FAILURE_KEY, failureBytes(error.errors, `REQ-${calls.length}`))
        done({ code: error.rpcCode, details: error.message, metadata })
      }
    }
  }

  const mutateWith = (name: string) =>
    serve(METHODS[name] ?? name, (call) => {
      const answer = api.mutate(
        callerOf(call),
        String(call.request['customer_id']),
        SERVICES[name] ?? 'googleAds',
        call.request,
      )
      const { partialFailureError, ...rest } = answer as Message
      return { ...(toSnake(rest) as Message), partial_failure_error: asStatus(partialFailureError) }
    })
  const search = serve('Search', (call) => {
    const { fieldMask, ...page } = api.search(callerOf(call), String(call.request['customer_id']), call.request)
    return { ...(toSnake(page) as Message), field_mask: { paths: fieldMask.split(',') } }
  })
  const list = serve('ListAccessibleCustomers', (call) => {
    callerOf(call)
    return toSnake(api.listAccessibleCustomers()) as Message
  })

  const server = new grpc.Server()
  const services = loadServices()
  for (const name of Object.keys(METHODS)) {
    const handlers = { [METHODS[name] ?? '']: mutateWith(name), ...(name === 'GoogleAds' ? { Search: search } : {}) }
    server.addService(services[`${name}Service`]?.service, handlers)
  }
  server.addService(services['CustomerService']?.service, { ListAccessibleCustomers: list })
  const pair = { private_key: key, cert_chain: certificate }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createSsl(null, [pair]), (error, bound) => {
      if (error === null) resolve(bound)
      else reject(error)
    })
  })
  return {
    port,
    certificate,
    calls,
    loseAnswers: (times) => {
      lost = times
    },
    close: () => server.forceShutdown(),
  }
}
