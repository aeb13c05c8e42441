/**
 * The content security policy of both shells. Pure text: the Electron protocol and the browser window send the same one,
 * so a page that works in one works in the other. It never grows an `unsafe-` word.
 */

/**
 * react-aria-components adds one fixed <style> element; this is the hash of its text in the pinned version.
 * It changes with that package: the end-to-end test fails on the violation before a user could.
 */
const REACT_ARIA_STYLE = "'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='"

/**
 * @param connect `'none'` in Electron, where the page talks through the preload and needs no network at all;
 *   `'self'` in the browser window, where the same calls are requests to the page's own origin.
 */
export function contentSecurityPolicy(connect: 'none' | 'self'): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' ${REACT_ARIA_STYLE}`,
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src '${connect}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
