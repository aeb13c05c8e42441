/** A workspace without any connection, and files handed to it the way the window does: in pieces. */
import { randomBytes } from 'node:crypto'
import type { OperationName } from '../../shared/operation-names.ts'
import type { InputOf, OutputOf } from '../../shared/operations.ts'
import type { ErrorReply } from '../../shared/errors.ts'
import type { ImportChoices } from '../../shared/schemas/imports.ts'
import { type Core, type CoreOptions, createCore } from '../../main/core.ts'
import { createImports, type Imports } from '../../main/imports/import-file.ts'
import { readFile } from '../../main/imports/read-file.ts'
import { type FileReader, ROWS_AT_ONCE } from '../../main/imports/reader.ts'
import type { Caller } from '../../main/ports.ts'
import { Secret } from '../../main/secret.ts'
import type { FactsDb } from '../../main/store/open.ts'
import { PASSPHRASE, type TestClock, testClock, testPorts } from './app.ts'
import { type HandClock, handClock, openTestFacts } from './facts-rig.ts'
import { makeTempFolder } from './temp-folder.ts'

const PIECE_BYTES = 300_000
const WINDOW: Caller = { kind: 'window' }

export type Preview = OutputOf<'preview_import'>
export type Imported = OutputOf<'commit_import'>['import']

export interface ImportApp {
  readonly core: Core
  readonly clock: TestClock
  readonly homeFolder: string
  run<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>>
  refusal(name: string, input: unknown, caller?: Caller): Promise<ErrorReply>
  /** Hands the bytes over. @returns the import's id */
  upload(name: string, content: string | Uint8Array): Promise<string>
  preview(name: string, content: string | Uint8Array, choices?: ImportChoices): Promise<Preview>
  /** Hands over and stores. @throws Error naming the refusal */
  store(name: string, content: string | Uint8Array, choices?: ImportChoices, keepsGoodRows?: boolean): Promise<Imported>
  restart(): Promise<ImportApp>
  close(): Promise<void>
}

const OPTIONS: CoreOptions = { startsWork: false, opensDoors: false }

export async function startImportApp(homeFolder = makeTempFolder('imports')): Promise<ImportApp> {
  const clock = testClock()
  const core = await createCore(testPorts(homeFolder, clock), OPTIONS)
  const app = importApp(core, clock, homeFolder)
  await app.run('create_workspace', { vault: 'passphrase', passphrase: PASSPHRASE })
  return app
}

/** Opens a workspace that is there. */
export async function openImportApp(homeFolder: string, clock = testClock()): Promise<ImportApp> {
  const core = await createCore(testPorts(homeFolder, clock), { ...OPTIONS, passphrase: new Secret(PASSPHRASE) })
  return importApp(core, clock, homeFolder)
}

function importApp(core: Core, clock: TestClock, homeFolder: string): ImportApp {
  const run = async <N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>> => {
    const reply = await core.run(WINDOW, name, input)
    if (!reply.ok) throw new Error(`${name}: ${reply.error.code}: ${reply.error.message}`)
    return reply.value as OutputOf<N>
  }
  async function upload(name: string, content: string | Uint8Array): Promise<string> {
    const bytes = Buffer.from(content)
    const { import_id } = await run('begin_import', { file_name: name, size_bytes: bytes.length })
    for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES)
      await run('append_import', {
        import_id,
        offset,
        base64: bytes.subarray(offset, offset + PIECE_BYTES).toString('base64'),
      })
    return import_id
  }
  return {
    core,
    clock,
    homeFolder,
    run,
    upload,
    async refusal(name, input, caller = WINDOW) {
      const reply = await core.run(caller, name, input)
      if (reply.ok) throw new Error(`${name} was not refused`)
      return reply.error
    },
    async preview(name, content, choices = {}) {
      const import_id = await upload(name, content)
      const seen = await run('preview_import', { import_id, choices })
      await run('cancel_import', { import_id })
      return seen
    },
    async store(name, content, choices = {}, keepsGoodRows = false) {
      const import_id = await upload(name, content)
      try {
        const { import: made } = await run('commit_import', {
          import_id,
          choices,
          ...(keepsGoodRows ? { keeps_good_rows: true } : {}),
        })
        return made
      } catch (error) {
        await run('cancel_import', { import_id })
        throw error
      }
    },
    async restart() {
      await core.close()
      return openImportApp(homeFolder, clock)
    },
    close: () => core.close(),
  }
}

/** The import alone, on a facts.db that a test can look into. */
export interface FactsImports {
  readonly facts: FactsDb
  readonly imports: Imports
  readonly clock: HandClock
  readonly recorded: string[]
  preview(content: string, choices?: ImportChoices): Promise<Preview>
  store(content: string, choices?: ImportChoices, keepsGoodRows?: boolean): Promise<Imported>
}

/** The reader without its thread, which takes longer to start than these small files to read. */
const readerHere: FileReader = {
  async open(request) {
    const { summary, rows } = await readFile(request)
    const left = Array.from(rows(), (row) => JSON.stringify(row))
    return { summary, next: async () => left.splice(0, ROWS_AT_ONCE), close: () => undefined }
  },
}

export function factsImports(facts: FactsDb = openTestFacts(), clock: HandClock = handClock()): FactsImports {
  const recorded: string[] = []
  const imports = createImports({
    facts,
    clock,
    randomBytes,
    record: ({ importId }) => void recorded.push(importId),
    reader: readerHere,
    isStopping: () => false,
  })
  const upload = (content: string): string => {
    const bytes = Buffer.from(content)
    const id = imports.begin('report.csv', bytes.length)
    imports.append(id, 0, bytes)
    return id
  }
  return {
    facts,
    imports,
    clock,
    recorded,
    async preview(content, choices = {}) {
      const id = upload(content)
      try {
        return await imports.preview(id, choices)
      } finally {
        imports.cancel(id)
      }
    },
    async store(content, choices = {}, keepsGoodRows = false) {
      const id = upload(content)
      try {
        return await imports.commit(id, choices, keepsGoodRows)
      } finally {
        imports.cancel(id)
      }
    },
  }
}

/** One row of an ad-level report of Meta, the way its own export writes it. */
export interface MetaRow {
  readonly campaign: string
  readonly adSet: string
  readonly ad: string
  readonly day: string
  readonly spend: string
  readonly purchases?: number
  readonly value?: string
}
const META_HEADER =
  'Campaign name,Ad set name,Ad name,Day,Amount spent (EUR),Impressions,Reach,Attribution setting,Purchases,Purchases conversion value,Link clicks'
export function metaReport(rows: readonly MetaRow[]): string {
  const lines = rows.map(({ campaign, adSet, ad, day, spend, purchases = 1, value = '20.00' }) =>
    [campaign, adSet, ad, day, spend, 1000, 900, '7-day click', purchases, value, 40].join(','),
  )
  return `${[META_HEADER, ...lines].join('\n')}\n`
}
