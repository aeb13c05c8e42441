/** What the page may ask of the machine: writing text to the clipboard ("Copy"), and nothing else, ever. */
import type { Session } from 'electron'
import type { Logger } from '../../main/logger.ts'
import type { Place } from './place.ts'

const ALLOWED: ReadonlySet<string> = new Set([
  'clipboard-sanitized-write', // the Copy buttons: text goes out, nothing is read
])

export function denyPermissions(session: Session, place: Place, log: Logger): void {
  session.setPermissionRequestHandler((_contents, permission, callback, details) => {
    const isAllowed = ALLOWED.has(permission) && details.isMainFrame && place.isOurs(details.requestingUrl)
    if (!isAllowed) log.info('security.denied', { what: 'permission', permission })
    callback(isAllowed)
  })
  // Asked many times a minute by Chromium itself, so that a denial here is no event for the log.
  session.setPermissionCheckHandler(
    (_contents, permission, requestingOrigin, details) =>
      ALLOWED.has(permission) && details.isMainFrame && place.isOurs(requestingOrigin),
  )
  session.setDevicePermissionHandler(() => false)
}
