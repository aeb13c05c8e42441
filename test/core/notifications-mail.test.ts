/** Mail through a real SMTP server on this computer: encryption, passwords, refusals, and what stands in it. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { SMTPServerOptions } from 'smtp-server'
import { type MailDeps, type MailRequest, sendMail } from '../../main/notifications/email.ts'
import type { MailConfig } from '../../main/notifications/target.ts'
import { Secret } from '../../main/secret.ts'
import { bodyOf, type Certificate, type Mailbox, selfSigned, startMailbox } from '../support/receivers.ts'

let tls: Certificate
beforeAll(() => {
  tls = selfSigned()
})
const open: Mailbox[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})
async function mailbox(options: SMTPServerOptions = {}): Promise<Mailbox> {
  const made = await startMailbox(options)
  open.push(made)
  return made
}

const PASSWORD = 'pear-tree-canary'
const login: SMTPServerOptions = {
  authOptional: false,
  onAuth: ({ username, password }, _session, callback) =>
    password === PASSWORD ? callback(null, { user: username ?? '' }) : callback(new Error('no')),
}

function send(
  port: number,
  config: Partial<MailConfig> = {},
  more: Partial<MailRequest> = {},
  deps: Partial<MailDeps> = {},
) {
  return sendMail(
    {
      config: {
        kind: 'email',
        includesNames: false,
        allowsPrivate: true,
        allowsPlain: false,
        host: '127.0.0.1',
        port,
        security: 'none',
        user: null,
        from: 'ads@example.com',
        to: ['ana@example.com'],
        ...config,
      },
      password: undefined,
      id: 'dv_abcdefgh234567ab',
      sentAtMs: Date.parse('2026-11-23T10:00:00Z'),
      subject: 'SpendSignoff: Applied',
      text: 'Grüße → 12,00 €\n.\n— a line that begins oddly\n',
      accepted: [],
      signal: new AbortController().signal,
      ...more,
    },
    { resolve: async () => [{ address: '127.0.0.1', family: 4 }], timeoutMs: 5_000, ...deps },
  )
}
/** A server that answers one command with a code. */
const refusing = (code: number): Error => Object.assign(new Error('a text of the server'), { responseCode: code })

describe('a mail', () => {
  test('arrives as it was written, once for all, and says nothing of this computer', async () => {
    const { port, mails } = await mailbox()
    const to = ['ana@example.com', 'bo@example.com']
    expect(await send(port, { to })).toEqual({ kind: 'delivered' })
    expect(mails).toHaveLength(1)
    const [mail] = mails
    expect(mail?.to).toEqual(to)
    expect(bodyOf(mail?.raw ?? '')).toBe('Grüße → 12,00 €\n.\n— a line that begins oddly\n')
    const head = (mail?.raw ?? '').split('\r\n\r\n')[0] ?? ''
    expect(head).toContain('Message-ID: <dv_abcdefgh234567ab@example.com>')
    expect(head).toContain('Date: Mon, 23 Nov 2026 10:00:00 +0000')
    expect(head).toContain('Auto-Submitted: auto-generated')
    expect(head).not.toMatch(/X-Mailer|User-Agent/i)
  })

  test('cannot grow a header out of a subject', async () => {
    const { port, mails } = await mailbox()
    await send(port, {}, { subject: 'Hello\r\nBcc: eve@example.com\r\n\r\nbody' })
    expect(mails[0]?.to).toEqual(['ana@example.com'])
    expect((mails[0]?.raw ?? '').split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/m)
  })

  test('goes only to those that do not have it yet', async () => {
    const { port, mails } = await mailbox()
    const to = ['ana@example.com', 'bo@example.com']
    await send(port, { to }, { accepted: ['ana@example.com'] })
    expect(mails.map((mail) => mail.to)).toEqual([['bo@example.com']])
    expect(await send(port, { to }, { accepted: to })).toEqual({ kind: 'delivered' })
    expect(mails).toHaveLength(1)
  })
})

describe('encryption', () => {
  test('from the first byte, with a certificate that is right', async () => {
    const { port, mails } = await mailbox({ secure: true, ...tls, ...login })
    const config = { security: 'tls', user: 'ads' } as const
    const password = new Secret(PASSWORD)
    expect(await send(port, config, { password })).toMatchObject({ code: 'tls_failed' })
    expect(await send(port, config, { password }, { ca: tls.cert })).toEqual({ kind: 'delivered' })
    expect(mails).toMatchObject([{ isEncrypted: true, user: 'ads' }])
  })

  test('by STARTTLS is required before anything is said', async () => {
    const { port, mails } = await mailbox({ ...tls, ...login })
    const config = { security: 'starttls', user: 'ads' } as const
    const password = new Secret(PASSWORD)
    expect(await send(port, config, { password }, { ca: tls.cert })).toEqual({ kind: 'delivered' })
    expect(mails).toMatchObject([{ isEncrypted: true }])
    let heard = 0
    const bare = await mailbox({
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
      authOptional: true,
      onAuth: (_auth, _session, callback) => {
        heard += 1
        callback(null, { user: 'x' })
      },
    })
    const refused = await send(bare.port, config, { password }, { ca: tls.cert })
    expect(refused).toMatchObject({ kind: 'failed', code: 'no_starttls' })
    expect([heard, bare.mails.length]).toEqual([0, 0])
  })

  test('may be missing on this computer; elsewhere only if the target allows it', async () => {
    const { port, mails } = await mailbox()
    const elsewhere = { resolve: async () => [{ address: '10.1.2.3', family: 4 } as const] }
    expect(await send(port, { host: 'mail.test' }, {}, elsewhere)).toMatchObject({ code: 'plain_smtp' })
    expect(mails).toHaveLength(0)
    expect(await send(port)).toEqual({ kind: 'delivered' })
  })

  test('a private address hears nothing unless the target allows it', async () => {
    const { port, mails } = await mailbox()
    expect(await send(port, { allowsPrivate: false })).toMatchObject({ code: 'refused_address', retry: 'few' })
    expect(mails).toHaveLength(0)
  })
})

describe('a server that says no', () => {
  test('to the password is not tried for a day', async () => {
    const { port } = await mailbox({ secure: true, ...tls, ...login })
    const wrong = { password: new Secret('wrong') }
    const result = await send(port, { security: 'tls', user: 'ads' }, wrong, { ca: tls.cert })
    expect(result).toEqual({ kind: 'failed', code: 'auth_failed', retry: 'few' })
  })

  test.each([
    [450, 'later'],
    [550, 'few'],
  ] as const)('with %i to the sender', async (code, retry) => {
    const { port } = await mailbox({ onMailFrom: (_address, _session, callback) => callback(refusing(code)) })
    expect(await send(port)).toEqual({ kind: 'failed', code: `smtp_${code}`, retry })
  })

  test.each([
    [451, 'later'],
    [554, 'few'],
  ] as const)('with %i to the message', async (code, retry) => {
    const { port } = await mailbox({
      onData: (stream, _session, callback) => {
        stream.resume()
        stream.on('end', () => callback(refusing(code)))
      },
    })
    expect(await send(port)).toEqual({ kind: 'failed', code: `smtp_${code}`, retry })
  })

  test('to one recipient has it sent to the others, who are not written to again', async () => {
    const { port, mails } = await mailbox({
      onRcptTo: ({ address }, _session, callback) => callback(address.startsWith('bo') ? refusing(450) : undefined),
    })
    const to = ['ana@example.com', 'bo@example.com', 'cy@example.com']
    const result = await send(port, { to })
    expect(result).toEqual({
      kind: 'failed',
      code: 'recipients_refused',
      retry: 'later',
      accepted: ['ana@example.com', 'cy@example.com'],
    })
    expect(mails.map((mail) => mail.to)).toEqual([['ana@example.com', 'cy@example.com']])
  })

  test('nothing at all is given up in time', async () => {
    const { port } = await mailbox({ onConnect: () => undefined })
    expect(await send(port, {}, {}, { timeoutMs: 400 })).toEqual({ kind: 'failed', code: 'timeout', retry: 'later' })
  })

  test('nobody there is tried again later', async () => {
    const { port } = await mailbox()
    for (const each of open.splice(0)) await each.close()
    expect(await send(port)).toEqual({ kind: 'failed', code: 'connect_failed', retry: 'later' })
  })

  test('its words are in no result', async () => {
    const { port } = await mailbox({ onMailFrom: (_address, _session, callback) => callback(refusing(550)) })
    expect(JSON.stringify(await send(port))).not.toContain('a text of the server')
  })
})

test('we stopped: nothing is said of it', async () => {
  const stop = new AbortController()
  const { port } = await mailbox({ onMailFrom: () => stop.abort() })
  expect(await send(port, {}, { signal: stop.signal })).toEqual({ kind: 'stopped' })
})
