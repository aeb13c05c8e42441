/** The whole app on one platform's sandbox, and the four kinds of change on it: what the write stories are told on. */
import { type Core, createCore } from '../../main/core.ts'
import { type PlatformAddresses, REAL_ADDRESSES } from '../../main/platforms/addresses.ts'
import type { Caller } from '../../main/ports.ts'
import type { Field } from '../../shared/domain/entity.ts'
import type { EntityId, Platform } from '../../shared/domain/ids.ts'
import { splitEntityId } from '../../shared/domain/ids.ts'
import type { ErrorReply } from '../../shared/errors.ts'
import type { OperationName } from '../../shared/operation-names.ts'
import type { ChangeInput, DraftView, InputOf, OutputOf } from '../../shared/operations.ts'
import { startGoogle } from '../contract/google-harness.ts'
import { startMeta } from '../contract/meta-harness.ts'
import type { PlatformHarness } from '../contract/platform-contract.ts'
import { startTiktok } from '../contract/tiktok-harness.ts'
import { AGENT, PASSPHRASE, type TestClock, testClock, testPorts } from './app.ts'
import { makeTempFolder } from './temp-folder.ts'
import { waitFor } from './wait-for.ts'

type Answer = OutputOf<'get_entity'>
const WINDOW: Caller = { kind: 'window' }

/** One change that the platform takes, made from what the app has read. */
export interface Case {
  readonly name: string
  readonly entityId: EntityId
  readonly field: Field
  readonly operation: (answer: Answer) => ChangeInput
  /** Another value that somebody else sets meanwhile. */
  readonly drifted: (answer: Answer) => string
}

export interface WriteStory extends Pick<Ground, 'harness' | 'refuseDryRun' | 'throttleReadBack' | 'calm'> {
  readonly platform: Platform
  readonly clock: TestClock
  readonly cases: readonly Case[]
  window<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>>
  refusal(name: OperationName, input: unknown): Promise<ErrorReply>
  propose(one: Case): Promise<DraftView>
  arm(draft: DraftView): Promise<OutputOf<'arm_draft'>>
  /** Arms and confirms; the write is then under way. */
  confirm(draft: DraftView): Promise<void>
  /** Waits until the draft has come to rest; an unknown outcome is rest too. */
  settled(draft: DraftView): Promise<DraftView>
  sync(): Promise<void>
  close(): Promise<void>
}

interface Ground {
  readonly harness: PlatformHarness
  /** The platform's next dry run says no. */
  readonly refuseDryRun: () => void
  /** "Too many requests" to what is read after the write; the reading before it gets through. */
  readonly throttleReadBack: () => void
  /** What was set to go wrong no longer does. */
  readonly calm: () => void
  readonly addresses: PlatformAddresses
  readonly connect: (core: Core) => Promise<void>
}

/** Waits for the next write to arrive, then has the following readings throttled. */
function throttleAfterWrite(
  harness: PlatformHarness,
  add: (fault: { readonly kind: 'throttle'; readonly times: number }) => void,
): void {
  const target = harness.examples.budgetCampaign
  const before = harness.writesReceived(target)
  const timer = setInterval(() => {
    if (harness.writesReceived(target) === before) return
    clearInterval(timer)
    add({ kind: 'throttle', times: 3 })
  }, 1)
}

async function run<N extends OperationName>(core: Core, caller: Caller, name: N, input: unknown): Promise<OutputOf<N>> {
  const reply = await core.run(caller, name, input)
  if (!reply.ok) throw new Error(`${name}: ${reply.error.code}: ${reply.error.message}`)
  return reply.value as OutputOf<N>
}

const GROUNDS: Readonly<Record<Platform, (clock: TestClock) => Promise<Ground>>> = {
  google_ads: async (clock) => {
    const harness = await startGoogle({ clock })
    const { baseUrl, credentials, faults } = harness.sandbox
    return {
      harness,
      refuseDryRun: () =>
        faults.add({ kind: 'code', path: '#dry_run', code: 400, message: 'mutateError.MUTATE_NOT_ALLOWED' }),
      throttleReadBack: () => throttleAfterWrite(harness, (fault) => faults.add({ ...fault, path: '#listing' })),
      calm: () => faults.clear(),
      addresses: { ...REAL_ADDRESSES, google: { api: baseUrl, oauth: baseUrl, consent: baseUrl } },
      connect: async (core) =>
        void (await run(core, WINDOW, 'connect_google_service_account', {
          key_json: credentials.serviceAccountKeyJson,
        })),
    }
  },
  meta: async (clock) => {
    const harness = await startMeta({ clock })
    const { baseUrl, credentials, faults } = harness.sandbox
    return {
      harness,
      refuseDryRun: () =>
        faults.add({ kind: 'code', path: 'POST /node validate_only', code: 100, message: 'Invalid parameter' }),
      throttleReadBack: () => throttleAfterWrite(harness, (fault) => faults.add({ ...fault, path: '/node' })),
      calm: () => faults.clear(),
      addresses: { ...REAL_ADDRESSES, meta: { graph: baseUrl, dialog: baseUrl } },
      connect: async (core) =>
        void (await run(core, WINDOW, 'connect_meta_token', {
          access_token: credentials.accessToken,
          app_secret: credentials.appSecret,
        })),
    }
  },
  tiktok: async (clock) => {
    const harness = await startTiktok({ clock })
    const { baseUrl, credentials } = harness.sandbox.tiktok
    const { faults } = harness.sandbox
    return {
      harness,
      refuseDryRun: () => undefined,
      throttleReadBack: () => throttleAfterWrite(harness, (fault) => faults.add({ ...fault, path: '/campaign/get/' })),
      calm: () => faults.clear(),
      addresses: { ...REAL_ADDRESSES, tiktok: { api: baseUrl } },
      connect: async (core) =>
        void (await run(core, WINDOW, 'connect_tiktok', {
          app_id: credentials.appId,
          app_secret: credentials.appSecret,
          auth_code: credentials.authCode(),
        })),
    }
  },
}

/** A tenth more, in whole units: inside every limit, on every platform's step. */
const tenthMore = (amount: string): string => {
  const [whole = '0', fraction] = amount.split('.')
  const more = (BigInt(whole) * 11n) / 10n + 1n
  return fraction === undefined ? `${more}` : `${more}.${'0'.repeat(fraction.length)}`
}

const need = (value: string | null, what: string): string => {
  if (value === null) throw new Error(`no ${what} to start from`)
  return value
}

function budgetCase(name: string, entityId: EntityId, field: 'daily_budget' | 'scheduled_budget'): Case {
  return {
    name,
    entityId,
    field,
    operation: ({ current }) => ({
      kind: 'set_budget',
      entity_id: entityId,
      budget: 'daily',
      ...(field === 'scheduled_budget' ? { takes_effect: 'next_midnight' as const } : {}),
      expected_current: need(current[field], field),
      new_value: tenthMore(need(current[field], field)),
    }),
    drifted: ({ current }) => tenthMore(tenthMore(need(current.daily_budget, field))),
  }
}

/** The kinds that the stories are about, on entities of the first account. */
function casesOf(harness: PlatformHarness): readonly Case[] {
  const { examples } = harness
  const used = new Set<EntityId | undefined>([examples.budgetCampaign, examples.ad, examples.budgetAdGroup])
  const bid = examples.bids.find((each) => !used.has(each.entityId))
  used.add(bid?.entityId)
  const strategy = examples.strategies.find((each) => !used.has(each.entityId))
  return [
    budgetCase('a daily budget', examples.budgetCampaign, 'daily_budget'),
    {
      name: 'a status',
      entityId: examples.ad,
      field: 'status',
      operation: () => ({
        kind: 'set_status',
        entity_id: examples.ad,
        expected_current: 'enabled',
        new_status: 'paused',
      }),
      drifted: () => 'paused',
    },
    ...(bid === undefined
      ? []
      : [
          {
            name: 'a bid',
            entityId: bid.entityId,
            field: bid.field,
            operation: ({ current }: Answer): ChangeInput => ({
              kind: 'set_bid',
              entity_id: bid.entityId,
              field: bid.field,
              expected_current: need(current[bid.field], bid.field),
              new_value: bid.newValue,
            }),
            drifted: () => bid.newValue,
          },
        ]),
    ...(strategy === undefined
      ? []
      : [
          {
            name: 'a bid strategy',
            entityId: strategy.entityId,
            field: 'bid_strategy' as const,
            operation: ({ current }: Answer): ChangeInput => {
              const [name = '', target] = strategy.newValue.split(':')
              return {
                kind: 'set_bid_strategy',
                entity_id: strategy.entityId,
                expected_current: need(current.bid_strategy, 'strategy'),
                new_strategy: name as Extract<ChangeInput, { kind: 'set_bid_strategy' }>['new_strategy'],
                ...(target === undefined ? {} : { target }),
              }
            },
            drifted: () => strategy.newValue,
          },
        ]),
    ...(harness.platform === 'tiktok' && examples.budgetAdGroup !== undefined
      ? [budgetCase('a budget from midnight on', examples.budgetAdGroup, 'scheduled_budget')]
      : []),
  ]
}

let proposals = 0

/** A connected, synced workspace on a fresh sandbox of one platform, with changes allowed in its first account. */
export async function startWriteStory(platform: Platform): Promise<WriteStory> {
  const clock = testClock()
  const { harness, addresses, connect, ...trouble } = await GROUNDS[platform](clock)
  const core = await createCore(testPorts(makeTempFolder(`story-${platform}`), clock), {
    addresses,
    startsWork: false,
    opensDoors: false,
  })
  const window: WriteStory['window'] = (name, input) => run(core, WINDOW, name, input)
  const sync = async (): Promise<void> => {
    await window('start_sync', { days: 2 })
    await waitFor(async () => (await window('get_sync', {})).sync.state !== 'running', {
      what: 'the sync',
      withinMs: 60_000,
    })
  }
  await window('create_workspace', { vault: 'passphrase', passphrase: PASSPHRASE })
  await connect(core)
  await sync()
  const { accountId } = splitEntityId(harness.examples.budgetCampaign)
  await window('set_account_writes', { account_id: accountId, is_allowed: true })
  const arm: WriteStory['arm'] = (draft) =>
    window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
  return {
    platform,
    harness,
    ...trouble,
    clock,
    cases: casesOf(harness),
    window,
    sync,
    arm,
    async refusal(name, input) {
      const reply = await core.run(WINDOW, name, input)
      if (reply.ok) throw new Error(`${name} was not refused`)
      return reply.error
    },
    async propose(one) {
      proposals += 1
      const answer = await window('get_entity', { entity_id: one.entityId })
      const { draft } = await run(core, AGENT, 'propose_change', {
        idempotency_key: `write-story-${process.pid}-${proposals}`,
        title: `Change ${one.name}`,
        rationale: 'A reason of enough length for the log.',
        operations: [one.operation(answer)],
      })
      return draft
    },
    async confirm(draft) {
      const { challenge } = await arm(draft)
      if (challenge === null) throw new Error('not armed')
      await window('confirm_draft', { draft_id: draft.draft_id, confirm_token: challenge.confirm_token })
    },
    async settled(draft) {
      let found = draft
      await waitFor(
        async () => {
          found = (await window('get_draft', { draft_id: draft.draft_id })).draft
          return !['armed', 'approved', 'applying'].includes(found.state)
        },
        { what: 'the change to settle', withinMs: 150_000 },
      )
      return found
    },
    async close() {
      await core.close()
      await harness.close()
    },
  }
}
