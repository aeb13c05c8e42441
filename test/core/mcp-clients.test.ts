import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cleanClientInfo, clientViewOf, createClientRegistry } from '../../main/mcp/clients.ts'
import { createClientTable } from '../../main/store/client-table.ts'
import { openLedger } from '../../main/store/open.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { addClient, makeRig, ManualClock, type Rig, START_MS } from '../support/mcp-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const DAY_MS = 86_400_000
let rig: Rig
beforeEach(() => {
  rig = makeRig()
})
afterEach(async () => {
  await rig.close()
})

describe('a new AI client', () => {
  test('gets a token that is shown once and kept only as a hash', () => {
    const folder = makeTempFolder('clients')
    const db = openLedger(join(folder, 'ledger.db'), randomBytes(32))
    const table = createClientTable(db)
    const registry = createClientRegistry({ table, clock: new ManualClock(), randomBytes })
    const made = registry.add({ name: 'Test client', scopes: ['mcp.read'], expiresInDays: 30 })
    expect(made.token).toMatch(/^ssm_[A-Za-z0-9_-]{47}$/)
    const [row] = table.all()
    expect(Buffer.from(row?.tokenHash ?? []).toString('hex')).toBe(
      createHash('sha256').update(made.token).digest('hex'),
    )
    expect(JSON.stringify(db.prepare('SELECT * FROM mcp_client').all())).not.toContain(made.token)
    expect(JSON.stringify(made.client)).not.toMatch(/token|hash/i)
    db.close()
  })

  test('is let in with its token, and with nothing that is nearly its token', () => {
    const { token, client } = addClient(rig)
    expect(rig.registry.authenticate(token)).toEqual({ ok: true, client })
    const swapped = `${token.slice(0, 10)}${token[10] === 'A' ? 'B' : 'A'}${token.slice(11)}`
    for (const wrong of ['', 'ssm_', token.slice(0, -1), `${token}A`, swapped, token.toUpperCase(), ` ${token}`]) {
      expect(rig.registry.authenticate(wrong)).toEqual({ ok: false, reason: 'malformed', clientId: null })
    }
    const stranger = addClient(makeRig()).token
    expect(rig.registry.authenticate(stranger)).toEqual({ ok: false, reason: 'unknown', clientId: null })
  })

  test('is shown in the shape of the table, with times as text', () => {
    const { client } = addClient(rig)
    rig.registry.touch(client.clientId, 'agent 1.0')
    const view = clientViewOf(rig.registry.list()[0] ?? client)
    OPERATIONS.list_clients.output.shape.clients.element.parse(view)
    expect(view).toEqual({
      client_id: client.clientId,
      scopes: ['mcp.read', 'mcp.draft'],
      created_at: '2026-11-23T09:00:00.000Z',
      expires_at: '2026-12-23T09:00:00.000Z',
      last_used_at: '2026-11-23T09:00:00.000Z',
      revoked_at: null,
      untrusted: { name: 'Test client', client_info: 'agent 1.0' },
    })
  })
})

describe('a client that may no longer call', () => {
  test('is out the moment its time is over', () => {
    const { token, client } = addClient(rig)
    rig.clock.advance(30 * DAY_MS - 1)
    expect(rig.registry.authenticate(token).ok).toBe(true)
    rig.clock.advance(1)
    expect(rig.registry.authenticate(token)).toEqual({ ok: false, reason: 'expired', clientId: client.clientId })
    expect(rig.registry.active(client.clientId)).toBeNull()
    expect(rig.registry.hasActive()).toBe(false)
    expect(() => rig.registry.enter(client.clientId, 'list_accounts')).toThrowError(
      expect.objectContaining({ code: 'not_authorized' }) as Error,
    )
  })

  test('is out when revoked, and everybody who holds its connections is told before revoke returns', () => {
    const { token, client } = addClient(rig)
    const told: string[] = []
    rig.registry.onRevoked((clientId) => told.push(clientId))
    const revoked = rig.registry.revoke(client.clientId)
    expect(told).toEqual([client.clientId])
    expect(revoked.revokedAtMs).toBe(START_MS)
    expect(rig.registry.authenticate(token)).toEqual({ ok: false, reason: 'revoked', clientId: client.clientId })
    expect(() => rig.registry.enter(client.clientId, 'list_accounts')).toThrowError(
      expect.objectContaining({ code: 'not_authorized' }) as Error,
    )
  })

  test('keeps its first time of revocation', () => {
    const { client } = addClient(rig)
    rig.registry.revoke(client.clientId)
    rig.clock.advance(5000)
    expect(rig.registry.revoke(client.clientId).revokedAtMs).toBe(START_MS)
    expect(() => rig.registry.revoke('c_nobody')).toThrowError(
      expect.objectContaining({ code: 'invalid_input' }) as Error,
    )
  })
})

describe('the list of clients', () => {
  test('holds at most 50 active ones', () => {
    for (let count = 0; count < 50; count += 1) addClient(rig)
    expect(() => addClient(rig)).toThrowError(expect.objectContaining({ code: 'too_many_pending' }) as Error)
    rig.registry.revoke(rig.registry.list()[0]?.clientId ?? '')
    expect(addClient(rig).token).toMatch(/^ssm_/)
  })

  test('forgets the oldest revoked ones beyond a hundred, never an active one', () => {
    const first = addClient(rig)
    for (let count = 0; count < 120; count += 1) {
      rig.clock.advance(1000)
      rig.registry.revoke(addClient(rig).client.clientId)
    }
    rig.clock.advance(1000)
    const last = addClient(rig)
    const ids = rig.registry.list().map((client) => client.clientId)
    expect(ids).toHaveLength(100)
    expect(ids[0]).toBe(last.client.clientId)
    expect(rig.registry.authenticate(first.token).ok).toBe(true)
  })
})

describe('the note of the last use', () => {
  test('is written at most once a minute', () => {
    const { client } = addClient(rig)
    const lastUse = () => rig.registry.list()[0]?.lastUsedAtMs
    rig.registry.touch(client.clientId, null)
    rig.clock.advance(59_999)
    rig.registry.touch(client.clientId, null)
    expect(lastUse()).toBe(START_MS)
    rig.clock.advance(1)
    rig.registry.touch(client.clientId, null)
    expect(lastUse()).toBe(START_MS + 60_000)
  })

  test('takes the first introduction at once, and loses it to no later silence', () => {
    const { client } = addClient(rig)
    rig.registry.touch(client.clientId, null)
    rig.registry.touch(client.clientId, 'agent 1.0')
    rig.clock.advance(60_000)
    rig.registry.touch(client.clientId, null)
    expect(rig.registry.list()[0]).toMatchObject({
      lastClientInfo: 'agent 1.0',
      lastUsedAtMs: START_MS + 60_000,
    })
  })

  test('is cleaned of what could deceive on a screen', () => {
    expect(cleanClientInfo(' Trusted\u202e\u200b\u0007  App\n\u{e0041}1 ')).toBe('Trusted App1')
    expect(cleanClientInfo('x'.repeat(500))).toHaveLength(120)
  })
})
