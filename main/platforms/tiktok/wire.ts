/** What TikTok's answers must look like before we believe them (API for Business v1.3). Ids are texts: a number has already lost digits. */
import { z } from 'zod'

/** TikTok's ids: digits as text. A JSON number is refused, because 19 digits do not survive one. */
const id = z.string().regex(/^[0-9]{1,24}$/)
const text = z.string().max(20_000)
/** A float on the wire. Turned to micros only in map.ts, through its shortest exact decimal spelling. */
const amount = z.number()

export const envelopeSchema = z.object({
  code: z.number().int(),
  message: z.string().optional(),
  request_id: z.string().max(200).optional(),
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
  list: z.array(z.object({ advertiser_id: id, advertiser_name: text.optional() })).max(10_000),
})

export const advertiserInfoSchema = z.object({
  list: z
    .array(
      z.object({
        advertiser_id: id,
        name: text.optional(),
        currency: z.string().max(12),
        timezone: z.string().max(64).optional(),
        display_timezone: z.string().max(64).optional(),
        status: z.string().max(80).optional(),
      }),
    )
    .max(100),
})
export type WireAdvertiser = z.infer<typeof advertiserInfoSchema>['list'][number]

const word = z.string().max(120)
/** Of what is only shown: a value we cannot read is left out, it never stops a listing. */
const shown = <T extends z.ZodType>(schema: T) => schema.nullish().catch(undefined)
const shownWords = shown(z.array(word).max(2000))
/** A switch or id list may come as null where TikTok has none. */
const optionalAmount = amount.nullish()

export const campaignSchema = z.object({
  campaign_id: id,
  campaign_name: text.optional(),
  campaign_automation_type: word.optional(),
  objective_type: word.optional(),
  budget: amount.optional(),
  budget_mode: word.optional(),
  budget_optimize_on: z.boolean().optional(),
  operation_status: word,
  secondary_status: word.optional(),
  modify_time: word.optional(),
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
  adgroup_name: text.optional(),
  budget: amount.optional(),
  budget_mode: word.optional(),
  scheduled_budget: optionalAmount,
  bid_type: word.nullish(),
  bid_price: optionalAmount,
  conversion_bid_price: optionalAmount,
  deep_bid_type: word.nullish(),
  roas_bid: optionalAmount,
  billing_event: word.nullish(),
  optimization_goal: word.optional(),
  optimization_event: shown(word),
  placement_type: shown(word),
  placements: shownWords,
  ...targeting,
  targeting_spec: shown(z.object(targeting)),
  click_attribution_window: word.optional(),
  view_attribution_window: word.optional(),
  schedule_start_time: word.optional(),
  schedule_end_time: word.optional(),
  operation_status: word,
  secondary_status: word.optional(),
  modify_time: word.optional(),
})
export type WireAdGroup = z.infer<typeof adGroupSchema>
export const adGroupPageSchema = paged(adGroupSchema)

export const adSchema = z.object({
  ad_id: id,
  adgroup_id: id,
  campaign_id: id,
  ad_name: text.optional(),
  ad_format: word.optional(),
  video_id: z.string().max(120).optional(),
  image_ids: z.array(z.string().max(200)).max(100).optional(),
  ad_text: text.optional(),
  landing_page_url: text.optional(),
  operation_status: word,
  secondary_status: word.optional(),
  modify_time: word.optional(),
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
  file_name: text.optional(),
  format: word.optional(),
  displayable: z.boolean().optional(),
}
/** Signed, good for about six hours. */
const address = z.string().max(4000).nullish()
export const videoInfoSchema = z.object({
  list: z.array(z.object({ video_id: z.string().max(120), video_cover_url: address, ...asset })).max(60),
})
export const imageInfoSchema = z.object({
  list: z.array(z.object({ image_id: z.string().max(200), image_url: address, ...asset })).max(100),
})

export const reportPageSchema = paged(
  z.object({
    dimensions: z.record(z.string(), z.string().max(60)),
    metrics: z.record(z.string(), z.string().max(60)),
  }),
)
export type WireReportRow = z.infer<typeof reportPageSchema>['list'][number]

export const tokenSchema = z.object({
  access_token: z.string().min(8).max(500),
  advertiser_ids: z.array(id).max(10_000),
  scope: z.array(z.number().int()).max(1000).optional(),
})

/** What a status write says of ids that it did not change. */
export const statusReplySchema = z.object({
  error_list: z.array(z.record(z.string(), z.unknown())).max(100).optional(),
})
