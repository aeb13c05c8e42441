/** A workspace folder from making to opening again: nothing readable on disk, nothing replaced, every half-made state recognised. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { OperationError } from '../../shared/errors.ts'
import { Secret } from '../../main/secret.ts'
import { putConnectionRow } from '../support/connection-row.ts'
import { createGuessLimiter } from '../../main/vault/guess-limiter.ts'
import { Keychain } from '../../main/vault/keychain.ts'
import { type PlatformCredentials, platformTokens, secretsOf } from '../../main/vault/platform-tokens.ts'
import {
  createWorkspace,
  inspectWorkspace,
  listWorkspaces,
  openWorkspace,
  readWorkspaceFile,
  workspaceFolder,
} from '../../main/workspace.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const cost = { N: 1_024, r: 8, p: 1 }
const passphrase = new Secret('correct horse battery')
/** Never asked in these tests: the vault is a sealed file. */
const keychain = new Keychain()
const CANARY = 'EAAcanary7Qx9pTzL2mVb4RkW8sNf3Hy6'
const SECRET_CANARY = 'appsecret-canary-55e1c0ffee'

/** Which files hold a canary in any spelling, or are a database that needs no key. */
function findPlain(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const bytes = readFileSync(join(folder, name))
    const spellings = (['utf8', 'utf16le', 'base64', 'hex'] as const).filter((form) =>
      [CANARY, SECRET_CANARY].some((word) =>
        bytes.includes(form === 'utf16le' ? Buffer.from(word, form) : Buffer.from(Buffer.from(word).toString(form))),
      ),
    )
    return [...spellings, ...(bytes.includes('SQLite format 3') ? ['a plain database'] : [])].map(
      (it) => `${name}: ${it}`,
    )
  })
}

/** With every secret in the clear, to compare. */
const plain = (credentials: PlatformCredentials | undefined): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(credentials ?? {}).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof Secret ? value.reveal() : value,
    ]),
  )

const newFolder = () => workspaceFolder(makeTempFolder('workspace'), 'main')
const create = (folder: string) =>
  createWorkspace({
    folder,
    clock: systemClock,
    keychain,
    passphrase,
    name: 'Main',
    isDemo: false,
    vaultKind: 'passphrase',
    cost,
  })
const open = (folder: string, typed: Secret | undefined = passphrase) =>
  openWorkspace({ folder, clock: systemClock, keychain, passphrase: typed })
const codeOf = (work: Promise<{ close(): void }>) =>
  work.then(
    (opened) => {
      opened.close()
      return 'opened'
    },
    (error: unknown) => (error instanceof OperationError ? error.code : String(error)),
  )

describe('a new workspace', () => {
  test('is a private folder that opens again with its passphrase only', async () => {
    const folder = newFolder()
    expect(inspectWorkspace(folder)).toBe('absent')
    const made = await create(folder)
    expect(made.workspace).toMatchObject({ v: 1, name: 'Main', isDemo: false, vaultKind: 'passphrase', state: 'ready' })
    made.ledger.prepare("INSERT INTO setting (key, value_json) VALUES ('a', '1')").run()
    const { publicKey } = made.vault.signingKey
    made.close()
    expect(inspectWorkspace(folder)).toBe('present')
    expect(listWorkspaces(join(folder, '../..'))).toEqual(['main'])
    expect(await codeOf(open(folder, new Secret('wrong horse battery')))).toBe('wrong_passphrase')
    expect(await codeOf(openWorkspace({ folder, clock: systemClock, keychain }))).toBe('workspace_locked')
    const opened = await open(folder)
    expect(opened.ledger.prepare('SELECT key FROM setting').all()).toEqual([{ key: 'a' }])
    expect(opened.vault.signingKey.publicKey.equals(publicKey)).toBe(true)
    opened.close()
    expect(await codeOf(create(folder))).toBe('invalid_input')
    expect(await codeOf(open(folder))).toBe('opened')
  })

  test('is readable by this user only', async (context) => {
    context.skip(process.platform === 'win32', 'Windows has no permission bits')
    const folder = newFolder()
    const made = await create(folder)
    const modes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o077])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(modes.filter(([, mode]) => mode !== 0)).toEqual([])
    made.close()
  })

  test('counts wrong passphrases over several attempts to open', async () => {
    const folder = newFolder()
    ;(await create(folder)).close()
    const guesses = createGuessLimiter({ nowMs: () => 0, monotonicMs: () => 0 })
    const attempt = (typed: Secret) =>
      codeOf(openWorkspace({ folder, clock: systemClock, keychain, passphrase: typed, guesses }))
    for (let n = 0; n < 5; n += 1) expect(await attempt(new Secret(`wrong guess ${n}`))).toBe('wrong_passphrase')
    expect(await attempt(passphrase)).toBe('rate_limited')
  })

  test.each(['', '..', 'a/b', 'A', 'a.b', '-a', 'a-', 'x'.repeat(41)])('cannot be called %j', (name) => {
    expect(() => workspaceFolder('/home', name)).toThrow(OperationError)
  })
})

describe('platform credentials', () => {
  const secret = (text: string) => new Secret(`${text}-${CANARY}`)
  const KINDS: readonly PlatformCredentials[] = [
    { kind: 'tiktok', accessToken: secret('at'), appId: '77', appSecret: secret('as') },
    { kind: 'tiktok', accessToken: secret('at') },
    { kind: 'google_oauth', clientId: 'me.apps.example', clientSecret: secret('cs'), refreshToken: secret('rt') },
    { kind: 'google_service_account', clientEmail: 'robot@project.example', privateKeyPem: secret('-----BEGIN\nKEY') },
    { kind: 'meta', accessToken: secret('at'), appSecret: secret('as') },
    { kind: 'meta', accessToken: secret('at') },
  ]

  test.each(KINDS)(
    'of kind $kind come back as they were, but cannot be printed, logged or cloned by accident',
    async (credentials) => {
      const opened = await create(newFolder())
      putConnectionRow(opened.ledger, 'c1')
      const tokens = platformTokens(opened.ledger, opened.vault)
      expect(tokens.read('c1')).toBeUndefined()
      tokens.save('c1', { kind: 'meta', accessToken: new Secret('first') })
      tokens.save('c1', credentials)
      const read = tokens.read('c1')
      expect(plain(read)).toEqual(plain(credentials))
      expect(secretsOf(credentials).length).toBeGreaterThan(0)
      const seen = [
        JSON.stringify(read),
        inspect(read, { depth: 9, showHidden: true }),
        String(secretsOf(read ?? credentials)),
        inspect(structuredClone(secretsOf(read ?? credentials).flatMap((each) => Object.entries(each)))),
      ]
      for (const text of seen) expect(text).not.toMatch(/canary/)
      expect(tokens.remove('c1')).toBe(true)
      expect(tokens.remove('c1')).toBe(false)
      expect(tokens.read('c1')).toBeUndefined()
      opened.close()
    },
  )

  test('in the first stored form, which knew TikTok alone, still open', async () => {
    const opened = await create(newFolder())
    putConnectionRow(opened.ledger, 'c1')
    const first = { v: 1, accessToken: 'old-token', appId: '77', appSecret: 'old-secret' }
    const sealed = opened.vault.seal(Buffer.from(JSON.stringify(first)), 'platform-token/c1')
    opened.ledger.prepare('INSERT INTO platform_token (connection_id, sealed) VALUES (?, ?)').run('c1', sealed)
    const tokens = platformTokens(opened.ledger, opened.vault)
    const wanted = { kind: 'tiktok', accessToken: 'old-token', appId: '77', appSecret: 'old-secret' }
    expect(plain(tokens.read('c1'))).toEqual(wanted)
    opened.close()
  })

  test.each([
    { v: 2, kind: 'meta' },
    { v: 2, kind: 'somebody', accessToken: 'x' },
    { v: 3, kind: 'meta', accessToken: 'x' },
    { v: 1, kind: 'meta', accessToken: 'x' },
    { v: 2, kind: 'meta', accessToken: 'x', refreshToken: 'y' },
  ])('in another form than these are not guessed at: %j', async (form) => {
    const opened = await create(newFolder())
    putConnectionRow(opened.ledger, 'c1')
    const sealed = opened.vault.seal(Buffer.from(JSON.stringify(form)), 'platform-token/c1')
    opened.ledger.prepare('INSERT INTO platform_token (connection_id, sealed) VALUES (?, ?)').run('c1', sealed)
    expect(() => platformTokens(opened.ledger, opened.vault).read('c1')).toThrow(/cannot be read/)
    opened.close()
  })

  test('do not open when their row is copied to another connection', async () => {
    const opened = await create(newFolder())
    for (const id of ['c1', 'c2']) putConnectionRow(opened.ledger, id)
    const tokens = platformTokens(opened.ledger, opened.vault)
    tokens.save('c1', { kind: 'meta', accessToken: new Secret(CANARY) })
    opened.ledger.exec("INSERT INTO platform_token SELECT 'c2', sealed FROM platform_token WHERE connection_id = 'c1'")
    expect(() => tokens.read('c2')).toThrow(expect.objectContaining({ code: 'workspace_damaged' }))
    opened.close()
  })

  test('are nowhere on the disk, and no file is a plain database, while open and after closing', async () => {
    const folder = newFolder()
    const opened = await create(folder)
    putConnectionRow(opened.ledger, 'c1')
    platformTokens(opened.ledger, opened.vault).save('c1', {
      kind: 'meta',
      accessToken: new Secret(CANARY),
      appSecret: new Secret(SECRET_CANARY),
    })
    await opened.vault.headPin.write(`head ${CANARY}`)
    opened.facts.exec(`CREATE TABLE canary (t TEXT); INSERT INTO canary VALUES ('${CANARY}')`)
    expect(findPlain(folder)).toEqual([])
    expect(readdirSync(folder)).toContain('ledger.db-wal')
    opened.close()
    expect(findPlain(folder)).toEqual([])
    expect(readdirSync(folder).toSorted()).toEqual(['facts.db', 'ledger.db', 'vault.sealed.json', 'workspace.json'])
    // The search itself does find what is there.
    writeFileSync(join(folder, 'plain'), `SQLite format 3 ${Buffer.from(CANARY).toString('base64')}`)
    expect(findPlain(folder)).toEqual(['plain: base64', 'plain: a plain database'])
  })
})

/** The folder as a crash would leave it: marked as being made, and without the files named. */
async function halfMade(...lost: string[]): Promise<string> {
  const folder = newFolder()
  ;(await create(folder)).close()
  for (const name of lost) rmSync(join(folder, name))
  const file = join(folder, 'workspace.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"ready"', '"creating"'))
  return folder
}

describe('a workspace whose making was interrupted', () => {
  test.each([[['facts.db']], [['facts.db', 'ledger.db']], [['facts.db', 'ledger.db', 'vault.sealed.json']], [[]]])(
    'without %j it is finished, by opening or by making it again',
    async (lost) => {
      for (const attempt of [open, create]) {
        const folder = await halfMade(...lost)
        const { workspaceId } = readWorkspaceFile(folder)
        expect(await codeOf(attempt(folder))).toBe('opened')
        expect(readWorkspaceFile(folder)).toMatchObject({ workspaceId, state: 'ready' })
        expect(await codeOf(open(folder))).toBe('opened')
      }
    },
  )

  test('with a database but without its vault it is reported, not begun anew', async () => {
    const folder = await halfMade('vault.sealed.json')
    const before = readFileSync(join(folder, 'ledger.db'))
    expect(await codeOf(open(folder))).toBe('vault_key_missing')
    expect(await codeOf(create(folder))).toBe('vault_key_missing')
    expect(readFileSync(join(folder, 'ledger.db'))).toEqual(before)
    expect(readdirSync(folder)).not.toContain('vault.sealed.json')
  })
})

describe('a workspace with something missing', () => {
  test.each(['ledger.db', 'facts.db'])('%s gone or empty: reported, and no new one is made', async (name) => {
    const folder = newFolder()
    ;(await create(folder)).close()
    rmSync(join(folder, name))
    expect(await codeOf(open(folder))).toBe('workspace_damaged')
    expect(readdirSync(folder)).not.toContain(name)
    writeFileSync(join(folder, name), '')
    expect(await codeOf(open(folder))).toBe('workspace_damaged')
    expect(statSync(join(folder, name)).size).toBe(0)
  })

  test('a lone database is not taken for an empty folder', async () => {
    const folder = newFolder()
    ;(await create(folder)).close()
    for (const name of ['workspace.json', 'vault.sealed.json']) rmSync(join(folder, name))
    expect(inspectWorkspace(folder)).toBe('present')
    expect(await codeOf(create(folder))).toBe('workspace_damaged')
    expect(readdirSync(folder).toSorted()).toEqual(['facts.db', 'ledger.db'])
  })

  test('a workspace.json of a newer version, or damaged, is refused and left alone', async () => {
    const folder = newFolder()
    ;(await create(folder)).close()
    const file = join(folder, 'workspace.json')
    const good = readFileSync(file, 'utf8')
    for (const [text, code] of [
      [good.replace('"v": 1', '"v": 2'), 'workspace_newer'],
      [good.slice(0, 40), 'workspace_damaged'],
      [good.replace('"passphrase"', '"none"'), 'workspace_damaged'],
    ] as const) {
      writeFileSync(file, text)
      expect(await codeOf(open(folder))).toBe(code)
      expect(await codeOf(create(folder))).toBe(code)
      expect(readFileSync(file, 'utf8')).toBe(text)
    }
  })

  test('two workspaces with their vault files exchanged do not open', async () => {
    const [one, two] = [newFolder(), newFolder()]
    for (const folder of [one, two]) (await create(folder)).close()
    writeFileSync(join(one, 'vault.sealed.json'), readFileSync(join(two, 'vault.sealed.json')))
    const before = readFileSync(join(one, 'ledger.db'))
    expect(await codeOf(open(one))).toBe('vault_key_missing')
    expect(readFileSync(join(one, 'ledger.db'))).toEqual(before)
  })

  test('a folder with nothing but a log in it counts as absent', () => {
    const folder = newFolder()
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'instance.db'), '')
    expect(inspectWorkspace(folder)).toBe('absent')
  })
})
