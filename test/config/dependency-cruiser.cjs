/** The import rules of the architecture, as data. Everything not drawn in README's map is forbidden here. */
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
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
      to: { path: '^(renderer/(?!ui/)|shared/operations)' },
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
      name: 'drafts-are-pure',
      severity: 'error',
      from: { path: '^main/drafts/' },
      to: { path: '^main/(platforms|vault|approval|mcp|sync)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'agents-and-loop-cannot-reach-approval',
      severity: 'error',
      from: { path: '^main/(mcp|operator|cli)/', pathNot: '^main/cli/main\\.ts$' },
      to: { path: '^main/(approval|platforms|vault|audit|store)/', dependencyTypesNot: ['type-only'] },
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
      from: { path: '^main/', pathNot: '^main/(vault|platforms)/|^main/core\\.ts$' },
      to: { path: '^main/vault/platform-tokens\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-the-executor-and-sync-reach-adapters',
      severity: 'error',
      from: { path: '^main/', pathNot: '^main/(platforms|sync|approval)/|^main/core\\.ts$' },
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
