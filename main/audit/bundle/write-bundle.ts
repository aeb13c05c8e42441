export interface ExportJobInput {
  readonly scope: ExportScope
  readonly redact: readonly ('personal' | 'confidential')[]
  readonly appVersion: string
  readonly part: string
  readonly folder: string
  readonly fileName: string | undefined
  readonly vkey: string
  readonly nowMs: number
}
export type ExportScope = { readonly kind: 'all' } | { readonly kind: 'days'; readonly from: string | undefined; readonly to: string | undefined } | { readonly kind: 'draft'; readonly draftId: string } | { readonly kind: 'account'; readonly accountId: string }
export interface ExportRecord { readonly from: number; readonly through: number; readonly scope: string }
export interface HeadAfterExport { readonly size: number; readonly root: string; readonly note: string }
export interface ExportJobOutput { readonly file: string; readonly bytes: number; readonly records: number; readonly withheld: number; readonly sha256: string }
export async function writeBundle(_tools: unknown, _input: ExportJobInput): Promise<ExportJobOutput> {
  throw new Error('not yet')
}
