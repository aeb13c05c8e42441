/** What computing a field may look at. */
import type { MetaWorld } from './world.ts'

export interface Shaping {
  readonly world: MetaWorld
  /** This server's origin, for pictures. */
  readonly baseUrl: string
}

/** Field name → how to compute it. Undefined is left out of the answer, as Graph does. */
export type FieldsOf<T> = Readonly<Record<string, (object: T, shaping: Shaping) => unknown>>
