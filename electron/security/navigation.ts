/**
 * The window shows one page for life. Every navigation, redirect, new window and webview of every web contents is denied;
 * our own start of the page does not come through here. There is no exception, so there is none to get wrong.
 */
import { app, type WebContents } from 'electron'
import type { Logger } from '../../main/logger.ts'
import { openExternalLink } from './external-links.ts'

/** Guards all web contents made from now on. Call before the first window. */
export function denyNavigation(log: Logger): void {
  app.on('web-contents-created', (_event, contents) => guard(contents, log))
}

function guard(contents: WebContents, log: Logger): void {
  const deny = (what: string) => (event: { preventDefault: () => void }) => {
    event.preventDefault()
    log.info('security.denied', { what })
  }
  contents.on('will-navigate', deny('navigation'))
  contents.on('will-frame-navigate', deny('frame navigation'))
  contents.on('will-redirect', deny('redirect'))
  contents.on('will-attach-webview', deny('webview'))
  contents.setWindowOpenHandler(({ url }) => {
    // The address stays out of the log: it can hold anything.
    if (!openExternalLink(url)) log.info('security.denied', { what: 'new window' })
    return { action: 'deny' }
  })
}
