/**
 * How the person proves to be there at Confirm. It never decides: after it the gate still asks for everything else. Knows no draft.
 */
import { z } from 'zod'
import { OperationError } from '../../shared/errors.ts'
import type { Ports } from '../ports.ts'
import { Secret } from '../secret.ts'
import type { SettingTable } from '../store/setting-table.ts'
import type { Vault } from '../vault/vault.ts'

/** From the weakest to the strongest. */
export const CONFIRM_FACTORS = ['click', 'os_prompt', 'passphrase'] as const
export type ConfirmFactor = (typeof CONFIRM_FACTORS)[number]

export interface PresenceDeps {
  readonly vault: Pick<Vault, 'hasPassphrase' | 'verifyPassphrase'>
  readonly ports: Pick<Ports, 'shell' | 'confirmPresence'>
  readonly settings: Pick<SettingTable, 'read'>
}

export type Presence = ReturnType<typeof createPresence>

/** Shown by the operating system after "SpendSignoff is trying to". */
const PROMPT = 'confirm a change in your ad accounts'

export function createPresence({ vault, ports, settings }: PresenceDeps) {
  /** What the person set; one that cannot be read is taken for the strongest. */
  function chosen(): ConfirmFactor {
    const stored = settings.read('confirm_factor')
    if (stored === undefined) return 'click'
    return z.enum(CONFIRM_FACTORS).safeParse(stored).data ?? 'passphrase'
  }

  async function requirePassphrase(passphrase: string | undefined): Promise<void> {
    if (!vault.hasPassphrase) throw noPassphrase(ports.shell)
    const isRight = passphrase !== undefined && (await vault.verifyPassphrase(new Secret(passphrase)))
    if (!isRight)
      throw new OperationError(
        'wrong_passphrase',
        'That is not the passphrase of this workspace. Nothing was changed or sent.',
        'Type the vault passphrase again.',
        { retryable: true },
      )
  }

  async function requirePrompt(): Promise<void> {
    if (ports.confirmPresence === undefined)
      throw new OperationError(
        'presence_refused',
        'Confirm asks for a prompt of the operating system, and there is none on this computer. Nothing was changed or sent.',
        'Choose another way to confirm under Settings.',
      )
    if (!(await ports.confirmPresence(PROMPT)))
      throw new OperationError(
        'presence_refused',
        'The prompt of the operating system was not confirmed. Nothing was changed or sent.',
        'Try again, and confirm the prompt.',
        { retryable: true },
      )
  }

  return {
    chosen,
    /** What Confirm asks for. In the browser window always the passphrase: a program that can read its link must not be able to approve. */
    factor: (): ConfirmFactor => (ports.shell === 'browser' ? 'passphrase' : chosen()),
    /** Why a factor cannot be chosen here, in words for the person; undefined when it can. */
    whyNot(factor: ConfirmFactor): string | undefined {
      if (factor === 'passphrase' && !vault.hasPassphrase) return 'This workspace has no passphrase yet. Set one first.'
      if (factor === 'os_prompt' && ports.confirmPresence === undefined)
        return 'This computer, or this way of running the app, offers no prompt of the operating system.'
      return undefined
    },
    /**
     * @throws OperationError wrong_passphrase, rate_limited, presence_refused, or not_allowed in a browser window without a passphrase
     */
    async check(input: { readonly passphrase?: string | undefined }): Promise<ConfirmFactor> {
      const factor = ports.shell === 'browser' ? 'passphrase' : chosen()
      if (factor === 'passphrase') await requirePassphrase(input.passphrase)
      if (factor === 'os_prompt') await requirePrompt()
      return factor
    },
    /**
     * For changing what guards Confirm: the passphrase where there is one, else the operating system's prompt where that is what
     * guards it. @throws OperationError as check does
     */
    async checkOwner(input: { readonly passphrase?: string | undefined }): Promise<void> {
      if (vault.hasPassphrase || ports.shell === 'browser') return requirePassphrase(input.passphrase)
      if (chosen() === 'os_prompt' && ports.confirmPresence !== undefined) return requirePrompt()
    },
  }
}

function noPassphrase(shell: Ports['shell']): OperationError {
  return shell === 'browser'
    ? new OperationError(
        'not_allowed',
        'This workspace has no passphrase, so nothing can be confirmed or changed here in the browser window. Nothing was changed or sent.',
        'Open it in the desktop app, and set a passphrase there under Settings.',
      )
    : new OperationError(
        'wrong_passphrase',
        'Confirm asks for a passphrase, and this workspace has none. Nothing was changed or sent.',
        'Set one under Settings, or choose another way to confirm.',
      )
}
