/** The report: one picture of the money over all platforms. */
export function ReportScreen(_props: { id: string | null }) {
  return null
}
