/** What TikTok's answers must look like before we believe them (API for Business v1.3). Ids are texts: a number has already lost digits. */
import { z } from 'zod'

/** TikTok's ids: digits as text. A JSON number is refused, because 19 digits do not survive one. */
const id = z.string().regex(/^[0-9]{1,24}$/)
const text = z.string().max(20_000)
/** A float on the wire. Turned to micros only in map.ts, through its shortest exact decimal spelling. */
const amount = z.number()

export const envelopeSchema = z.object({
  code: z.number().int(),
  message: z.string().nullish(),
  request_id: z.string().max(200).nullish(),
  data: z.unknown(),
})

const pageInfo = z.object({
  page: z.number().int().min(1),
  page_size: z.number().int().min(1),
  total_number: z.number().int().min(0),
  total_page: z.number().int().min(0),
})

const paged = <T extends z.ZodType>(item: T) => z.object({ list: z.array(item).max(1000), page_info: pageInfo })

export const advertiserListSchema = z.object({
  list: z.array(z.object({ advertiser_id: id, advertiser_name: text.nullish() })).max(10_000),
})

export const advertiserInfoSchema = z.object({
  list: z
    .array(
      z.object({
        advertiser_id: id,
        name: text.nullish(),
        currency: z.string().max(12),
        timezone: z.string().max(64).nullish(),
        display_timezone: z.string().max(64).nullish(),
        status: z.string().max(80).nullish(),
      }),
    )
    .max(100),
})
export type WireAdvertiser = z.infer<typeof advertiserInfoSchema>['list'][number]

const word = z.string().max(120)
/**
 * What TikTok has nothing for is absent on newer endpoints and null on the classic ones, so every member that may be absent is `nullish`.
 * Of what is only shown: a value we cannot read is left out, it never stops a listing.
 */
const shown = <T extends z.ZodType>(schema: T) => schema.nullish().catch(undefined)
const shownWords = shown(z.array(word).max(2000))

export const campaignSchema = z.object({
  campaign_id: id,
  campaign_name: text.nullish(),
  campaign_automation_type: word.nullish(),
  objective_type: word.nullish(),
  budget: amount.nullish(),
  budget_mode: word.nullish(),
  budget_optimize_on: z.boolean().nullish(),
  /** "PROMOTE": made in the TikTok app; absent for all others. */
  campaign_system_origin: word.nullish(),
  /** "STORE": sells from a TikTok Shop, under lower limits. */
  campaign_product_source: word.nullish(),
  operation_status: word,
  secondary_status: word.nullish(),
  modify_time: word.nullish(),
})
export type WireCampaign = z.infer<typeof campaignSchema>
export const campaignPageSchema = paged(campaignSchema)

const targeting = {
  location_ids: shownWords,
  age_groups: shownWords,
  gender: shown(word),
  languages: shownWords,
  interest_category_ids: shownWords,
  interest_keyword_ids: shownWords,
  purchase_intention_keyword_ids: shownWords,
  actions: shown(
    z
      .array(
        z.object({
          action_scene: shown(word),
          action_category_ids: shownWords,
          video_user_actions: shownWords,
        }),
      )
      .max(200),
  ),
  audience_ids: shownWords,
  excluded_audience_ids: shownWords,
  operating_systems: shownWords,
}
export type WireTargeting = z.infer<z.ZodObject<typeof targeting>>

export const adGroupSchema = z.object({
  adgroup_id: id,
  campaign_id: id,
  adgroup_name: text.nullish(),
  budget: amount.nullish(),
  budget_mode: word.nullish(),
  scheduled_budget: amount.nullish(),
  bid_type: word.nullish(),
  bid_price: amount.nullish(),
  conversion_bid_price: amount.nullish(),
  deep_bid_type: word.nullish(),
  roas_bid: amount.nullish(),
  billing_event: word.nullish(),
  product_source: word.nullish(),
  optimization_goal: word.nullish(),
  optimization_event: shown(word),
  placement_type: shown(word),
  placements: shownWords,
  ...targeting,
  targeting_spec: shown(z.object(targeting)),
  click_attribution_window: word.nullish(),
  view_attribution_window: word.nullish(),
  schedule_start_time: word.nullish(),
  schedule_end_time: word.nullish(),
  operation_status: word,
  secondary_status: word.nullish(),
  modify_time: word.nullish(),
})
export type WireAdGroup = z.infer<typeof adGroupSchema>
export const adGroupPageSchema = paged(adGroupSchema)

export const adSchema = z.object({
  ad_id: id,
  adgroup_id: id,
  campaign_id: id,
  ad_name: text.nullish(),
  ad_format: word.nullish(),
  video_id: z.string().max(120).nullish(),
  image_ids: z.array(z.string().max(200)).max(100).nullish(),
  ad_text: text.nullish(),
  landing_page_url: text.nullish(),
  operation_status: word,
  secondary_status: word.nullish(),
  modify_time: word.nullish(),
})
export type WireAd = z.infer<typeof adSchema>
export const adPageSchema = paged(adSchema)

const creativeInfo = z.object({
  ad_format: word.nullish(),
  video_info: z.object({ video_id: z.string().max(120).nullish() }).nullish(),
  image_info: z
    .array(z.object({ web_uri: z.string().max(200).nullish() }))
    .max(100)
    .nullish(),
})

/** A Smart+ ad: one id of its own, several creatives, texts and pages. */
export const smartAdSchema = z.object({
  smart_plus_ad_id: id,
  adgroup_id: id,
  campaign_id: id,
  ad_name: text.nullish(),
  operation_status: word,
  secondary_status: word.nullish(),
  creative_list: z
    .array(z.object({ creative_info: creativeInfo.nullish() }))
    .max(200)
    .nullish(),
  ad_text_list: shown(z.array(z.object({ ad_text: text })).max(100)),
  landing_page_url_list: shown(z.array(z.object({ landing_page_url: text })).max(100)),
  modify_time: word.nullish(),
})
export type WireSmartAd = z.infer<typeof smartAdSchema>
export const smartAdPageSchema = paged(smartAdSchema)

export const reviewInfoSchema = z.object({
  smart_plus_ad_review_infos: z
    .array(
      z.object({
        smart_plus_ad_id: id,
        review_status: word.nullish(),
        reject_info: z
          .array(z.object({ reasons: shown(z.array(text).max(100)), suggestion: shown(text) }))
          .max(100)
          .nullish(),
      }),
    )
    .max(100)
    .nullish(),
})

export const businessCenterPageSchema = paged(z.object({ bc_info: z.object({ bc_id: id, name: text.nullish() }) }))
export const businessCenterAssetPageSchema = paged(
  z.object({ asset_id: id, advertiser_role: word.nullish(), asset_type: word.nullish() }),
)
export type WireBusinessCenter = z.infer<typeof businessCenterPageSchema>['list'][number]
export type WireBusinessCenterAsset = z.infer<typeof businessCenterAssetPageSchema>['list'][number]

export const pixelPageSchema = z
  .object({
    pixels: z
      .array(
        z.object({
          pixel_id: id,
          pixel_name: text.nullish(),
          activity_status: word.nullish(),
          create_time: word.nullish(),
        }),
      )
      .max(1000),
    page_info: pageInfo,
  })
  // The only listing whose rows have another name.
  .transform(({ pixels, page_info }) => ({ list: pixels, page_info }))
export type WirePixel = z.infer<typeof pixelPageSchema>['list'][number]

const count = z.number().int().min(0).nullish()
export const pixelStatsSchema = z.object({
  list: z
    .array(
      z.object({
        pixel_id: id,
        statistics: z
          .array(
            z.object({
              pixel_event_type: word.nullish(),
              custom_event_type: word.nullish(),
              preview_count: count,
              total_count: count,
            }),
          )
          .max(1000)
          .nullish(),
      }),
    )
    .max(100),
})
export type WirePixelStats = z.infer<typeof pixelStatsSchema>['list'][number]

const asset = {
  file_name: text.nullish(),
  format: word.nullish(),
  displayable: z.boolean().nullish(),
}
/** Signed, good for about six hours. */
const address = z.string().max(4000).nullish()
export const videoInfoSchema = z.object({
  list: z.array(z.object({ video_id: z.string().max(120), video_cover_url: address, ...asset })).max(60),
})
export type WireAsset = z.infer<typeof videoInfoSchema>['list'][number]
export const imageInfoSchema = z.object({
  list: z.array(z.object({ image_id: z.string().max(200), image_url: address, ...asset })).max(100),
})

export const reportPageSchema = paged(
  z.object({
    dimensions: z.record(z.string(), z.string().max(60)),
    metrics: z.record(z.string(), z.string().max(60).nullish()),
  }),
)
export type WireReportRow = z.infer<typeof reportPageSchema>['list'][number]

export const tokenSchema = z.object({
  access_token: z.string().min(8).max(500),
  advertiser_ids: z.array(id).max(10_000),
  scope: z.array(z.number().int()).max(1000).nullish(),
})

/** What a status write says of ids that it did not change. */
export const statusReplySchema = z.object({
  error_list: z.array(z.record(z.string(), z.unknown())).max(100).nullish(),
})
