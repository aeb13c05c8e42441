/** The same code after bundling, laid out as the product ships it: thread and migrations lie beside the bundle and must be found there. */
import { execFile } from 'node:child_process'
import { cpSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'vite'
import { expect, test } from 'vitest'
import { startSecretService } from '../support/secret-service.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)

test('the built core starts its keychain thread and migrates a new workspace', async (context) => {
  context.skip(process.platform !== 'linux', 'the private Secret Service of this test is a Linux one')
  const home = makeTempFolder('built')
  const outDir = join(home, 'out/main')
  writeFileSync(join(home, 'package.json'), '{"type":"module"}')
  symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'), 'junction')
  // Stands in for the shell's entry: everything that the shell would import ends up in one bundle.
  writeFileSync(
    join(home, 'entry.ts'),
    `export * from ${JSON.stringify(join(root, 'main/workspace.ts'))}
     export * from ${JSON.stringify(join(root, 'main/vault/keychain.ts'))}
     export * from ${JSON.stringify(join(root, 'main/secret.ts'))}
     export * from ${JSON.stringify(join(root, 'shared/clock.ts'))}`,
  )
  await build({
    configFile: false,
    root: home,
    logLevel: 'error',
    build: {
      ssr: true,
      outDir,
      target: 'node24',
      rolldownOptions: {
        input: { index: join(home, 'entry.ts'), 'keychain-worker': join(root, 'main/vault/keychain-worker.ts') },
        output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
      },
    },
  })
  cpSync(join(root, 'main/store/migrations'), join(outDir, 'migrations'), { recursive: true })
  writeFileSync(
    join(home, 'use.js'),
    `import { createWorkspace, Keychain, probeKeychain, Secret, systemClock } from './out/main/index.js'
     const keychain = new Keychain()
     const opened = await createWorkspace({
       folder: './w', clock: systemClock, keychain, passphrase: new Secret('correct horse'), name: 'Main', isDemo: false,
       vaultKind: 'passphrase', cost: { N: 1024, r: 8, p: 1 },
     })
     const version = (db) => db.pragma('user_version', { simple: true })
     console.log(JSON.stringify({ keychain: await probeKeychain(keychain), ledger: version(opened.ledger), facts: version(opened.facts) }))
     opened.close()
     keychain.close()`,
  )
  const service = await startSecretService()
  try {
    const { stdout } = await run(process.execPath, ['use.js'], { cwd: home, env: service.env, timeout: 20_000 })
    const said = JSON.parse(stdout) as { keychain: string; ledger: number; facts: number }
    expect(said.keychain).toBe('ready')
    expect(said.ledger).toBeGreaterThanOrEqual(3)
    expect(said.facts).toBeGreaterThanOrEqual(1)
  } finally {
    await service.stop()
  }
})
