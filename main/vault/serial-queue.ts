import { OperationError } from '../../shared/errors.ts'

/** Runs one asynchronous task after the other. Bounded: a caller who would be too far behind is refused at once. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve()
  #waiting = 0
  readonly #limit: number
  constructor(limit: number) {
    this.#limit = limit
  }
  /** @throws OperationError rate_limited when `limit` tasks are waiting */
  run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#limit)
      return Promise.reject(
        new OperationError('rate_limited', 'The vault is busy.', 'Try again in a moment.', { retryable: true }),
      )
    this.#waiting += 1
    const result = this.#tail.then(task)
    this.#tail = result.then(
      () => (this.#waiting -= 1),
      () => (this.#waiting -= 1),
    )
    return result
  }
}
