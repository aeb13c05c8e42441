/**
 * Files of the built window, for both shells. Reads only: it never lists a folder, never leaves the root it was given,
 * and knows no file type that the window does not need.
 */
import { readFile, realpath, stat } from 'node:fs/promises'
import { extname, resolve, sep } from 'node:path'

export type StaticFile =
  | { readonly status: 200; readonly type: string; readonly body: Uint8Array<ArrayBuffer> }
  | { readonly status: 403 | 404 }

/** What the window is made of. Anything else (source maps above all) does not exist for a page. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

/** A built window is a handful of files; the largest is the script bundle. */
const MAX_FILE_BYTES = 32 * 1024 * 1024
const MAX_PATH_CHARS = 512
const REFUSED: StaticFile = { status: 403 }
const ABSENT: StaticFile = { status: 404 }

/**
 * Whether `path` is `root` itself or lies under it. Both must be absolute and already resolved (realpath).
 * Comparing with the separator keeps the sibling `/app-evil` out of `/app`; another Windows drive never matches.
 */
export function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
}

/**
 * The file that a request path names.
 *
 * @param root folder of the built window; may itself be a link.
 * @param rawPath the path exactly as requested, still percent-encoded, without the query.
 * @returns 403 for anything that tries to leave (`..`, encoded or not, NUL, backslash, a link that points outside) or has a
 *   type the window does not use; 404 for what is not there. `/` is index.html.
 */
export async function readStatic(root: string, rawPath: string): Promise<StaticFile> {
  const relative = decodePath(rawPath)
  if (relative === undefined) return REFUSED
  const wanted = relative === '' ? 'index.html' : relative
  const type = TYPES[extname(wanted).toLowerCase()]
  if (type === undefined) return REFUSED
  try {
    const realRoot = await realpath(root)
    const real = await realpath(resolve(realRoot, wanted))
    if (real === realRoot || !isInside(realRoot, real)) return REFUSED
    const facts = await stat(real)
    if (!facts.isFile() || facts.size > MAX_FILE_BYTES) return REFUSED
    return { status: 200, type, body: new Uint8Array(await readFile(real)) }
  } catch (error) {
    // Not there, or not readable for this user: the same answer, and no word about which.
    if (error instanceof Error && 'code' in error) return ABSENT
    throw error
  }
}

/** The path below the root without its leading slash, or undefined when it tries anything. Decoded once, never twice. */
function decodePath(rawPath: string): string | undefined {
  if (rawPath.length > MAX_PATH_CHARS || !rawPath.startsWith('/')) return undefined
  let decoded: string
  try {
    decoded = decodeURIComponent(rawPath.slice(1))
  } catch {
    return undefined
  }
  // A colon would be a drive or an alternate stream on Windows; a remaining % is a second encoding.
  // oxlint-disable-next-line no-control-regex -- control characters are what is being refused
  if (/[\u0000-\u001f\u007f\\:%]/.test(decoded)) return undefined
  if (decoded !== '' && decoded.split('/').some((part) => part === '' || part.startsWith('.'))) return undefined
  return decoded
}
