/** Where the platforms are. Other addresses only lead to the sandbox, on loopback; the clients refuse everything else. */
export interface PlatformAddresses {
  readonly google: {
    readonly api: string
    /** Token and revocation endpoints. */
    readonly oauth: string
    /** Where the person's browser is sent. */
    readonly consent: string
  }
  readonly meta: {
    readonly graph: string
    /** Where the person's browser is sent. */
    readonly dialog: string
  }
  readonly tiktok: { readonly api: string }
}

/** Origins without a path. */
export const REAL_ADDRESSES: PlatformAddresses = {
  google: {
    api: 'https://googleads.googleapis.com',
    oauth: 'https://oauth2.googleapis.com',
    consent: 'https://accounts.google.com',
  },
  meta: { graph: 'https://graph.facebook.com', dialog: 'https://www.facebook.com' },
  tiktok: { api: 'https://business-api.tiktok.com' },
}
