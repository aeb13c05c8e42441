import { resolve } from 'node:path'
import { defineConfig } from '@playwright/test'
import { chromiumLaunchOptions } from '../support/chromium.ts'

const root = resolve(import.meta.dirname, '../..')

/** The real app in a real browser. Specs start the server they need themselves, each with its own folder. */
export default defineConfig({
  testDir: resolve(root, 'test/ui'),
  // Playwright would follow the type-only `paths` of the sides' tsconfigs at run time.
  tsconfig: resolve(root, 'test/config/playwright-tsconfig.json'),
  outputDir: resolve(root, 'out/e2e'),
  // Every spec runs a core, a sandbox and a browser: two at a time starve each other on two cores.
  workers: 1,
  // A test that passes on its second try is a failing test.
  retries: 0,
  forbidOnly: process.env['CI'] !== undefined,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    launchOptions: chromiumLaunchOptions(),
    viewport: { width: 1280, height: 800 },
    deviceScaleFactor: 1,
    colorScheme: 'light',
    locale: 'en-GB',
    timezoneId: 'UTC',
    contextOptions: { reducedMotion: 'reduce' },
    trace: 'retain-on-failure',
  },
})
