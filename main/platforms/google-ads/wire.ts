/**
 * What Google's answers must look like before we believe them (Google Ads API v25, proto3 JSON). Ids and int64 are texts: a JSON number
 * has already lost digits. Enums are open words: what is new becomes "unknown" in map.ts, with the raw word kept.
 */
import { z } from 'zod'

/** int64 in proto3 JSON: a text of digits. A JSON number is refused, because it may have been rounded on the way. */
const int64 = z.string().regex(/^-?[0-9]{1,19}$/)
const id = z.string().regex(/^[0-9]{1,19}$/)
const text = z.string().max(20_000)
const word = z.string().max(200)
const resourceName = z.string().max(200)
/** A ratio or a count of conversions. Turned into integers only in map.ts, through its shortest decimal spelling. */
const double = z.number()

/** Rows of one page of `search`: never more than 10,000. */
const MAX_ROWS = 10_000

export const pageSchema = <T extends z.ZodType>(row: T) =>
  z.object({
    results: z.array(row).max(MAX_ROWS).default([]),
    nextPageToken: z.string().max(4_000).optional(),
    totalResultsCount: int64.optional(),
    /** The fields asked for: in every answer, also in one without rows. */
    fieldMask: z.string().max(20_000).optional(),
  })

export const accessibleSchema = z.object({
  resourceNames: z
    .array(z.string().regex(/^customers\/[0-9]{1,19}$/))
    .max(10_000)
    .default([]),
})

export const clientRowSchema = z.object({
  customerClient: z.object({
    id,
    level: int64.default('0'),
    manager: z.boolean().default(false),
    descriptiveName: text.optional(),
    currencyCode: z.string().max(12).optional(),
    timeZone: z.string().max(64).optional(),
    status: word.optional(),
    hidden: z.boolean().default(false),
    testAccount: z.boolean().default(false),
  }),
})
export type WireClient = z.infer<typeof clientRowSchema>['customerClient']

export const customerRowSchema = z.object({
  customer: z.object({
    id,
    manager: z.boolean().default(false),
    descriptiveName: text.optional(),
    currencyCode: z.string().max(12).optional(),
    timeZone: z.string().max(64).optional(),
    status: word.optional(),
    testAccount: z.boolean().default(false),
  }),
})

export const currencyRowSchema = z.object({
  currencyConstant: z.object({ code: z.string().max(12), billableUnitMicros: int64.optional() }),
})

const reasons = z.array(word).max(100).optional()

const budgetSchema = z.object({
  resourceName,
  id,
  amountMicros: int64.optional(),
  totalAmountMicros: int64.optional(),
  period: word.optional(),
  status: word.optional(),
  explicitlyShared: z.boolean().optional(),
  referenceCount: int64.optional(),
})
export type WireBudget = z.infer<typeof budgetSchema>

const money = z.object({ targetCpaMicros: int64.optional() })
const ratio = z.object({ targetRoas: double.optional() })

export const campaignSchema = z.object({
  resourceName,
  id,
  name: text.optional(),
  status: word,
  primaryStatus: word.optional(),
  primaryStatusReasons: reasons,
  servingStatus: word.optional(),
  advertisingChannelType: word.optional(),
  advertisingChannelSubType: word.optional(),
  experimentType: word.optional(),
  biddingStrategyType: word.optional(),
  /** Set only when a portfolio strategy bids. */
  biddingStrategy: resourceName.optional(),
  campaignBudget: resourceName.optional(),
  startDateTime: word.optional(),
  endDateTime: word.optional(),
  maximizeConversions: money.optional(),
  targetCpa: money.optional(),
  maximizeConversionValue: ratio.optional(),
  targetRoas: ratio.optional(),
  targetSpend: z.object({ cpcBidCeilingMicros: int64.optional() }).optional(),
})
export type WireCampaign = z.infer<typeof campaignSchema>

export const campaignRowSchema = z.object({ campaign: campaignSchema, campaignBudget: budgetSchema.optional() })
export type CampaignRow = z.infer<typeof campaignRowSchema>

export const campaignIdRowSchema = z.object({
  campaign: z.object({ id, campaignBudget: resourceName.optional() }),
})

export const adGroupRowSchema = z.object({
  campaign: campaignSchema,
  adGroup: z.object({
    resourceName,
    id,
    name: text.optional(),
    status: word,
    type: word.optional(),
    primaryStatus: word.optional(),
    primaryStatusReasons: reasons,
    cpcBidMicros: int64.optional(),
    targetCpaMicros: int64.optional(),
    targetRoas: double.optional(),
  }),
})
export type AdGroupRow = z.infer<typeof adGroupRowSchema>

const textAsset = z.object({ text: text.optional() })
const textAssets = z.object({ headlines: z.array(textAsset).max(100).optional() }).optional()

export const adRowSchema = z.object({
  campaign: z.object({
    id,
    name: text.optional(),
    status: word,
    experimentType: word.optional(),
    advertisingChannelType: word.optional(),
    advertisingChannelSubType: word.optional(),
  }),
  adGroup: z.object({ id, status: word }),
  adGroupAd: z.object({
    resourceName,
    status: word,
    primaryStatus: word.optional(),
    primaryStatusReasons: reasons,
    policySummary: z
      .object({
        approvalStatus: word.optional(),
        reviewStatus: word.optional(),
        policyTopicEntries: z
          .array(z.object({ topic: text.optional(), type: word.optional() }))
          .max(500)
          .optional(),
      })
      .optional(),
    ad: z.object({
      id,
      name: text.optional(),
      type: word.optional(),
      finalUrls: z.array(text).max(100).optional(),
      responsiveSearchAd: textAssets,
      responsiveDisplayAd: textAssets,
    }),
  }),
})
export type AdRow = z.infer<typeof adRowSchema>

export const assetUseRowSchema = z.object({
  adGroupAdAssetView: z.object({
    adGroupAd: resourceName,
    enabled: z.boolean().optional(),
    fieldType: word.optional(),
  }),
  asset: z.object({ id, type: word.optional() }),
})
export type AssetUseRow = z.infer<typeof assetUseRowSchema>

export const assetRowSchema = z.object({
  asset: z.object({
    resourceName,
    id,
    name: text.optional(),
    type: word.optional(),
    imageAsset: z.object({ fullSize: z.object({ url: z.string().max(4_000).optional() }).optional() }).optional(),
    youtubeVideoAsset: z.object({ youtubeVideoId: word.optional(), youtubeVideoTitle: text.optional() }).optional(),
    textAsset: z.object({ text: text.optional() }).optional(),
  }),
})
export type AssetRow = z.infer<typeof assetRowSchema>

const criterion = z.object({
  criterionId: id,
  type: word.optional(),
  negative: z.boolean().default(false),
  location: z.object({ geoTargetConstant: resourceName.optional() }).optional(),
  language: z.object({ languageConstant: resourceName.optional() }).optional(),
  ageRange: z.object({ type: word.optional() }).optional(),
  gender: z.object({ type: word.optional() }).optional(),
  incomeRange: z.object({ type: word.optional() }).optional(),
  parentalStatus: z.object({ type: word.optional() }).optional(),
  userList: z.object({ userList: resourceName.optional() }).optional(),
  audience: z.object({ audience: resourceName.optional() }).optional(),
  keyword: z.object({ text: text.optional(), matchType: word.optional() }).optional(),
  placement: z.object({ url: text.optional() }).optional(),
  topic: z.object({ topicConstant: resourceName.optional() }).optional(),
  device: z.object({ type: word.optional() }).optional(),
  userInterest: z.object({ userInterestCategory: resourceName.optional() }).optional(),
  youtubeChannel: z.object({ channelId: word.optional() }).optional(),
  youtubeVideo: z.object({ videoId: word.optional() }).optional(),
  customAudience: z.object({ customAudience: resourceName.optional() }).optional(),
  combinedAudience: z.object({ combinedAudience: resourceName.optional() }).optional(),
})
export type WireCriterion = z.infer<typeof criterion>
export const campaignCriterionRowSchema = z.object({ campaign: z.object({ id }), campaignCriterion: criterion })
export const adGroupCriterionRowSchema = z.object({ adGroup: z.object({ id }), adGroupCriterion: criterion })

/** The one entity a metrics row is about: whichever of these was asked for. */
const subject = {
  campaign: z.object({ id }).optional(),
  adGroup: z.object({ id }).optional(),
  adGroupAd: z.object({ resourceName }).optional(),
}
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)

export const metricsRowSchema = z.object({
  ...subject,
  segments: z.object({ date: day }),
  metrics: z.object({
    costMicros: int64.optional(),
    impressions: int64.optional(),
    clicks: int64.optional(),
    videoTrueviewViews: int64.optional(),
    conversions: double.optional(),
    conversionsValue: double.optional(),
    viewThroughConversions: int64.optional(),
  }),
})
export type MetricsRow = z.infer<typeof metricsRowSchema>

export const lagRowSchema = z.object({
  ...subject,
  segments: z.object({ date: day, conversionLagBucket: word }),
  metrics: z.object({ conversions: double.optional(), conversionsValue: double.optional() }),
})
export type LagRow = z.infer<typeof lagRowSchema>

export const reachRowSchema = z.object({
  ...subject,
  segments: z.object({ date: day }),
  metrics: z.object({ uniqueUsers: int64.optional() }),
})

export const fieldPageSchema = z.object({
  results: z
    .array(z.object({ name: word, selectableWith: z.array(word).max(10_000).default([]) }))
    .max(10)
    .default([]),
})

export const actionRowSchema = z.object({
  conversionAction: z.object({
    id,
    name: text.optional(),
    status: word.optional(),
    type: word.optional(),
    category: word.optional(),
    primaryForGoal: z.boolean().optional(),
    includeInConversionsMetric: z.boolean().optional(),
    clickThroughLookbackWindowDays: int64.optional(),
    viewThroughLookbackWindowDays: int64.optional(),
    valueSettings: z
      .object({ defaultValue: double.optional(), alwaysUseDefaultValue: z.boolean().optional() })
      .optional(),
  }),
})
export type WireAction = z.infer<typeof actionRowSchema>['conversionAction']

export const actionHealthRowSchema = z.object({
  conversionAction: z.object({ id }),
  metrics: z
    .object({ conversionLastReceivedRequestDateTime: word.optional(), conversionLastConversionDate: word.optional() })
    .optional(),
})
export const trackingRowSchema = z.object({
  customer: z.object({
    conversionTrackingSetting: z.object({ conversionTrackingStatus: word.optional() }).optional(),
  }),
})

/** Result of a mutate; `results` keeps a place per operation, empty for one that failed. */
export const mutateSchema = z.object({
  results: z
    .array(z.object({ resourceName: resourceName.optional() }))
    .max(10)
    .default([]),
  partialFailureError: z.unknown().optional(),
})

export const tokenSchema = z.object({
  access_token: z.string().min(8).max(4_000),
  expires_in: z.number().int().min(1).max(100_000),
  scope: z.string().max(4_000).optional(),
  /** Only when the grant itself ends at a set time. */
  refresh_token_expires_in: z.number().int().min(0).max(1_000_000_000).optional(),
})
export const codeTokenSchema = tokenSchema.extend({ refresh_token: z.string().min(8).max(4_000).optional() })
export const tokenErrorSchema = z.object({ error: word })
