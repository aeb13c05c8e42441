/** How one attempt to deliver went. Codes are ours: nothing that the other side said is in them. */
export type SendResult =
  | { readonly kind: 'delivered'; readonly code?: string }
  /** We stopped; whether it arrived is not known. */
  | { readonly kind: 'stopped' }
  | {
      readonly kind: 'failed'
      readonly code: string
      /** `later`: it may heal by itself. `few`: hardly. `never`: it is of no use. */
      readonly retry: 'later' | 'few' | 'never'
      /** What the other side asked us to wait. */
      readonly askedMs?: number
      /** The target does not want anything any more. */
      readonly disables?: boolean
      /** Recipients of a mail that have it now. */
      readonly accepted?: readonly string[]
    }

const WORDS: Readonly<Record<string, string>> = {
  refused_address: 'The address lies in a private network or on this computer, and this target does not allow that.',
  dns_failed: 'The name of the server was not found.',
  connect_failed: 'The server could not be reached, or the connection broke.',
  timeout: 'The server did not answer in time.',
  tls_failed: 'The encrypted connection failed, or the certificate of the server is not valid.',
  no_starttls: 'The server offers no encryption. Nothing was said to it.',
  plain_smtp: 'Mail without encryption is only sent to this computer, unless this target allows it.',
  plain_http: 'Addresses without encryption (http) are not allowed for this target.',
  bad_url: 'The address is not one of a web server.',
  redirect: 'The server sends on to another address. Redirects are not followed.',
  gone: 'The server says that this address is gone for good. The target was switched off.',
  auth_failed: 'The server did not accept user and password.',
  recipients_refused: 'The server refused some of the recipients; the others have the message.',
  target_removed: 'The target was removed before it could be sent.',
  target_disabled: 'The target was switched off before it could be sent.',
  secret_unreadable: 'The stored password or secret cannot be read. Enter it again.',
  internal: 'It could not be put together. The reason is in the local log.',
  too_many_attempts: 'It was given up after too many attempts.',
}

/** Our words for a code, for the person. */
export function failureWords(code: string): string {
  if (Object.hasOwn(WORDS, code)) return WORDS[code] ?? code
  const http = /^http_(\d{3})$/.exec(code)?.[1]
  if (http !== undefined) return `The server answered with status ${http}.`
  const smtp = /^smtp_(\d{3})$/.exec(code)?.[1]
  if (smtp !== undefined) return `The mail server refused with code ${smtp}.`
  return 'It could not be delivered.'
}

/** Node's and OpenSSL's codes of a handshake or a certificate that is not right. */
export function isTlsError(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return (
    typeof code === 'string' &&
    /CERT|^ERR_TLS|^ERR_SSL|^EPROTO$|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|^ETLS$/.test(code)
  )
}
