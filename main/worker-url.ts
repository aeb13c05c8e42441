import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Where the worker called `name` lies: beside the caller, with the caller's own ending. In the sources that is `name.ts` in the same
 * folder; built, every entry is `name.js` in out/main. Pass `import.meta.url`.
 */
export function workerUrl(callerUrl: string, name: string): URL {
  return new URL(`./${name}${extname(fileURLToPath(callerUrl))}`, callerUrl)
}
