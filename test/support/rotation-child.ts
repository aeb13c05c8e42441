/** Changes the signing key of a workspace and kills itself at a given step: `node rotation-child.ts <folder> <step>`. */
import { systemClock } from '../../shared/clock.ts'
import { openAuditLog } from '../../main/audit/append.ts'
import { createRotation, type RotationVault } from '../../main/audit/rotation.ts'
import { Secret } from '../../main/secret.ts'
import { createSettingTable } from '../../main/store/setting-table.ts'
import { Keychain } from '../../main/vault/keychain.ts'
import { openWorkspace } from '../../main/workspace.ts'
import { PASSPHRASE } from './app.ts'

const [folder, step] = process.argv.slice(2)
if (folder === undefined || step === undefined) throw new Error('two arguments')
const at = (reached: string): void => {
  if (reached === step) process.kill(process.pid, 'SIGKILL')
}
const opened = await openWorkspace({
  folder,
  clock: systemClock,
  keychain: new Keychain(),
  passphrase: new Secret(PASSPHRASE),
})
const { vault, ledger } = opened
const watched: RotationVault = {
  get signingKey() {
    return vault.signingKey
  },
  get nextSigningKey() {
    return vault.nextSigningKey
  },
  headPin: vault.headPin,
  async beginKeyRotation() {
    const next = await vault.beginKeyRotation()
    at('new key stored')
    return next
  },
  async finishKeyRotation() {
    at('record committed')
    await vault.finishKeyRotation()
    at('old key forgotten')
  },
  cancelKeyRotation: () => vault.cancelKeyRotation(),
}
const audit = await openAuditLog({
  db: ledger,
  signingKey: vault.signingKey,
  headPin: vault.headPin,
  clock: systemClock,
  bootId: `child${process.pid}`,
  appVersion: '0.0.0',
  onPinError: () => undefined,
})
at('nothing done')
const rotation = createRotation({
  vault: watched,
  audit,
  db: ledger,
  settings: createSettingTable(ledger),
  steadyMs: () => systemClock.nowMs(),
  clock: systemClock,
})
await rotation.rotate('suspicion')
at('head pinned')
