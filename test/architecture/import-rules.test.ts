/** Who may import whom. The product obeys every rule, and a small world of wrong imports proves that every rule bites. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import type { ICruiseResult } from 'dependency-cruiser'
import { describe, expect, test } from 'vitest'
import { PRODUCT_FOLDERS, REPOSITORY } from '../support/source-tree.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const CONFIG = join(REPOSITORY, 'test/config/dependency-cruiser.cjs')
const PROGRAM = join(REPOSITORY, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')

/** An import that breaks `rule`: `from` imports `to`, a file or the name of a package. */
type Wrong = readonly [rule: string, from: string, to: string]

const WRONG: readonly Wrong[] = [
  ['no-circular', 'main/reporting/chicken.ts', 'main/reporting/egg.ts'],
  ['no-unresolvable', 'main/reporting/lost.ts', 'a-package-nobody-installed'],
  ['core-is-host-neutral', 'main/reporting/shows-a-dialog.ts', 'electron'],
  ['core-is-host-neutral', 'main/reporting/draws.ts', 'renderer/ui/button.ts'],
  ['core-is-host-neutral', 'main/reporting/opens-a-window.ts', 'electron/window.ts'],
  ['shared-imports-nothing-but-zod', 'shared/reads-files.ts', 'node:fs'],
  ['shared-imports-nothing-but-zod', 'shared/calls-the-core.ts', 'main/ports.ts'],
  ['renderer-only-shared', 'renderer/features/spend/reaches-in.ts', 'main/ports.ts'],
  ['renderer-only-shared', 'renderer/features/spend/reaches-the-shell.ts', 'electron/window.ts'],
  ['renderer-no-host-packages', 'renderer/features/spend/queries.ts', 'better-sqlite3'],
  ['renderer-no-host-packages', 'renderer/features/spend/ipc.ts', 'electron'],
  ['renderer-no-node', 'renderer/features/spend/reads-files.ts', 'node:fs'],
  ['feature-imports-no-other-feature', 'renderer/features/spend/borrows.ts', 'renderer/features/review/card.ts'],
  ['ui-kit-ignores-the-domain', 'renderer/ui/knows-drafts.ts', 'shared/domain/draft.ts'],
  ['ui-kit-ignores-the-domain', 'renderer/ui/knows-operations.ts', 'shared/operations.ts'],
  ['ui-kit-ignores-the-domain', 'renderer/ui/asks.ts', 'renderer/api.ts'],
  ['preload-only-shared-and-electron', 'preload/reaches-in.ts', 'main/ports.ts'],
  ['preload-only-shared-and-electron', 'preload/reads-files.ts', 'node:fs'],
  ['preload-carries-no-zod', 'preload/checks.ts', 'shared/operations.ts'],
  ['electron-loads-no-window-code', 'electron/draws.ts', 'renderer/ui/button.ts'],
  ['shells-know-no-ads', 'electron/approves.ts', 'main/approval/gate.ts'],
  ['shells-know-no-ads', 'main/browser-window/approves.ts', 'main/approval/gate.ts'],
  ['shells-know-no-ads', 'electron/asks-a-platform.ts', 'main/platforms/tiktok/client.ts'],
  ['shells-know-no-ads', 'electron/opens-a-session.ts', 'main/session.ts'],
  ['imports-go-inwards', 'main/reporting/calls-the-session.ts', 'main/session.ts'],
  ['imports-go-inwards', 'main/drafts/calls-the-door.ts', 'main/run-operation.ts'],
  ['imports-go-inwards', 'main/approval/calls-the-core.ts', 'main/core.ts'],
  ['imports-go-inwards', 'main/sync/tells-the-agent.ts', 'main/mcp/server.ts'],
  ['foundations-know-nobody-above', 'main/store/plans.ts', 'main/drafts/plan.ts'],
  ['foundations-know-nobody-above', 'main/audit/approves.ts', 'main/approval/gate.ts'],
  ['foundations-know-nobody-above', 'main/vault/calls-a-platform.ts', 'main/platforms/tiktok/client.ts'],
  ['platforms-only-ask-the-vault', 'main/platforms/tiktok/stores.ts', 'main/store/draft-table.ts'],
  ['platforms-only-ask-the-vault', 'main/platforms/tiktok/approves.ts', 'main/approval/gate.ts'],
  ['adapters-cannot-tell-the-sandbox', 'main/platforms/tiktok/cheats.ts', 'main/platforms/sandbox/world.ts'],
  ['sandbox-shares-no-code-with-adapters', 'main/platforms/sandbox/copies.ts', 'main/platforms/tiktok/client.ts'],
  ['network-only-at-the-edges', 'main/reporting/phones-home.ts', 'node:https'],
  ['network-only-at-the-edges', 'electron/phones-home.ts', 'node:http'],
  ['network-only-at-the-edges', 'main/connect/flows.ts', 'node:http'],
  ['drafts-are-pure', 'main/drafts/asks-a-platform.ts', 'main/platforms/tiktok/client.ts'],
  ['drafts-are-pure', 'main/drafts/approves.ts', 'main/approval/gate.ts'],
  ['agents-and-loop-cannot-reach-approval', 'main/mcp/approves.ts', 'main/approval/gate.ts'],
  ['agents-and-loop-cannot-reach-approval', 'main/operator/approves.ts', 'main/approval/gate.ts'],
  ['agents-and-loop-cannot-reach-approval', 'main/cli/asks-a-platform.ts', 'main/platforms/tiktok/client.ts'],
  ['agents-and-loop-cannot-reach-approval', 'main/mcp/connects.ts', 'main/connect/flows.ts'],
  ['review-opens-no-workspace', 'main/review/approves.ts', 'main/approval/gate.ts'],
  ['review-opens-no-workspace', 'main/review/unlocks.ts', 'main/vault/vault.ts'],
  ['reporting-never-calls-a-platform', 'main/reporting/asks-a-platform.ts', 'main/platforms/tiktok/client.ts'],
  ['sql-only-in-store', 'main/reporting/queries.ts', 'better-sqlite3'],
  ['sql-only-in-store', 'electron/queries.ts', 'better-sqlite3'],
  ['only-platforms-ask-for-tokens', 'main/sync/takes-a-token.ts', 'main/vault/platform-tokens.ts'],
  ['only-platforms-ask-for-tokens', 'main/approval/takes-a-token.ts', 'main/vault/platform-tokens.ts'],
  ['only-the-executor-and-sync-reach-adapters', 'main/notifications/asks.ts', 'main/platforms/tiktok/client.ts'],
  ['only-the-executor-and-sync-reach-adapters', 'main/connect/asks.ts', 'main/platforms/tiktok/client.ts'],
  ['only-platforms-ask-for-tokens', 'main/connect/takes-a-token.ts', 'main/vault/platform-tokens.ts'],
  ['no-test-import', 'main/reporting/uses-a-helper.ts', 'test/support/helper.ts'],
  ['no-dev-deps-in-prod', 'main/reporting/draws-with-react.ts', 'react'],
]

/** One import; `type` for an `import type`. */
type Edge = readonly [from: string, to: string, kind?: 'type']

/** What the map of the architecture draws: none of these may be reported. */
const RIGHT: readonly Edge[] = [
  ['renderer/features/review/reads.ts', 'shared/operations.ts'],
  ['renderer/features/review/shows.ts', 'renderer/ui/button.ts'],
  ['renderer/features/review/own.ts', 'renderer/features/review/card.ts'],
  ['renderer/features/review/react.ts', 'react'],
  ['preload/names.ts', 'shared/operation-names.ts'],
  ['preload/bridge.ts', 'electron'],
  ['electron/starts.ts', 'main/core.ts'],
  ['electron/window-of.ts', 'electron'],
  ['shared/schema.ts', 'zod'],
  ['main/run-operation.ts', 'main/approval/gate.ts'],
  ['main/drafts/writes.ts', 'main/store/draft-table.ts'],
  ['main/approval/executes.ts', 'main/platforms/tiktok/client.ts'],
  ['main/session.ts', 'main/vault/platform-tokens.ts'],
  ['main/session-handlers.ts', 'main/platforms/tiktok/link.ts'],
  ['main/session-connect.ts', 'main/connect/callback.ts'],
  ['main/connect/callback.ts', 'node:http'],
  ['main/instance.ts', 'node:net'],
  ['main/sync/pulls.ts', 'main/platforms/tiktok/client.ts'],
  ['main/platforms/tiktok/token.ts', 'main/vault/platform-tokens.ts'],
  ['main/platforms/tiktok/https.ts', 'node:https'],
  ['main/store/open.ts', 'better-sqlite3'],
  ['main/browser-window/serve.ts', 'node:http'],
  ['main/cli/main.ts', 'main/core.ts'],
  ['main/approval/types.ts', 'main/platforms/adapter.ts', 'type'],
  ['main/platforms/adapter.ts', 'main/approval/types.ts', 'type'],
  ['main/mcp/clients.ts', 'main/store/client-table.ts', 'type'],
]

const isFile = (target: string): boolean => target.endsWith('.ts')

/** Writes a tree where each pair is one import, with the packages it names. */
function buildWorld(edges: readonly Edge[]): string {
  const world = makeTempFolder('imports')
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(world, path)), { recursive: true })
    writeFileSync(join(world, path), text)
  }
  for (const name of ['electron', 'zod', 'better-sqlite3', 'react']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }))
    write(`node_modules/${name}/index.js`, 'exports.thing = 1\n')
  }
  const packages = {
    dependencies: { zod: '1.0.0', 'better-sqlite3': '1.0.0' },
    devDependencies: { electron: '1.0.0', react: '1.0.0' },
  }
  write('package.json', JSON.stringify({ name: 'world', type: 'module', ...packages }))
  for (const [, to] of edges.filter(([, target]) => isFile(target))) write(to, 'export const thing = 1\n')
  for (const [from, to, kind] of edges) {
    const path = relative(dirname(from), to)
    const target = isFile(to) ? (path.startsWith('.') ? path : `./${path}`) : to
    const words =
      kind === 'type'
        ? `import type { thing } from '${target}'\nexport type Used = typeof thing\n`
        : `import { thing } from '${target}'\nexport const used = thing\n`
    write(from, words)
  }
  return world
}

/** Runs dependency-cruiser exactly as `npm run arch` does. Exit codes above zero are the number of errors it found. */
function cruise(folder: string): ICruiseResult['summary']['violations'] {
  const words = [PROGRAM, '--config', CONFIG, '--output-type', 'json', ...PRODUCT_FOLDERS]
  const { stdout, stderr } = spawnSync(process.execPath, words, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
  })
  if (stdout === '') throw new Error(`dependency-cruiser said nothing: ${stderr}`)
  return (JSON.parse(stdout) as ICruiseResult).summary.violations
}

const { forbidden } = createRequire(import.meta.url)(CONFIG) as {
  forbidden: readonly { name: string; severity: string }[]
}

describe('import rules', () => {
  test('the product breaks none of them', () => {
    expect(cruise(REPOSITORY).map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([])
  })

  test('every rule stops the build and has an example below', () => {
    expect(forbidden.filter(({ severity }) => severity !== 'error')).toEqual([])
    expect([...new Set(WRONG.map(([rule]) => rule))].toSorted()).toEqual(forbidden.map(({ name }) => name).toSorted())
  })

  describe('in a world of wrong imports', () => {
    const edges = WRONG.map(([, from, to]) => [from, to] as const)
    const world = buildWorld([...edges, ['main/reporting/egg.ts', 'main/reporting/chicken.ts']])
    const found = new Set(cruise(world).map(({ rule, from }) => `${rule.name} in ${from}`))

    test.each(WRONG)('%s is reported: %s must not import %s', (rule, from) => {
      expect([...found]).toContain(`${rule} in ${from}`)
    })
  })

  test('what the map of the architecture draws is allowed', () => {
    expect(cruise(buildWorld(RIGHT)).map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([])
  })
})
