/**
 * Only what the conformance test touches of google-ads-api, as its source has it. Its own types are megabytes of generated code, and keep
 * private what has to be overridden to reach a loopback address.
 */
declare module 'google-ads-api' {
  interface ClientOptions {
    readonly client_id: string
    readonly client_secret: string
    readonly developer_token: string
    readonly grpc_channel_options?: Record<string, unknown>
  }
  interface CustomerOptions {
    readonly customer_id: string
    readonly login_customer_id?: string
    readonly refresh_token: string
  }
  type Message = Record<string, unknown>
  interface Mutator {
    update(resources: readonly Message[], options?: Message): Promise<MutateResponse>
  }
  export interface MutateResponse {
    readonly results?: readonly { readonly resource_name?: string | null }[]
    readonly mutate_operation_responses?: readonly Message[]
    readonly partial_failure_error?: { readonly errors?: readonly Message[] } | null
  }
  export class Customer {
    constructor(client: ClientOptions, customer: CustomerOptions)
    readonly clientOptions: ClientOptions
    readonly customerOptions: CustomerOptions
    readonly callHeaders: Record<string, string>
    readonly campaignBudgets: Mutator
    readonly campaigns: Mutator
    readonly adGroups: Mutator
    readonly adGroupAds: Mutator
    query(gaql: string): Promise<Message[]>
    mutateResources(operations: readonly Message[], options?: Message): Promise<MutateResponse>
    loadService(name: string): unknown
    prepareGoogleAdsServicePostRequestArgs(
      name: string,
      token: string,
      extra: unknown,
    ): { url: string; timeout?: number }
  }
  /** "CampaignStatus" → { PAUSED: 3, 3: "PAUSED" } */
  export const enums: Readonly<Record<string, Readonly<Record<string, string | number>>>>
}
