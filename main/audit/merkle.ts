import { hash } from 'node:crypto'

/**
 * The Merkle tree of RFC 6962 §2.1 / RFC 9162 §2.1: leaf = SHA-256(0x00 ‖ data), node = SHA-256(0x01 ‖ left ‖ right).
 * Pure functions over hashes; this file never reads storage and never decides whether a root is the right one.
 */

const LEAF = Buffer.of(0)
const NODE = Buffer.of(1)
const sha256 = (bytes: Uint8Array): Buffer => hash('sha256', bytes, 'buffer')

/** Root of the tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Buffer = sha256(Buffer.alloc(0))

export function leafHash(data: Uint8Array): Buffer {
  return sha256(Buffer.concat([LEAF, data]))
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(Buffer.concat([NODE, left, right]))
}

/**
 * A tree of any size as at most 53 hashes: the roots of its perfect subtrees, largest first (a "compact range").
 * Immutable, so that a rolled-back transaction needs nothing but the old value.
 */
export interface CompactTree {
  readonly size: number
  readonly peaks: readonly Buffer[]
}

export const EMPTY_TREE: CompactTree = { size: 0, peaks: [] }

/** The tree with one more leaf (already hashed). */
export function appendLeaf(tree: CompactTree, leaf: Buffer): CompactTree {
  const peaks = [...tree.peaks]
  let node = leaf
  // As many subtrees merge as the old size has trailing one bits. Division, not shifts: sizes may exceed 32 bits.
  for (let rest = tree.size; rest % 2 === 1; rest = (rest - 1) / 2) {
    const left = peaks.pop()
    if (left === undefined) throw new RangeError('the tree has fewer peaks than its size needs')
    node = nodeHash(left, node)
  }
  peaks.push(node)
  return { size: tree.size + 1, peaks }
}

export function treeRoot(tree: CompactTree): Buffer {
  const last = tree.peaks.at(-1)
  if (last === undefined) return EMPTY_ROOT
  return tree.peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last)
}

/** Root over all given leaf hashes. */
export function rootOf(leaves: readonly Buffer[]): Buffer {
  return treeRoot(leaves.reduce(appendLeaf, EMPTY_TREE))
}

/** Path that proves that leaf `index` is in the tree of all given leaves (RFC 9162 §2.1.3.1). @throws RangeError */
export function inclusionProof(leaves: readonly Buffer[], index: number): Buffer[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError('no such leaf')
  if (leaves.length === 1) return []
  const split = largestPowerBelow(leaves.length)
  return index < split
    ? [...inclusionProof(leaves.slice(0, split), index), rootOf(leaves.slice(split))]
    : [...inclusionProof(leaves.slice(split), index - split), rootOf(leaves.slice(0, split))]
}

/** Whether `proof` leads from leaf `index` to `root` in a tree of `size` leaves (RFC 9162 §2.1.3.2). */
export function verifyInclusion(
  claim: { readonly leaf: Buffer; readonly index: number; readonly size: number; readonly root: Buffer },
  proof: readonly Buffer[],
): boolean {
  if (!isSize(claim.index) || !isSize(claim.size) || claim.index >= claim.size) return false
  let position = claim.index
  let last = claim.size - 1
  let node = claim.leaf
  for (const sibling of proof) {
    if (last === 0) return false
    if (position % 2 === 1 || position === last) {
      node = nodeHash(sibling, node)
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)]
    } else {
      node = nodeHash(node, sibling)
    }
    ;[position, last] = [half(position), half(last)]
  }
  return last === 0 && node.equals(claim.root)
}

/** Path that proves that the first `oldSize` of the given leaves are a prefix of all (RFC 9162 §2.1.4.1). @throws RangeError */
export function consistencyProof(leaves: readonly Buffer[], oldSize: number): Buffer[] {
  if (!Number.isInteger(oldSize) || oldSize < 1 || oldSize > leaves.length) throw new RangeError('no such tree size')
  return subProof(leaves, oldSize, true)
}

function subProof(leaves: readonly Buffer[], oldSize: number, isWhole: boolean): Buffer[] {
  if (oldSize === leaves.length) return isWhole ? [] : [rootOf(leaves)]
  const split = largestPowerBelow(leaves.length)
  return oldSize <= split
    ? [...subProof(leaves.slice(0, split), oldSize, isWhole), rootOf(leaves.slice(split))]
    : [...subProof(leaves.slice(split), oldSize - split, false), rootOf(leaves.slice(0, split))]
}

/** Whether the tree of `newSize` with `newRoot` only appended to the tree of `oldSize` with `oldRoot` (RFC 9162 §2.1.4.2). */
export function verifyConsistency(
  claim: { readonly oldSize: number; readonly oldRoot: Buffer; readonly newSize: number; readonly newRoot: Buffer },
  proof: readonly Buffer[],
): boolean {
  const { oldSize, newSize, oldRoot, newRoot } = claim
  if (!isSize(oldSize) || !isSize(newSize) || oldSize < 1 || oldSize > newSize) return false
  if (oldSize === newSize) return proof.length === 0 && oldRoot.equals(newRoot)
  let position = oldSize - 1
  let last = newSize - 1
  while (position % 2 === 1) [position, last] = [half(position), half(last)]
  // A perfect old tree is itself the first node of the path.
  const path = position === 0 ? [oldRoot, ...proof] : [...proof]
  const start = path.shift()
  if (start === undefined) return false
  let oldNode = start
  let newNode = start
  for (const sibling of path) {
    if (last === 0) return false
    if (position % 2 === 1 || position === last) {
      oldNode = nodeHash(sibling, oldNode)
      newNode = nodeHash(sibling, newNode)
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)]
    } else {
      newNode = nodeHash(newNode, sibling)
    }
    ;[position, last] = [half(position), half(last)]
  }
  return last === 0 && oldNode.equals(oldRoot) && newNode.equals(newRoot)
}

const half = (value: number): number => Math.floor(value / 2)
const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

function largestPowerBelow(size: number): number {
  let power = 1
  while (power * 2 < size) power *= 2
  return power
}
