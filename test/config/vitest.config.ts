import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

const root = resolve(import.meta.dirname, '../..')

/** Everything that runs without a window, on real SQLite, the real sandbox and a real Secret Service. */
export default defineConfig({
  root,
  // Any stray `import 'electron'` in plain Node starts a blocking download: tests meet the fake instead.
  resolve: { alias: { electron: resolve(root, 'test/support/fake-electron.ts') } },
  test: {
    environment: 'node',
    include: ['test/{core,contract,migrations,architecture,security,electron}/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
