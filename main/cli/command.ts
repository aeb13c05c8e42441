/** What every command is given, and how commands end. */
export const EXIT = { done: 0, no: 1, misuse: 2 } as const

export interface CommandOptions {
  /** "default", "demo", or a folder. */
  readonly workspace: string
  readonly isJson: boolean
  readonly port: number | undefined
  /** Of `mcp` only: the home folder of the running app. */
  readonly home: string | undefined
}

/** Words go to stderr, so that stdout stays for machines. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
