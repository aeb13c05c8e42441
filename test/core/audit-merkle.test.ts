import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  appendLeaf,
  consistencyProof,
  EMPTY_ROOT,
  EMPTY_TREE,
  inclusionProof,
  leafHash,
  rootOf,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from '../../main/audit/merkle.ts'

// The reference vectors of the Certificate Transparency project: eight leaves, every root, chosen proofs.
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]
const leaves = INPUTS.map((hex) => leafHash(Buffer.from(hex, 'hex')))
const hex = (proof: readonly Buffer[]): string[] => proof.map((node) => node.toString('hex'))
const manyLeaves = Array.from({ length: 70 }, (_, n) => leafHash(Buffer.from(`leaf ${n}`)))
const changed = (bytes: Buffer, bit: number): Buffer => {
  const copy = Buffer.from(bytes)
  const at = Math.floor(bit / 8) % copy.length
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8))
  return copy
}

const sha = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()

/** MTH straight from the definition in RFC 6962 §2.1, to compare the incremental tree with. */
function definedRoot(data: readonly Buffer[]): Buffer {
  if (data.length === 0) return sha()
  if (data.length === 1) return data[0] ?? sha()
  const k = 2 ** Math.floor(Math.log2(data.length - 1))
  return sha(Buffer.of(1), definedRoot(data.slice(0, k)), definedRoot(data.slice(k)))
}

describe('the tree of RFC 6962', () => {
  test('has the published roots for one to eight leaves, and for none', () => {
    expect(EMPTY_ROOT.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(treeRoot(EMPTY_TREE)).toEqual(EMPTY_ROOT)
    let tree = EMPTY_TREE
    const roots = leaves.map((leaf) => {
      tree = appendLeaf(tree, leaf)
      return treeRoot(tree).toString('hex')
    })
    expect(roots).toEqual(ROOTS)
  })

  test('grown leaf by leaf it equals the definition at every size', () => {
    let tree = EMPTY_TREE
    for (const [at, leaf] of manyLeaves.entries()) {
      tree = appendLeaf(tree, leaf)
      expect(treeRoot(tree)).toEqual(definedRoot(manyLeaves.slice(0, at + 1)))
      expect(tree.peaks.length).toBeLessThanOrEqual(7)
    }
  })

  test('an older tree is not touched by appending to it', () => {
    const three = leaves.slice(0, 3).reduce(appendLeaf, EMPTY_TREE)
    for (const leaf of leaves) appendLeaf(three, leaf)
    expect(treeRoot(three).toString('hex')).toBe(ROOTS[2])
  })
})

describe('proofs', () => {
  test('inclusion paths are the published ones', () => {
    expect(hex(inclusionProof(leaves.slice(0, 1), 0))).toEqual([])
    expect(hex(inclusionProof(leaves, 0))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ])
    expect(hex(inclusionProof(leaves, 5))).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ])
    expect(hex(inclusionProof(leaves.slice(0, 3), 2))).toEqual([ROOTS[1]])
    expect(hex(inclusionProof(leaves.slice(0, 5), 1))).toEqual([
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ])
  })

  test('consistency paths are the published ones', () => {
    expect(hex(consistencyProof(leaves.slice(0, 1), 1))).toEqual([])
    expect(hex(consistencyProof(leaves, 1))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ])
    expect(hex(consistencyProof(leaves, 6))).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ])
    expect(hex(consistencyProof(leaves.slice(0, 5), 2))).toEqual([
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ])
  })

  test('every leaf of every tree up to 70 can be proven, and no proof fits another leaf or place', () => {
    for (let size = 1; size <= manyLeaves.length; size++) {
      const part = manyLeaves.slice(0, size)
      const root = rootOf(part)
      for (const [index, leaf] of part.entries()) {
        const proof = inclusionProof(part, index)
        expect(verifyInclusion({ leaf, index, size, root }, proof)).toBe(true)
        if (size === 1) continue
        const other = (index + 1) % size
        expect(verifyInclusion({ leaf, index: other, size, root }, proof)).toBe(false)
        expect(verifyInclusion({ leaf: part[other] ?? leaf, index, size, root }, proof)).toBe(false)
        expect(verifyInclusion({ leaf, index, size, root }, proof.slice(1))).toBe(false)
      }
    }
  })

  test('every pair of sizes up to 70 is consistent, and a changed older root never is', () => {
    const roots = manyLeaves.map((_, at) => rootOf(manyLeaves.slice(0, at + 1)))
    for (let newSize = 1; newSize <= manyLeaves.length; newSize++)
      for (let oldSize = 1; oldSize <= newSize; oldSize++) {
        const proof = consistencyProof(manyLeaves.slice(0, newSize), oldSize)
        const oldRoot = roots[oldSize - 1] ?? EMPTY_ROOT
        const newRoot = roots[newSize - 1] ?? EMPTY_ROOT
        expect(verifyConsistency({ oldSize, oldRoot, newSize, newRoot }, proof)).toBe(true)
        expect(verifyConsistency({ oldSize, oldRoot: changed(oldRoot, 3), newSize, newRoot }, proof)).toBe(false)
      }
  })

  test('one changed bit anywhere in a proof makes it fail', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 70 }), fc.nat(), fc.nat(), fc.nat(), (size, pick, node, bit) => {
        const part = manyLeaves.slice(0, size)
        const index = pick % size
        const damaged = inclusionProof(part, index).map((hash, at, all) =>
          at === node % all.length ? changed(hash, bit) : hash,
        )
        const leaf = part[index] ?? EMPTY_ROOT
        expect(verifyInclusion({ leaf, index, size, root: rootOf(part) }, damaged)).toBe(false)
        const oldSize = 1 + (pick % (size - 1))
        const path = consistencyProof(part, oldSize).map((hash, at, all) =>
          at === node % all.length ? changed(hash, bit) : hash,
        )
        const claim = { oldSize, oldRoot: rootOf(part.slice(0, oldSize)), newSize: size, newRoot: rootOf(part) }
        expect(verifyConsistency(claim, path)).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  test('sizes and places that make no sense are refused', () => {
    expect(() => inclusionProof(leaves, 8)).toThrow(RangeError)
    expect(() => consistencyProof(leaves, 0)).toThrow(RangeError)
    const root = rootOf(leaves)
    const leaf = leaves[0] ?? EMPTY_ROOT
    expect(verifyInclusion({ leaf, index: 8, size: 8, root }, [])).toBe(false)
    expect(verifyInclusion({ leaf, index: -1, size: 8, root }, [])).toBe(false)
    expect(verifyInclusion({ leaf, index: 0.5, size: 8, root }, [])).toBe(false)
    expect(verifyConsistency({ oldSize: 9, oldRoot: root, newSize: 8, newRoot: root }, [])).toBe(false)
    expect(verifyConsistency({ oldSize: 0, oldRoot: EMPTY_ROOT, newSize: 8, newRoot: root }, [])).toBe(false)
  })
})
