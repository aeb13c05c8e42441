/** Puts a double behind a page: every function of `window.spendsignoff` calls into the test's process. */
import type { Page } from '@playwright/test'
import { OPERATION_NAMES } from '../../shared/operation-names.ts'
import { createWindowDouble, type Handlers, type WindowDouble } from './window-double.ts'

export async function withDouble(page: Page, handlers: Handlers): Promise<WindowDouble> {
  const double = createWindowDouble(handlers)
  await page.exposeFunction('callDouble', (name: string, input: unknown) => double.call(name, input))
  await page.addInitScript((names: readonly string[]) => {
    const scope = globalThis as unknown as { callDouble: (name: string, input: unknown) => unknown }
    Object.defineProperty(globalThis, 'spendsignoff', {
      value: Object.freeze(
        Object.fromEntries(names.map((name) => [name, (input: unknown) => scope.callDouble(name, input)])),
      ),
    })
  }, OPERATION_NAMES)
  return double
}
