/** Writes an archive until the disk takes no more, and says what came of it. Started with a limit on the size of files. */
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ZipWriter } from '../../main/audit/bundle/zip-writer.ts'
import { OperationError } from '../../shared/errors.ts'

const folder = process.argv[2] ?? ''
const zip = new ZipWriter(join(folder, '.x.part'))
const ended: { code: string; message: string; left: readonly string[] } = { code: 'none', message: '', left: [] }
try {
  const file = zip.begin('much.bin')
  for (let n = 0; n < 64; n += 1) file.write(randomBytes(65_536))
  file.end()
  zip.close()
} catch (error) {
  if (error instanceof OperationError) Object.assign(ended, { code: error.code, message: error.message })
  else throw error
} finally {
  zip.discard()
}
process.stdout.write(JSON.stringify({ ...ended, left: readdirSync(folder) }))
