/**
 * Writes the hashes of the script and the style of resources/verify/verify.html into its content security policy. To be run after every change
 * of the page: `node test/support/seal-verify-page.ts`. A test compares.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const VERIFY_PAGE: string = join(import.meta.dirname, '../../resources/verify/verify.html')

/** The page with a policy that lets exactly its own script and style run. */
export function sealed(page: string): string {
  return (['script', 'style'] as const).reduce((text, tag) => {
    const inside = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(page)?.[1]
    if (inside === undefined) throw new Error(`the page has no <${tag}>`)
    const hash = createHash('sha256').update(inside).digest('base64')
    return text.replace(new RegExp(`${tag}-src 'sha256-[^']*'`), `${tag}-src 'sha256-${hash}'`)
  }, page)
}

if (import.meta.main) writeFileSync(VERIFY_PAGE, sealed(readFileSync(VERIFY_PAGE, 'utf8')))
