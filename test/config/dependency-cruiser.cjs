/**
 * The import rules of the architecture, as data. Everything not drawn in README's map is forbidden here.
 * test/architecture/import-rules.test.ts proves of every rule that it can fail.
 */

/** Everything in main/ that knows what an ad is. */
const CORE_PARTS =
  '(approval|audit|connect|drafts|history|imports|mcp|notifications|operator|platforms|reporting|review|store|sync|vault)'
/** Who calls the core from outside: imports go from these inwards, never back. */
const OUTSIDE = '^main/(core|run-operation|session[a-z-]*|demo)\\.ts$|^main/(mcp|operator|cli|browser-window)/'
/** The composition root: it hands the parts to each other, so it may name all of them. */
const COMPOSITION = '^main/(core|session[a-z-]*|demo)\\.ts$'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      // Types are gone at run time: two files may know each other's types.
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '\\.css$' } },
    {
      name: 'core-is-host-neutral',
      severity: 'error',
      from: { path: '^(main|shared)/' },
      to: { path: '^(electron|preload|renderer)/|node_modules/electron(/|$)' },
    },
    {
      name: 'shared-imports-nothing-but-zod',
      severity: 'error',
      from: { path: '^shared/' },
      to: { pathNot: '^shared/|node_modules/zod/' },
    },
    {
      name: 'renderer-only-shared',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^(main|electron|preload)/' },
    },
    {
      name: 'renderer-no-host-packages',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: 'node_modules/(electron|better-sqlite3|@napi-rs|@modelcontextprotocol)(/|$)' },
    },
    { name: 'renderer-no-node', severity: 'error', from: { path: '^renderer/' }, to: { dependencyTypes: ['core'] } },
    {
      name: 'feature-imports-no-other-feature',
      severity: 'error',
      from: { path: '^renderer/features/([^/]+)/' },
      to: { path: '^renderer/features/', pathNot: '^renderer/features/$1/' },
    },
    {
      name: 'ui-kit-ignores-the-domain',
      severity: 'error',
      from: { path: '^renderer/ui/' },
      to: { path: '^(renderer/(?!ui/)|shared/(operations|operation-names|api)\\.ts$|shared/domain/)' },
    },
    {
      name: 'preload-only-shared-and-electron',
      severity: 'error',
      from: { path: '^preload/' },
      to: { pathNot: '^(preload|shared)/|node_modules/electron(/|$)|^electron$' },
    },
    {
      name: 'preload-carries-no-zod',
      severity: 'error',
      from: { path: '^preload/' },
      to: { path: 'shared/operations\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'electron-loads-no-window-code',
      severity: 'error',
      from: { path: '^electron/' },
      to: { path: '^(renderer|preload)/' },
    },
    {
      name: 'shells-know-no-ads',
      severity: 'error',
      from: { path: '^(electron|main/browser-window)/' },
      to: { path: `^main/(${CORE_PARTS}/|session)`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'imports-go-inwards',
      severity: 'error',
      from: {
        path: '^main/(approval|audit|connect|drafts|history|notifications|platforms|reporting|review|store|sync|vault)/',
      },
      to: { path: OUTSIDE, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'foundations-know-nobody-above',
      severity: 'error',
      from: { path: '^main/(audit|store|vault)/' },
      to: {
        path: '^main/(approval|connect|drafts|history|notifications|platforms|reporting|sync)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'platforms-only-ask-the-vault',
      severity: 'error',
      from: { path: '^main/platforms/' },
      to: {
        path: '^main/(approval|audit|connect|drafts|history|notifications|reporting|store|sync)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'adapters-cannot-tell-the-sandbox',
      severity: 'error',
      from: { path: '^main/platforms/(?!sandbox/)' },
      to: { path: '^main/platforms/sandbox/' },
    },
    {
      // Code shared with an adapter would make both wrong in the same way, and every test would pass.
      name: 'sandbox-shares-no-code-with-adapters',
      severity: 'error',
      from: { path: '^main/platforms/sandbox/' },
      to: { path: '^main/(platforms/(?!sandbox/)|vault/)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'network-only-at-the-edges',
      severity: 'error',
      from: {
        path: '^(main|electron|preload|shared)/',
        // instance.ts: the local socket on which a second start asks the first to show its window.
        // connect/callback.ts: where the browser comes back to after a consent page.
        pathNot: '^main/(browser-window|cli|mcp|notifications|platforms)/|^main/(instance|connect/callback)\\.ts$',
      },
      to: {
        path: '^(node:)?(dgram|dns|http|http2|https|net|tls)(/|$)',
        dependencyTypes: ['core'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'drafts-are-pure',
      severity: 'error',
      from: { path: '^main/drafts/' },
      to: { path: '^main/(platforms|vault|approval|mcp|sync)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'agents-and-loop-cannot-reach-approval',
      severity: 'error',
      from: { path: '^main/(mcp|operator|cli)/', pathNot: '^main/cli/main\\.ts$' },
      to: { path: '^main/(approval|connect|platforms|vault|audit|store)/', dependencyTypesNot: ['type-only'] },
    },
    {
      // A second person signs an opinion on a file: for that no workspace is opened, and nothing is decided.
      name: 'review-opens-no-workspace',
      severity: 'error',
      from: { path: '^main/review/' },
      to: {
        path: '^main/(approval|connect|imports|mcp|platforms|store|sync|vault)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'reporting-never-calls-a-platform',
      severity: 'error',
      from: { path: '^main/reporting/' },
      to: { path: '^main/(platforms|vault|approval)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'sql-only-in-store',
      severity: 'error',
      from: { path: '^(main/(?!store/)|electron/)' },
      to: { path: 'node_modules/better-sqlite3/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-platforms-ask-for-tokens',
      severity: 'error',
      from: { path: '^main/', pathNot: `^main/(vault|platforms)/|${COMPOSITION}` },
      to: { path: '^main/vault/platform-tokens\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-the-executor-and-sync-reach-adapters',
      severity: 'error',
      from: { path: '^main/', pathNot: `^main/(platforms|sync|approval)/|${COMPOSITION}` },
      to: { path: '^main/platforms/(?!adapter\\.ts|sandbox/)', dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-test-import', severity: 'error', from: { pathNot: '^test/' }, to: { path: '^test/' } },
    {
      name: 'no-dev-deps-in-prod',
      severity: 'error',
      from: { path: '^(main|shared|preload)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/electron/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
    exclude: '^(out|coverage)/|\\.config\\.ts$',
  },
}
