/** The window's content security policy: no connections at all, the page talks through the preload. */
import { contentSecurityPolicy } from '../../main/browser-window/csp.ts'

export const WINDOW_CSP = contentSecurityPolicy('none')
