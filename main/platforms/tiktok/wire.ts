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

export const adGroupSchema = z.object({
  adgroup_id: id,
  campaign_id: id,
  adgroup_name: text.optional(),
  budget: amount.optional(),
  budget_mode: word.optional(),
  bid_type: word.optional(),
  optimization_goal: word.optional(),
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

const asset = {
  file_name: text.optional(),
  format: word.optional(),
  displayable: z.boolean().optional(),
}
export const videoInfoSchema = z.object({
  list: z.array(z.object({ video_id: z.string().max(120), ...asset })).max(60),
})
export const imageInfoSchema = z.object({
  list: z.array(z.object({ image_id: z.string().max(200), ...asset })).max(100),
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
