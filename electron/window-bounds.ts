/**
 * Where the window was when it was last closed. A convenience: never an error. A file that is damaged, or from a screen that
 * is gone, means the default place.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Rectangle } from 'electron'
import { writeFileAtomically } from '../main/atomic-file.ts'

export const MIN_WIDTH = 900
export const MIN_HEIGHT = 600
const DEFAULT_SIZE = { width: 1280, height: 800 }
const MAX_SIDE = 20_000
/** So much of the window must lie on some screen, or a person could not find its title bar. */
const MIN_VISIBLE = { width: 120, height: 60 }

export interface WindowPlace {
  readonly width: number
  readonly height: number
  /** Left out when the system should choose. */
  readonly x?: number
  readonly y?: number
  readonly isMaximized: boolean
}

/** @param workAreas the usable parts of the screens that are connected now. */
export function readWindowPlace(file: string, workAreas: readonly Rectangle[]): WindowPlace {
  const stored = readNumbers(file)
  const width = clamp(stored['width'], MIN_WIDTH) ?? DEFAULT_SIZE.width
  const height = clamp(stored['height'], MIN_HEIGHT) ?? DEFAULT_SIZE.height
  const isMaximized = stored['isMaximized'] === true
  const { x, y } = stored
  if (!isWhole(x) || !isWhole(y)) return { width, height, isMaximized }
  const isFindable = workAreas.some(
    (area) =>
      overlap(x, width, area.x, area.width) >= MIN_VISIBLE.width &&
      overlap(y, height, area.y, area.height) >= MIN_VISIBLE.height &&
      y >= area.y,
  )
  return isFindable ? { width, height, x, y, isMaximized } : { width, height, isMaximized }
}

/** @param bounds of the window when it is not maximized. */
export function writeWindowPlace(file: string, bounds: Rectangle, isMaximized: boolean): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const { x, y, width, height } = bounds
    writeFileAtomically(file, Buffer.from(JSON.stringify({ x, y, width, height, isMaximized })))
  } catch {
    // A full disk must not stop a window from closing.
  }
}

function readNumbers(file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= MAX_SIDE
}

function clamp(value: unknown, min: number): number | undefined {
  return isWhole(value) ? Math.max(value, min) : undefined
}

function overlap(start: number, length: number, otherStart: number, otherLength: number): number {
  return Math.min(start + length, otherStart + otherLength) - Math.max(start, otherStart)
}
