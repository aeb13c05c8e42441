/** Asks for the passphrase at a terminal, without showing it. Never reads it from a pipe: that is what the variable is for. */
import { Secret } from '../secret.ts'

const MAX_CHARS = 256
const ENTER = new Set(['\r', '\n', '\u0004'])
const CTRL_C = '\u0003'
const BACKSPACE = new Set(['\u007f', '\b'])

/** Undefined without a terminal, or when the person gives up with Ctrl-C or an empty line. */
export async function askPassphrase(prompt = 'Passphrase of this workspace: '): Promise<Secret | undefined> {
  const { stdin, stderr } = process
  if (!stdin.isTTY || !stderr.isTTY) return undefined
  stderr.write(prompt)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  stdin.resume()
  let typed = ''
  try {
    return await new Promise((resolve) => {
      const onData = (chunk: string): void => {
        for (const key of chunk) {
          if (key === CTRL_C || ENTER.has(key)) {
            stdin.off('data', onData)
            resolve(key === CTRL_C || typed === '' ? undefined : new Secret(typed))
            return
          }
          if (BACKSPACE.has(key)) typed = typed.slice(0, -1)
          else if (typed.length < MAX_CHARS) typed += key
        }
      }
      stdin.on('data', onData)
    })
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}
