import { cpSync } from 'node:fs'
import { resolve } from 'node:path'
import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

const root = resolve(import.meta.dirname, '..')
// electron-vite 6.0.0 knows Electron <= 44; these are the targets of the Electron that ships (45).
const NODE_TARGET = 'node24.18'
const CHROME_TARGET = 'chrome156'

/** SQL stays in .sql files; the built core reads them from beside its own code. */
const copyMigrations = {
  name: 'copy-migrations',
  closeBundle() {
    cpSync(resolve(root, 'main/store/migrations'), resolve(root, 'out/main/migrations'), { recursive: true })
  },
}

/** The rates that come with the app, read from beside its own code too. */
const copyRates = {
  name: 'copy-rates',
  closeBundle() {
    const file = 'ecb-reference-rates.csv'
    cpSync(resolve(root, 'main/reporting/exchange', file), resolve(root, 'out/main', file))
  },
}

/** The page that checks a bundle goes into every bundle. */
const copyVerifier = {
  name: 'copy-verifier',
  closeBundle() {
    cpSync(resolve(root, 'resources/verify/verify.html'), resolve(root, 'out/main/verify.html'))
  },
}

export default defineConfig({
  main: {
    build: {
      outDir: resolve(root, 'out/main'),
      target: NODE_TARGET,
      rolldownOptions: {
        input: {
          index: resolve(root, 'electron/main.ts'),
          'audit-worker-thread': resolve(root, 'main/audit/worker/audit-worker-thread.ts'),
          'import-worker': resolve(root, 'main/imports/import-worker.ts'),
          'keychain-worker': resolve(root, 'main/vault/keychain-worker.ts'),
          'read-worker-thread': resolve(root, 'main/reporting/worker/read-worker-thread.ts'),
        },
        output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
      },
    },
    plugins: [copyMigrations, copyRates, copyVerifier],
  },
  preload: {
    build: {
      outDir: resolve(root, 'out/preload'),
      target: NODE_TARGET,
      externalizeDeps: false, // a sandboxed preload is one self-contained file
      rolldownOptions: {
        input: { index: resolve(root, 'preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: resolve(root, 'renderer'),
    build: {
      outDir: resolve(root, 'out/renderer'),
      emptyOutDir: true,
      target: CHROME_TARGET,
      minify: true,
      chunkSizeWarningLimit: 2_000,
      rolldownOptions: { input: resolve(root, 'renderer/index.html') },
    },
    plugins: [react(), tailwind()],
  },
})
