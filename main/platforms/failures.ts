/** The failures that are the same on every platform but for its name. Our words only: nothing of a request, nothing a platform wrote. */
import type { Platform } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import type { ReadFailure } from './http.ts'

export interface CommonFailures {
  /** The failure a person sees when no complete answer came. */
  readonly errorForFailure: (failure: ReadFailure) => OperationError
  /** An answer that is not what the platform documents. */
  readonly unreadable: (reason: string) => OperationError
  /** Gone, or out of this connection's sight. */
  readonly unknownEntity: () => OperationError
}

/** @param name What people call the platform: "TikTok". */
export function commonFailures(platform: Platform, name: string): CommonFailures {
  const unreadable = (reason: string) =>
    new OperationError(
      'platform_unreachable',
      `${name}’s answer could not be understood (${reason}).`,
      `Nothing was changed. Try again; if it stays, a proxy may be altering traffic or ${name} has changed its interface.`,
      { retryable: true, details: { platform, reason: 'unreadable' } },
    )
  const errorForFailure = ({ kind }: ReadFailure) => {
    const details = { platform, reason: kind }
    const retry = { retryable: true, details }
    const check = 'Check the connection and try again.'
    switch (kind) {
      case 'cancelled':
        return new OperationError('cancelled', `The request to ${name} was stopped.`, 'Start it again when you like.', {
          details,
        })
      case 'timeout':
        return new OperationError('timeout', `${name} did not answer in time.`, check, retry)
      case 'redirect':
        return new OperationError(
          'platform_unreachable',
          `Something answered in ${name}’s place and pointed elsewhere. It was not followed.`,
          'Check whether a network sign-in page or a proxy is in the way.',
          retry,
        )
      case 'too_large':
        return unreadable('the answer was too long')
      case 'network':
      default:
        return new OperationError('platform_unreachable', `${name} could not be reached.`, check, retry)
    }
  }
  const unknownEntity = () =>
    new OperationError(
      'unknown_entity',
      `${name} does not know this any more, or this connection may not see it.`,
      'Synchronise, then look again.',
    )
  return { errorForFailure, unreadable, unknownEntity }
}
