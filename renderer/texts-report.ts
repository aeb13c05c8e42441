/** Words of the report screen. */
export const REPORT_TEXTS = {} as const
