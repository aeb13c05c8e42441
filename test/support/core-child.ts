/** Opens a workspace, approves one draft and kills itself at a given step: `node core-child.ts <home> <sandbox url> <draft id> <step>`. */
import { systemClock } from '../../shared/clock.ts'
import type { Reply } from '../../shared/api.ts'
import type { OutputOf } from '../../shared/operations.ts'
import { createCore } from '../../main/core.ts'
import { REAL_ADDRESSES } from '../../main/platforms/addresses.ts'
import { Secret } from '../../main/secret.ts'
import { PASSPHRASE, testPorts } from './app.ts'

const [homeFolder, tiktokBaseUrl, draftId, step] = process.argv.slice(2)
if (homeFolder === undefined || tiktokBaseUrl === undefined || draftId === undefined || step === undefined)
  throw new Error('four arguments')

const core = await createCore(testPorts(homeFolder, systemClock), {
  addresses: { ...REAL_ADDRESSES, tiktok: { api: tiktokBaseUrl } },
  passphrase: new Secret(PASSPHRASE),
  startsWork: false,
  opensDoors: false,
  onStep: (reached) => {
    if (reached === step) process.kill(process.pid, 'SIGKILL')
  },
})
const call = async (name: string, input: unknown): Promise<unknown> => {
  const reply: Reply<unknown> = await core.run({ kind: 'window' }, name, input)
  if (!reply.ok) throw new Error(`${name}: ${reply.error.code} ${reply.error.message}`)
  return reply.value
}
const { draft } = (await call('get_draft', { draft_id: draftId })) as OutputOf<'get_draft'>
const { challenge } = (await call('arm_draft', {
  draft_id: draftId,
  draft_hash: draft.draft_hash,
})) as OutputOf<'arm_draft'>
await call('confirm_draft', { draft_id: draftId, confirm_token: challenge?.confirm_token })
// The step ends this process; if it never comes, the test sees exit code 3.
setTimeout(() => process.exit(3), 20_000)
