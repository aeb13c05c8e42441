/** Ids and jitter from random bytes that are passed in. */
export type RandomBytes = (size: number) => Uint8Array

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** A prefix and 80 random bits: "dv_" and 16 letters or digits. */
export function newId(prefix: 'nt_' | 'dv_', randomBytes: RandomBytes): string {
  return `${prefix}${Array.from(randomBytes(16), (byte) => BASE32[byte % 32]).join('')}`
}

/** From 0 up to, not including, 1. */
export function randomFraction(randomBytes: RandomBytes): number {
  return Buffer.from(randomBytes(4)).readUInt32BE() / 2 ** 32
}
