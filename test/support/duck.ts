/** DuckDB in memory, as an independent reader of what was exported. Integers come as bigints. */
import { DuckDBInstance } from '@duckdb/node-api'

export type DuckRow = Readonly<Record<string, unknown>>
export interface Duck {
  rows(sql: string): Promise<readonly DuckRow[]>
  close(): void
}

/** `folder`, where given, is where relative paths begin. */
export async function openDuck(folder?: string): Promise<Duck> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  if (folder !== undefined) await connection.run(`SET file_search_path = '${folder.replaceAll("'", "''")}'`)
  return {
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowObjects(),
    close() {
      connection.disconnectSync()
      instance.closeSync()
    },
  }
}
