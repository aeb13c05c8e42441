/** Protections taken away one at a time, by putting the real parts together wrongly: the histories must notice every one of them. */
import type { EntityId } from '../../shared/domain/ids.ts'
import { FIRST_POLICY } from '../../main/drafts/policy.ts'
import type { PlatformAdapter } from '../../main/platforms/adapter.ts'
import type { Mutation, Outside } from './gate-boot.ts'

export interface Mutant {
  readonly name: string
  /** Invariants that it breaks. */
  readonly breaks: RegExp
  readonly mutation: Mutation
}

/** Limits that hold nothing back, under the version that is in force. */
const LOOSE = {
  envelopeNetUnits: 1_000_000n,
  envelopeGrossUnits: 1_000_000n,
  quietHours: [],
  protectedIds: [],
  coolDownMinutes: 0,
}

/** An adapter with something else in it. */
function withPart(adapter: PlatformAdapter, part: Partial<PlatformAdapter>): PlatformAdapter {
  return { ...adapter, ...part }
}
function known({ snapshot }: Outside, id: EntityId, field: string): string | undefined {
  const found = snapshot.entity(id)
  if (found === undefined) return undefined
  return field === 'status' ? found.status : `${Number(found.dailyBudgetMicros ?? 0n) / 1_000_000}.00`
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the limits are not judged at confirm',
    breaks: /I6: confirmed although/,
    mutation: {
      gateDeps: ({ guardrails }) => ({
        guardrails: (who) => {
          const context = guardrails(who)
          return {
            ...context,
            breaker: undefined,
            policy: { ...FIRST_POLICY, ...LOOSE, version: context.policy.version },
          }
        },
      }),
    },
  },
  {
    name: 'limits that were changed since the draft was shown go unnoticed',
    breaks: /I6: confirmed although I6: the limits were changed/,
    mutation: {
      gateDeps: ({ drafts, versions }) => {
        let armedUnder = 0
        return {
          drafts: {
            ...drafts,
            armToken: (token) => {
              armedUnder = versions.policy().version
              drafts.armToken(token)
            },
          },
          policy: () => ({ ...versions.policy(), version: armedUnder }),
        }
      },
    },
  },
  {
    name: 'a write whose answer was lost is sent again',
    breaks: /I1: .* was sent twice/,
    mutation: {
      adapter: (adapter) =>
        withPart(adapter, {
          apply: async (change) => {
            const answer = await adapter.apply(change)
            return answer.kind === 'unknown' ? adapter.apply(change) : answer
          },
        }),
    },
  },
  {
    name: 'after a restart everything approved is sent again',
    breaks: /I5: .* was sent by another session/,
    mutation: { sendsAgain: true },
  },
  {
    name: 'every token that was ever given is taken',
    breaks: /I(5|14): confirmed although/,
    mutation: { gateDeps: ({ drafts }) => ({ drafts: { ...drafts, consumeToken: () => true } }) },
  },
  {
    name: 'a restart keeps what was armed',
    breaks: /I5: confirmed although I5: the confirmation had died: restart/,
    mutation: { keepsGate: true },
  },
  {
    name: 'the 24 hours and the cool-down are counted on the wall clock',
    breaks: /I6: confirmed although I6: (cool-down|the (net|gross) envelope)/,
    mutation: { steady: (clock) => ({ nowMs: clock.nowMs, save: () => undefined }) },
  },
  {
    name: 'a confirmation lives by the wall clock alone',
    breaks: /I14: confirmed although/,
    mutation: { gateDeps: (_, { clock }) => ({ clock: { nowMs: clock.nowMs, monotonicMs: clock.nowMs } }) },
  },
  {
    name: 'nothing is noted before a write',
    breaks: /I2: .* was not on record as sent/,
    mutation: {
      executorDeps: ({ drafts }) => ({
        drafts: {
          ...drafts,
          moveOutbox: (id, k, from, to, facts) => {
            if (to !== 'sent') drafts.moveOutbox(id, k, from, to, facts)
          },
        },
      }),
    },
  },
  {
    name: 'the head of the log is not pinned before a write',
    breaks: /I2: .* was not in the log outside of the file/,
    mutation: {
      executorDeps: ({ audit }) => ({
        audit: new Proxy(audit, {
          get: (target, name) =>
            name === 'pinHead' ? async () => undefined : (Reflect.get(target, name, target) as unknown),
        }),
      }),
    },
  },
  {
    name: 'what was on its way at a crash counts as not sent',
    breaks: /I7: .* is not_sent, and the platform took it/,
    mutation: {
      reconcileDeps: ({ drafts }) => ({
        drafts: {
          ...drafts,
          outboxOf: (id) =>
            drafts.outboxOf(id).map((row) => (row.state === 'sent' ? { ...row, state: 'intent' as const } : row)),
          moveOutbox: (id, k, _, to, facts) => {
            const { state } = drafts.outboxOf(id).find((row) => row.k === k) ?? { state: 'done' as const }
            drafts.moveOutbox(id, k, state, to, facts)
          },
        },
      }),
    },
  },
  {
    name: 'a lost write is given up before it can have landed',
    breaks: /I7: .* is not_applied, and the platform took it/,
    mutation: { adapter: (adapter) => withPart(adapter, { settleMs: 0 }) },
  },
  {
    name: 'the last look before a write is at what was known',
    breaks: /I4: .* was sent over/,
    mutation: {
      executorDeps: (_, outside, adapter) => ({
        adapterFor: () =>
          withPart(adapter, {
            readLive: async (id, field, signal) => {
              const live = await adapter.readLive(id, field, signal)
              return { ...live, value: known(outside, id, field) ?? live.value }
            },
          }),
      }),
    },
  },
  {
    name: 'something else is sent than was approved',
    breaks: /I3: after .* is not what was confirmed/,
    mutation: {
      executorDeps: () => ({ gate: { isApproved: () => true } }),
      altered: (change) => (change.field === 'status' ? change : { ...change, after: '150.00' }),
    },
  },
  {
    name: 'the breaker does not stop what is approved already',
    breaks: /I6: .* was sent with the breaker open/,
    mutation: { executorDeps: () => ({ stopped: () => undefined }) },
  },
  {
    name: 'changes that were switched off after the confirmation go out',
    breaks: /I6: .* was sent with changes switched off/,
    mutation: { executorDeps: () => ({ writesAllowed: () => true }) },
  },
  {
    name: 'a draft for the same field is not overtaken',
    breaks: /confirmed although I(5|10): .*overtaken/,
    mutation: { gateDeps: ({ drafts }) => ({ drafts: { ...drafts, openOnTarget: () => [] } }) },
  },
]
