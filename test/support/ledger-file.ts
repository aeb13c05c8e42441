/** Opens a closed workspace's ledger the way somebody with the files and the passphrase could: without the app. */
import type { Clock } from '../../shared/clock.ts'
import { Secret } from '../../main/secret.ts'
import { type LedgerDb, openLedger } from '../../main/store/open.ts'
import { openPassphraseStore } from '../../main/vault/passphrase-store.ts'
import { openVault } from '../../main/vault/vault.ts'
import { PASSPHRASE } from './app.ts'

export async function openLedgerFile(workspaceFolder: string, clock: Clock): Promise<LedgerDb> {
  const store = await openPassphraseStore(`${workspaceFolder}/vault.sealed.json`, new Secret(PASSPHRASE))
  const vault = await openVault({ store, clock, encryptedFiles: [] })
  try {
    return openLedger(`${workspaceFolder}/ledger.db`, vault.ledgerKey())
  } finally {
    vault.close()
  }
}
