/** One Parquet file, written in row groups to a file that must not exist yet. Knows types, not meanings. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer'

/** `time` is milliseconds since 1970 in UTC, `date` days since 1970-01-01. */
export type ColumnType = 'text' | 'integer' | 'flag' | 'time' | 'date'
export interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly isRequired?: boolean
}
/** In the order of the columns: texts, bigints of `integer` and `time`, booleans of `flag`, numbers of `date`. */
export type ParquetRow = readonly ParquetValue[]
export type ParquetValue = string | bigint | number | boolean | null

/** Rows held in memory at once, and the rows of one row group. */
const GROUP_ROWS = 20_000

export interface ParquetFile {
  /** @returns whether a row group was written just now: a good moment to let others work */
  add(row: ParquetRow): boolean
  /** @returns rows and bytes of the finished file */
  finish(): { readonly rows: number; readonly bytes: number }
  /** Closes what was not finished. */
  abandon(): void
}

/** Opens the file for this user alone; refuses one that is there, or a link. Compressed with Snappy, which every reader has. */
export function createParquetFile(file: string, columns: readonly Column[]): ParquetFile {
  const handle = openSync(file, 'wx', 0o600)
  let isOpen = true
  const close = (): void => {
    if (isOpen) closeSync(handle)
    isOpen = false
  }
  const bytes = new ByteWriter(1 << 16)
  const flush = (): void => {
    for (let done = 0; done < bytes.index; )
      done += writeSync(handle, new Uint8Array(bytes.buffer, done, bytes.index - done))
    bytes.index = 0
  }
  const writer = new ParquetWriter({
    writer: Object.assign(bytes, { flush, finish: flush }),
    schema: [{ name: 'root', num_children: columns.length }, ...columns.map(schemaOf)],
    createdBy: 'SpendSignoff Desktop',
  })
  let waiting: ParquetValue[][] = columns.map(() => [])
  let rows = 0
  const writeGroup = (): void => {
    void writer.write({
      columnData: columns.map(({ name }, k) => ({ name, data: waiting[k] ?? [] })),
      rowGroupSize: GROUP_ROWS,
    })
    waiting = columns.map(() => [])
  }
  return {
    add(row) {
      for (let k = 0; k < waiting.length; k += 1) waiting[k]?.push(row[k] ?? null)
      rows += 1
      const isFull = rows % GROUP_ROWS === 0
      if (isFull) writeGroup()
      return isFull
    },
    finish() {
      if (rows % GROUP_ROWS > 0) writeGroup()
      void writer.finish()
      close()
      return { rows, bytes: bytes.offset }
    },
    abandon: close,
  }
}

const SCHEMAS: Readonly<Record<ColumnType, Omit<SchemaElement, 'name'>>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  integer: { type: 'INT64' },
  flag: { type: 'BOOLEAN' },
  date: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
  time: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  },
}

function schemaOf({ name, type, isRequired = false }: Column): SchemaElement {
  return { ...SCHEMAS[type], name, repetition_type: isRequired ? 'REQUIRED' : 'OPTIONAL' }
}
