/** Changes the passphrase of a sealed file to and fro, and pins heads in between, until it is killed. Run by vault-change.test.ts. */
import { Secret } from '../../main/secret.ts'
import { openPassphraseStore } from '../../main/vault/passphrase-store.ts'

const [file = '', from = '', to = ''] = process.argv.slice(2)
const store = await openPassphraseStore(file, new Secret(from))
for (let n = 0; n < 100_000; n += 1) {
  await store.changePassphrase(new Secret(n % 2 === 0 ? to : from))
  await store.write('head', Buffer.from(`head ${n}`))
  process.stdout.write('changed\n')
}
