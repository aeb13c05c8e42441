/** What a person should know of a report before it is stored, in at most ten sentences. */
import type { RawTable, TotalsCheck } from './parsed.ts'
import { MEASURE_WORDS, type ReportColumns } from './report-columns.ts'
import type { ReadRows } from './report-file.ts'
import type { Places } from './report-rows.ts'
import type { ReportSpec } from './report-spec.ts'

const MAX_WARNINGS = 10

interface Facts {
  readonly spec: ReportSpec
  readonly table: RawTable
  readonly columns: ReportColumns
  readonly places: Places
  readonly read: ReadRows
  readonly isDaily: boolean
  readonly totalsCheck: readonly TotalsCheck[]
  readonly repeats: number
}

export function warningsOf(facts: Facts): readonly string[] {
  const { spec, table, read, isDaily, totalsCheck, repeats } = facts
  const wrong = totalsCheck.filter((check) => !check.isEqual)
  return [
    ...(table.warnings ?? []),
    ...(isDaily ? [] : [`The rows of this file are not days. ${spec.howToDaily}`]),
    ...wrong
      .slice(0, 2)
      .map((check) => `${check.column}: the file’s own total is ${check.inFile}, its rows come to ${check.summed}.`),
    ...missing(facts),
    ...(repeats === 0
      ? []
      : [
          `${counted(repeats, 'row repeats', 'rows repeat')} the names and day of another row: amounts and counts were added up, reach is left out.`,
        ]),
    ...(read.masked === 0
      ? []
      : [
          `${counted(read.masked, 'cell says', 'cells say')} only "less than" or "more than": they are left out of every sum.`,
        ]),
    ...(read.empty === 0
      ? []
      : [`${counted(read.empty, 'row has', 'rows have')} no numbers and ${read.empty === 1 ? 'is' : 'are'} left out.`]),
    ...(read.controls === 0
      ? []
      : [
          `${counted(read.controls, 'name has', 'names have')} line breaks or control characters, which became blanks.`,
        ]),
  ].slice(0, MAX_WARNINGS)
}

const counted = (count: number, one: string, several: string): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : several}`

function missing({ columns, places, spec }: Facts): readonly string[] {
  const has = (measure: keyof typeof MEASURE_WORDS): boolean =>
    columns.measures.some((each) => each.measure === measure)
  const counts = (['impressions', 'clicks'] as const)
    .filter((measure) => !has(measure))
    .map((measure) => MEASURE_WORDS[measure].toLowerCase())
  const hasAdGroup = places.adGroup !== undefined || places.adGroupId !== undefined
  const hasAd = places.ad !== undefined || places.adId !== undefined
  const parents = [
    ...(places.campaign === undefined && places.campaignId === undefined ? ['campaigns'] : []),
    ...(hasAd && !hasAdGroup ? [`${spec.adGroupWord}s`] : []),
  ]
  return [
    ...(counts.length === 0 ? [] : [`The file has no column of ${counts.join(' or ')}: they are not known.`]),
    ...(parents.length === 0
      ? []
      : [`The file has no column of ${parents.join(' or ')}: its rows will not meet those of other files that do.`]),
  ]
}
