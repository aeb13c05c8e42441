/**
 * The local log: one JSON line per event in <home>/logs/app.log. Stays on this machine, bounded in size, and the only place where a
 * stack is kept. Never holds a known secret or anything that looks like a token, and never stops the program when the disk is full.
 */
import { appendFileSync, chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../shared/clock.ts'
import { sizeOf } from './atomic-file.ts'
import type { Logger } from './logger.ts'
import { Secret } from './secret.ts'

export interface FileLogger extends Logger {
  /** From now on this exact value is replaced wherever it would be written, also in its URL-encoded and JSON forms. */
  hide(secret: Secret): void
  readonly file: string
}
export interface FileLoggerOptions {
  readonly homeFolder: string
  readonly clock: Clock
  /** Size at which the file is set aside; three older ones are kept. */
  readonly maxBytes?: number
}

const DEFAULT_MAX_BYTES = 1_000_000
const FILES_KEPT = 3
const MAX_LINE_CHARS = 8_000
const MAX_TEXT_CHARS = 4_000
const MAX_ITEMS = 50
const MAX_DEPTH = 6
/** Enough for every secret of 50 connections in three spellings; beyond it the one not named for longest is forgotten, never the newest. */
const MAX_HIDDEN = 600
/** Shorter values would erase ordinary words. */
const MIN_HIDDEN_CHARS = 6
const HIDDEN = '[hidden]'

const TELLING_KEY = /token|secret|passphrase|password|authorization|cookie|credential|api_?key|signature/i
const TELLING_TEXT: readonly RegExp[] = [
  /\b(bearer|basic)\s+[^\s"',;]+/gi,
  /\b(access_token|refresh_token|id_token|client_secret|app_secret|secret|password|passphrase|token)(\\?["']?\s*[=:]\s*\\?["']?)[^\s&"'\\,;)}\]]+/gi,
]
/** A long run that mixes letters and digits: platform tokens, keys and hashes look like this, entity ids (digits only) do not. */
const TOKEN_LIKE = /[A-Za-z0-9_\-+=~.|]{24,}/g

/** Replaces what looks like a credential. Errs on hiding: a hash or a UUID is hidden too. */
export function redactText(text: string): string {
  const [scheme, assignment] = TELLING_TEXT as [RegExp, RegExp]
  return text
    .replace(scheme, `$1 ${HIDDEN}`)
    .replace(assignment, `$1$2${HIDDEN}`)
    .replace(TOKEN_LIKE, (run) => (looksRandom(run) ? HIDDEN : run))
}

function looksRandom(run: string): boolean {
  // File names and dotted names in stacks have word-sized pieces; a token has at least one long mixed one.
  return run.split(/[.|]/).some((piece) => piece.length >= 20 && /[0-9]/.test(piece) && /[A-Za-z]/.test(piece))
}

export function createFileLogger(options: FileLoggerOptions): FileLogger {
  const folder = join(options.homeFolder, 'logs')
  const file = join(folder, 'app.log')
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES
  const hidden = new Set<string>()
  let isReady = false
  let lost = 0

  const redact = (text: string) => {
    let clean = text
    for (const value of hidden) clean = clean.replaceAll(value, HIDDEN)
    return redactText(clean)
  }
  const write = (line: string) => {
    try {
      if (!isReady) {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        appendFileSync(file, '', { mode: 0o600 })
        if (process.platform !== 'win32') chmodSync(file, 0o600)
        isReady = true
      }
      if (sizeOf(file) + line.length > maxBytes) rotate(file)
      appendFileSync(file, line, { mode: 0o600 })
      lost = 0
    } catch {
      // A full disk must not take the app down; how much is missing is said once writing works again.
      lost += 1
      isReady = false
    }
  }
  const log = (level: 'info' | 'error', event: string, facts: unknown, error?: unknown) => {
    const record = {
      at: new Date(options.clock.nowMs()).toISOString(),
      level,
      event: redact(shorten(event)),
      ...(lost === 0 ? {} : { lostBefore: lost }),
      ...(facts === undefined ? {} : { facts: plain(facts, redact, 0) }),
      ...(error === undefined ? {} : { error: plain(error, redact, 0) }),
    }
    const text = JSON.stringify(record)
    const short = JSON.stringify({ at: record.at, level, event: record.event.slice(0, 200), cut: text.length })
    write(`${text.length > MAX_LINE_CHARS ? short : text}\n`)
  }
  return {
    file,
    info: (event, facts) => log('info', event, facts),
    error: (event, error, facts) => log('error', event, facts, error ?? 'no error given'),
    hide(secret) {
      const value = secret.reveal()
      if (value.length < MIN_HIDDEN_CHARS) return
      for (const form of [value, encodeURIComponent(value.toWellFormed()), JSON.stringify(value).slice(1, -1)]) {
        // Put last again: a set keeps the order in which values were added.
        hidden.delete(form)
        hidden.add(form)
      }
      for (const oldest of hidden) {
        if (hidden.size <= MAX_HIDDEN) break
        hidden.delete(oldest)
      }
    },
  }
}

function rotate(file: string): void {
  rmSync(`${file}.${FILES_KEPT}`, { force: true })
  for (let n = FILES_KEPT - 1; n >= 1; n -= 1)
    if (sizeOf(`${file}.${n}`) > 0) renameSync(`${file}.${n}`, `${file}.${n + 1}`)
  if (sizeOf(file) > 0) renameSync(file, `${file}.1`)
}

/** A bounded, redacted copy that JSON can hold: no cycle, no bigint, no byte array, no secret. */
function plain(value: unknown, redact: (text: string) => string, depth: number): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || value === undefined) return value
  if (typeof value === 'string') return redact(shorten(value))
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Secret) return value.toJSON()
  if (typeof value !== 'object') return `[${typeof value}]`
  if (depth >= MAX_DEPTH) return '[deep]'
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (value instanceof Error) return plainError(value, redact, depth)
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => plain(item, redact, depth + 1))
  const entries = Object.entries(value).slice(0, MAX_ITEMS)
  return Object.fromEntries(
    entries.map(([key, item]) => [redact(key), TELLING_KEY.test(key) ? HIDDEN : plain(item, redact, depth + 1)]),
  )
}

/** Cuts long text between words: half a token at the cut would no longer look like one. */
function shorten(text: string): string {
  return text.length <= MAX_TEXT_CHARS ? text : `${text.slice(0, MAX_TEXT_CHARS).replace(/[^\s]{1,1000}$/, '')} [cut]`
}

function plainError(error: Error, redact: (text: string) => string, depth: number): unknown {
  const code: unknown = 'code' in error ? error.code : undefined
  return {
    name: error.name,
    message: redact(shorten(error.message)),
    ...(typeof code === 'string' ? { code } : {}),
    stack: redact(shorten(error.stack ?? ''))
      .split('\n')
      .slice(1, 20),
    ...(error.cause === undefined ? {} : { cause: plain(error.cause, redact, depth + 1) }),
  }
}
