/** A string that must not be seen. Prints, logs, serialises and clones as nothing useful; only `reveal()` gives it away. */
import { inspect } from 'node:util'

const SHOWN = '[secret]'

export class Secret {
  // A private field is skipped by JSON, inspect, Object.keys and structuredClone.
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  /** The value itself: call it at the last moment, and never keep the result in an object. */
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return SHOWN
  }
  toJSON(): string {
    return SHOWN
  }
  [inspect.custom](): string {
    return SHOWN
  }
}
