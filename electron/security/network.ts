/**
 * The page has no network. Whatever a renderer requests outside our own files is cancelled before a socket is opened, whatever
 * the content security policy says: two locks, because one of them is text.
 */
import type { Session } from 'electron'
import type { Logger } from '../../main/logger.ts'
import type { Place } from './place.ts'

/** Pure: whether a renderer may load this address. */
export function mayLoad(address: string, place: Place, isPackaged: boolean): boolean {
  if (place.isOurs(address)) return true
  // Files that the page itself made (an exported table), named by our own origin.
  if (address.startsWith('blob:')) return place.isOurs(address.slice('blob:'.length))
  if (address.startsWith('data:image/')) return true
  if (isPackaged) return false
  if (address.startsWith('devtools://devtools/')) return true
  // The development server's live updates.
  return address.startsWith('ws://') && place.isOurs(address.replace(/^ws:/, 'http:'))
}

export function cancelRequests(session: Session, place: Place, isPackaged: boolean, log: Logger): void {
  session.webRequest.onBeforeRequest((details, callback) => {
    const isAllowed = mayLoad(details.url, place, isPackaged)
    if (!isAllowed) log.info('security.denied', { what: 'request', type: details.resourceType })
    callback({ cancel: !isAllowed })
  })
  // Spell checking would fetch its dictionaries from a server.
  session.setSpellCheckerEnabled(false)
  session.on('will-download', (event, item) => {
    const url = item.getURL()
    if (url.startsWith('blob:') && mayLoad(url, place, isPackaged)) return
    event.preventDefault()
    log.info('security.denied', { what: 'download' })
  })
}
