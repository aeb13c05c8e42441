/**
 * `app://`: the built window's files and nothing else. Never `file://`, whose pages may read the whole disk; never a folder
 * listing, a source map, or a path that resolves outside the folder.
 */
import { protocol, type Session } from 'electron'
import { readStatic } from '../../main/browser-window/static.ts'
import { WINDOW_CSP } from './csp.ts'
import { APP_ORIGIN, APP_SCHEME } from './place.ts'

/** Must run before the app is ready, once. `standard` gives the page a real origin, which every other guard compares. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ])
}

export function serveApp(session: Session, rendererFolder: string): void {
  session.protocol.handle(APP_SCHEME, (request) => answerApp(rendererFolder, request))
}

/**
 * The answer to one request of the page.
 *
 * @returns 403 for another host, another method, or anything `readStatic` refuses; 404 for what is not there.
 */
export async function answerApp(
  rendererFolder: string,
  request: { readonly method: string; readonly url: string },
): Promise<Response> {
  // The path is cut out by hand: a URL parser would resolve `..` before anybody could refuse it.
  const rest = request.url.startsWith(`${APP_ORIGIN}/`) ? request.url.slice(APP_ORIGIN.length) : undefined
  if (rest === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return answer(403)
  const path = rest.replace(/[?#].*$/s, '')
  const file = await readStatic(rendererFolder, path)
  return file.status === 200 ? answer(200, file.type, file.body) : answer(file.status)
}

function answer(
  status: number,
  type = 'text/plain; charset=utf-8',
  body: Uint8Array<ArrayBuffer> | null = null,
): Response {
  return new Response(body, {
    status,
    headers: {
      'content-type': type,
      'content-security-policy': WINDOW_CSP,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
    },
  })
}
