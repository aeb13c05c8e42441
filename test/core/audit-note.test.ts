import { execFileSync, spawnSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  createSigner,
  formatCheckpoint,
  NoteError,
  openNote,
  parseCheckpoint,
  parseNote,
  parseVkey,
  signNote,
} from '../../main/audit/note.ts'
import { newKeys } from '../support/audit-fixture.ts'

const ORIGIN = 'audit.spendsignoff/abcdefghijklmnopqrstuvwxyz'
const signer = createSigner(ORIGIN, newKeys())
const stranger = createSigner(ORIGIN, newKeys())
const root = Buffer.alloc(32, 7)
const text = formatCheckpoint({ origin: ORIGIN, size: 1000, root })
const note = signNote(text, [signer])
const kindOf = (attempt: () => unknown): string => {
  try {
    attempt()
  } catch (error) {
    if (error instanceof NoteError) return error.kind
    throw error
  }
  return 'accepted'
}

describe('a checkpoint', () => {
  test('is three lines, an empty line and one signature line with an em dash', () => {
    const lines = note.split('\n')
    expect(lines.slice(0, 4)).toEqual([ORIGIN, '1000', root.toString('base64'), ''])
    expect(lines[4]).toMatch(/^\u2014 audit\.spendsignoff\/[a-z2-7]{26} [A-Za-z0-9+/]{91}=$/)
    expect(lines[5]).toBe('')
    expect(lines).toHaveLength(6)
    expect(parseCheckpoint(openNote(note, [parseVkey(signer.vkey)]).text)).toEqual({ origin: ORIGIN, size: 1000, root })
  })

  test.each([
    ['an extension line', `${text}extra\n`],
    ['a leading zero', text.replace('1000', '01000')],
    ['a sign', text.replace('1000', '+1000')],
    ['a short root', text.replace(root.toString('base64'), Buffer.alloc(31).toString('base64'))],
    ['spare bits in the root', text.replace(/c=\n$/, 'd=\n')],
    ['no final line feed', text.slice(0, -1)],
    ['a carriage return', text.replace('1000\n', '1000\r\n')],
  ])('with %s is refused', (_, wrong) => {
    expect(wrong).not.toBe(text)
    expect(kindOf(() => parseCheckpoint(wrong))).toBe('malformed')
  })
})

describe('a signed note', () => {
  test('every changed character is noticed', () => {
    const verifier = parseVkey(signer.vkey)
    for (let at = 0; at < note.length; at++) {
      const wrong = `${note.slice(0, at)}${note[at] === 'x' ? 'y' : 'x'}${note.slice(at + 1)}`
      expect(kindOf(() => openNote(wrong, [verifier]))).not.toBe('accepted')
    }
  })

  test('a wrong signature of a known key refuses it, even beside a good one', () => {
    const other = signNote(text.replace('1000', '1001'), [signer]).split('\n').at(-2) ?? ''
    const both = `${signNote(text, [stranger])}${other}\n`
    expect(kindOf(() => openNote(both, [signer, stranger]))).toBe('bad_signature')
    expect(kindOf(() => openNote(both, [stranger]))).toBe('accepted')
  })

  test('unknown signers are ignored, but somebody known must have signed', () => {
    const both = signNote(text, [stranger, signer])
    expect(openNote(both, [signer]).signedBy).toEqual([signer])
    expect(kindOf(() => openNote(signNote(text, [stranger]), [signer]))).toBe('unknown_signer')
  })

  test('a key that signed twice does not count for two', () => {
    expect(kindOf(() => openNote(signNote(text, [signer, signer]), [signer]))).toBe('malformed')
  })

  test.each([
    ['no signatures', `${text}\n`],
    ['no empty line', text],
    ['a hyphen instead of the dash', note.replace('\u2014', '-')],
    ['two spaces', note.replace(`${ORIGIN} `, `${ORIGIN}  `)],
    ['a tab in the text', note.replace('1000', '10\t00')],
    [
      'too many signatures',
      signNote(
        text,
        Array.from({ length: 17 }, () => signer),
      ),
    ],
  ])('with %s is malformed', (_, wrong) => {
    expect(kindOf(() => parseNote(wrong))).toBe('malformed')
  })

  test('a text that could be read in two ways is not signed', () => {
    expect(kindOf(() => signNote('no line feed', [signer]))).toBe('malformed')
    expect(kindOf(() => signNote('half \ud83d\n', [signer]))).toBe('malformed')
  })
})

describe('a verifier key', () => {
  test('carries name, key id and key; a wrong key id, another type or a bad name is refused', () => {
    expect(parseVkey(signer.vkey).keyId).toBe(signer.keyId)
    const [name = '', keyId = '', key = ''] = signer.vkey
      .split('+', 2)
      .concat(signer.vkey.split('+').slice(2).join('+'))
    const otherId = keyId === '00000000' ? '00000001' : '00000000'
    const otherType = Buffer.from(key, 'base64')
    otherType[0] = 4
    for (const wrong of [
      `${name}+${otherId}+${key}`,
      `${name}+${keyId}+${otherType.toString('base64')}`,
      `two words+${keyId}+${key}`,
      `${name}+${keyId}`,
      '',
    ])
      expect(kindOf(() => parseVkey(wrong))).toBe('malformed')
  })

  test('the published example of the signed-note specification is read', () => {
    // https://c2sp.org/signed-note and golang.org/x/mod/sumdb/note
    const peter = parseVkey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')
    const signed =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    expect(openNote(signed, [peter]).signedBy).toEqual([peter])
    expect(kindOf(() => openNote(signed.replace('answer', 'Answer'), [peter]))).toBe('bad_signature')
  })

  test('only Ed25519 keys can sign', () => {
    expect(kindOf(() => createSigner(ORIGIN, generateKeyPairSync('ec', { namedCurve: 'P-256' })))).toBe('malformed')
  })
})

describe('without this code', () => {
  const raw = Buffer.from(signer.vkey.split('+').slice(2).join('+'), 'base64').subarray(1)
  const signature = Buffer.from(note.trimEnd().split(' ').at(-1) ?? '', 'base64').subarray(4)

  test('the checkpoint verifies with nothing but the key bytes in the vkey', () => {
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw])
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    expect(verify(null, Buffer.from(text), key, signature)).toBe(true)
    expect(verify(null, Buffer.from(text.replace('1000', '1001')), key, signature)).toBe(false)
  })

  test('the checkpoint verifies with the openssl command, and an altered one does not', () => {
    const folder = mkdtempSync(join(tmpdir(), 'spendsignoff-openssl-'))
    try {
      const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw])
      const pem = `-----BEGIN PUBLIC KEY-----\n${spki.toString('base64')}\n-----END PUBLIC KEY-----\n`
      writeFileSync(join(folder, 'pub.pem'), pem)
      writeFileSync(join(folder, 'sig'), signature)
      writeFileSync(join(folder, 'body'), text)
      const args = ['pkeyutl', '-verify', '-pubin', '-inkey', 'pub.pem', '-rawin', '-in', 'body', '-sigfile', 'sig']
      expect(execFileSync('openssl', args, { cwd: folder, encoding: 'utf8' })).toContain('Verified Successfully')
      writeFileSync(join(folder, 'body'), text.replace('1000', '1001'))
      expect(spawnSync('openssl', args, { cwd: folder }).status).not.toBe(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
