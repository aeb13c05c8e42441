/**
 * Loaded with --import before run-all.ts: Node versions that cannot run TypeScript would only say "unknown file extension".
 * Plain JavaScript that Node 18 can parse, and nothing else.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.log(
    `The tests need Node 22.18 or newer, this is ${process.version}. On Linux x64 \`npm ci\` brings its own for npm scripts; elsewhere install Node 24.`,
  )
  console.log('\n0 passed, 1 failed')
  process.exit(1)
}
