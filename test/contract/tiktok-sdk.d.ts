/** The official SDK ships no types. Only what the conformance test touches, as its source declares it (callbacks last). */
declare module 'tiktok-business-api-sdk-official' {
  type Callback = (error: Error | null, data: unknown, response: unknown) => void
  type Options = Record<string, unknown>
  export class ApiClient {
    basePath: string
    timeout: number
  }
  export class AuthenticationApi {
    constructor(client: ApiClient)
    oauth2AccessToken(options: Options, callback: Callback): unknown
    oauth2AdvertiserGet(appId: string, secret: string, token: string, callback: Callback): unknown
  }
  export class AccountManagementApi {
    constructor(client: ApiClient)
    advertiserInfo(advertiserIds: readonly string[], token: string, options: Options, callback: Callback): unknown
  }
  export class CampaignCreationApi {
    constructor(client: ApiClient)
    campaignGet(advertiserId: string, token: string, options: Options, callback: Callback): unknown
    smartPlusCampaignGet(advertiserId: string, token: string, options: Options, callback: Callback): unknown
    campaignUpdate(token: string, options: Options, callback: Callback): unknown
    campaignStatusUpdate(token: string, options: Options, callback: Callback): unknown
    smartPlusCampaignUpdate(token: string, options: Options, callback: Callback): unknown
    smartPlusCampaignStatusUpdate(token: string, options: Options, callback: Callback): unknown
  }
  export class AdgroupApi {
    constructor(client: ApiClient)
    adgroupGet(advertiserId: string, token: string, options: Options, callback: Callback): unknown
    adgroupUpdate(token: string, options: Options, callback: Callback): unknown
    adgroupStatusUpdate(token: string, options: Options, callback: Callback): unknown
    smartPlusAdgroupGet(advertiserId: string, token: string, options: Options, callback: Callback): unknown
    smartPlusAdgroupUpdate(token: string, options: Options, callback: Callback): unknown
    smartPlusAdgroupStatusUpdate(token: string, options: Options, callback: Callback): unknown
  }
  export class AdApi {
    constructor(client: ApiClient)
    adGet(advertiserId: string, token: string, options: Options, callback: Callback): unknown
    adStatusUpdate(token: string, options: Options, callback: Callback): unknown
    smartPlusAdGet(advertiserId: string, token: string, options: Options, callback: Callback): unknown
    smartPlusAdStatusUpdate(token: string, options: Options, callback: Callback): unknown
    smartPlusAdReviewInfo(
      advertiserId: string,
      adIds: readonly string[],
      token: string,
      options: Options,
      callback: Callback,
    ): unknown
  }
  export class BCApi {
    constructor(client: ApiClient)
    bcGet(token: string, options: Options, callback: Callback): unknown
    bcAssetGet(bcId: string, assetType: string, token: string, options: Options, callback: Callback): unknown
  }
  export class MeasurementApi {
    constructor(client: ApiClient)
    pixelList(advertiserId: string, token: string, options: Options, callback: Callback): unknown
    pixelEventStats(
      advertiserId: string,
      pixelIds: readonly string[],
      dateRange: Options,
      token: string,
      callback: Callback,
    ): unknown
  }
  export class FileApi {
    constructor(client: ApiClient)
    adVideoInfo(advertiserId: string, videoIds: readonly string[], token: string, callback: Callback): unknown
    fileImageAdInfo(advertiserId: string, imageIds: readonly string[], token: string, callback: Callback): unknown
  }
  export class ReportingApi {
    constructor(client: ApiClient)
    reportIntegratedGet(reportType: string, token: string, options: Options, callback: Callback): unknown
  }
}
