/** The page that checks a bundle in a browser, as it goes into every bundle. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FILE_NAME = 'verify.html'

/** In the sources under resources/; built, beside the app's own code. */
export function readVerifierPage(): Buffer {
  const built = join(import.meta.dirname, FILE_NAME)
  return readFileSync(existsSync(built) ? built : join(import.meta.dirname, '../../../resources/verify', FILE_NAME))
}
