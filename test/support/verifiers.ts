/** The verifiers that share no code with the product, and the vectors that all of them must agree on. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { verifyBundle } from '../../main/audit/bundle/read-bundle.ts'

export const VECTORS: string = join(import.meta.dirname, '../fixtures/audit-vectors')
const FOLDER = join(import.meta.dirname, '../verifiers')

export interface VectorCase {
  readonly bundle: string
  readonly vkey?: string
  readonly checkpoints: readonly string[]
  /** The first fault, null for a bundle that verifies. */
  readonly fault: string | null
  readonly beyondShell?: boolean
}
export const vectors = JSON.parse(readFileSync(join(VECTORS, 'expected.json'), 'utf8')) as {
  readonly vkey: string
  readonly cases: readonly VectorCase[]
}
export const bundleOf = ({ bundle }: Pick<VectorCase, 'bundle'>): string => join(VECTORS, `${bundle}.zip`)
export const noteFile = (name: string): string => join(VECTORS, `${name}.note`)
export const noteText = (name: string): string => readFileSync(noteFile(name), 'utf8')

export interface Verdict {
  readonly exit: number | null
  /** 'ok' or the name of the fault. */
  readonly kind: string
  readonly notes: string
}

/** Only the product knows what every type of record may hold; others meet the broken chain or root behind a record that does not fit. */
export const agree = (here: string, there: string): boolean =>
  there === here || (here === 'bad_schema' && there !== 'ok')

export interface Known {
  readonly vkey?: string | undefined
  /** Files with checkpoints. */
  readonly checkpoints?: readonly string[] | undefined
}

/** test/verifiers/verify.py */
export function verifyWithPython(file: string, { vkey, checkpoints = [] }: Known = {}): Promise<Verdict> {
  const key = vkey === undefined ? [] : ['--vkey', vkey]
  return run('python3', [
    join(FOLDER, 'verify.py'),
    file,
    ...key,
    ...checkpoints.flatMap((name) => ['--checkpoint', name]),
  ])
}

/** test/verifiers/verify.sh */
export function verifyWithShell(file: string, { vkey, checkpoints = [] }: Known = {}): Promise<Verdict> {
  return run('sh', [join(FOLDER, 'verify.sh'), file, vkey ?? '-', ...checkpoints])
}

/** The product's own, in the same shape. */
export async function verifyHere(file: string, { vkey, checkpoints = [] }: Known = {}): Promise<Verdict> {
  const extraNotes = checkpoints.map((name) => readFileSync(name, 'utf8'))
  const result = await verifyBundle(file, { vkey, extraNotes })
  return { exit: result.ok ? 0 : 1, kind: result.ok ? 'ok' : result.fault.kind, notes: result.limits.join('\n') }
}

async function run(program: string, words: readonly string[]): Promise<Verdict> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (piece: Buffer) => out.push(piece))
  child.stderr.on('data', (piece: Buffer) => err.push(piece))
  const exit = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [word = '', ...rest] = Buffer.concat(out).toString('utf8').split('\n', 1)[0]?.split(/[ :]/) ?? []
  const kind = word === 'OK' ? 'ok' : word === 'FAULT' ? (rest[0] ?? '') : 'no verdict'
  return { exit, kind, notes: Buffer.concat(err).toString('utf8') }
}
