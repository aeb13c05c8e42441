/** Keys that are the same each time, for test vectors and nothing else. */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyPair } from './audit-fixture.ts'

export const fixedBytes = (label: string): Buffer => createHash('sha256').update(label).digest()

export function fixedKeys(n: number): KeyPair {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), fixedBytes(`key ${n}`)])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { privateKey, publicKey: createPublicKey(privateKey) }
}
