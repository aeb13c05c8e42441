/** The official SDK ships no types. Only what the conformance test touches, as its source declares it. */
declare module 'facebook-nodejs-business-sdk' {
  type Params = Record<string, unknown>
  type Fields = readonly string[]
  interface Crud {
    readonly id: string
    exportAllData(): Record<string, unknown>
    get(fields: Fields, params?: Params): Promise<this>
    update(fields: Fields, params?: Params): Promise<unknown>
  }
  export interface Cursor<T> extends Array<T> {
    readonly paging: { readonly next?: string; readonly cursors?: { readonly after: string } } | undefined
    readonly headers: Record<string, string> | undefined
    hasNext(): boolean
    next(): Promise<Cursor<T>>
  }
  export class FacebookAdsApi {
    static GRAPH: string
    static VERSION: string
    static setDefaultApi(api: FacebookAdsApi): void
    constructor(accessToken: string, locale?: string, crashLog?: boolean)
    setShowHeader(isShown: boolean): this
    call(method: string, path: readonly string[] | string, params?: Params): Promise<unknown>
    getAppID(): Promise<{ readonly data: unknown }>
  }
  interface BatchReply {
    readonly isSuccess: boolean
    readonly body: Record<string, unknown>
    readonly error: (Error & { readonly response: Record<string, unknown>; readonly status: number }) | null
  }
  export class FacebookAdsApiBatch {
    constructor(api: FacebookAdsApi)
    add(
      method: string,
      path: readonly string[] | string,
      params?: Params,
      files?: undefined,
      onSuccess?: (reply: BatchReply) => void,
      onFailure?: (reply: BatchReply) => void,
    ): unknown
    execute(): Promise<FacebookAdsApiBatch | null>
  }
  export class Campaign implements Crud {
    constructor(id: string)
    readonly id: string
    exportAllData(): Record<string, unknown>
    get(fields: Fields, params?: Params): Promise<this>
    update(fields: Fields, params?: Params): Promise<unknown>
    getAdSets(fields: Fields, params?: Params): Promise<Cursor<AdSet>>
    getInsights(fields: Fields, params?: Params): Promise<Cursor<AdsInsights>>
  }
  export class AdSet extends Campaign {
    getAds(fields: Fields, params?: Params): Promise<Cursor<Ad>>
  }
  export class Ad extends Campaign {}
  export class AdCreative extends Campaign {}
  export class AdsPixel extends Campaign {
    getStats(fields: Fields, params?: Params): Promise<Cursor<Crud>>
  }
  export class AdsInsights {
    exportAllData(): Record<string, unknown>
  }
  export class AdReportRun extends Campaign {}
  export class AdAccount {
    constructor(id: string, data?: Params, parentId?: string, api?: FacebookAdsApi)
    exportAllData(): Record<string, unknown>
    get(fields: Fields, params?: Params): Promise<this>
    getCampaigns(fields: Fields, params?: Params): Promise<Cursor<Campaign>>
    getAdSets(fields: Fields, params?: Params): Promise<Cursor<AdSet>>
    getAds(fields: Fields, params?: Params): Promise<Cursor<Ad>>
    getAdCreatives(fields: Fields, params?: Params): Promise<Cursor<AdCreative>>
    getAdsPixels(fields: Fields, params?: Params): Promise<Cursor<AdsPixel>>
    getCustomConversions(fields: Fields, params?: Params): Promise<Cursor<Crud>>
    getActivities(fields: Fields, params?: Params): Promise<Cursor<Crud>>
    getMinimumBudgets(fields: Fields, params?: Params): Promise<Cursor<Crud>>
    getInsights(fields: Fields, params?: Params): Promise<Cursor<AdsInsights>>
    getInsightsAsync(fields: Fields, params?: Params): Promise<AdReportRun>
  }
  export class User {
    constructor(id: string)
    getAdAccounts(fields: Fields, params?: Params): Promise<Cursor<AdAccount & { readonly id: string }>>
    getBusinesses(fields: Fields, params?: Params): Promise<Cursor<Business>>
  }
  export class Business {
    constructor(id: string)
    readonly id: string
    exportAllData(): Record<string, unknown>
    getOwnedAdAccounts(fields: Fields, params?: Params): Promise<Cursor<AdAccount>>
    getClientAdAccounts(fields: Fields, params?: Params): Promise<Cursor<AdAccount>>
  }
}
