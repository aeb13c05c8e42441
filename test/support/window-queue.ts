/** Drafts of several changes in the states that matter: waiting, partly applied, undone with a conflict. */
import type { DraftView, OutputOf } from '../../shared/operations.ts'
import type { Handlers } from './window-double.ts'
import { challenge, change, draft, draftAnswer, filled } from './window-world.ts'

type Operation = DraftView['operations'][number]

const LOWER: Operation = change({ k: 1 })
const RAISE: Operation = change({
  k: 0,
  platform: 'google_ads',
  account_id: 'google_ads:1112223333' as Operation['account_id'],
  entity_id: 'google_ads:1112223333/campaign/11' as Operation['entity_id'],
  entity_type: 'campaign',
  target: 'google_ads:1112223333/campaign/11',
  before: '80.00',
  requested: '99.00',
  after: '99.00',
  daily_movement: { amount: '19.00', currency: 'EUR' },
  untrusted: { path: ['Northwind Search', 'Brand exact'] },
})
const NET = [{ amount: '0.00', currency: 'EUR' }]

/** Lowers one budget and raises another, on two platforms. */
export const REALLOCATION = (letter: string, more: Partial<DraftView> = {}): DraftView =>
  draft(letter, {
    operations: [RAISE, LOWER],
    net_daily_movement: NET,
    untrusted: {
      title: 'Move budget to Brand exact',
      rationale: 'Search returns more.',
      origin_name: 'Claude Desktop',
    },
    ...more,
  })

function answerOf(view: DraftView): OutputOf<'get_draft'> {
  if (view.state !== 'partial') return { ...draftAnswer(view), linked: [] }
  return {
    ...draftAnswer(view),
    results: [
      {
        k: 0,
        outcome: 'refused',
        live_value: '80.00',
        platform_request_id: null,
        untrusted: { platform_message: 'Budget is too high for this account.' },
      },
      {
        k: 1,
        outcome: 'applied',
        live_value: '101.00',
        platform_request_id: '20261123141500A1B2',
        untrusted: { platform_message: null },
      },
    ],
  }
}

/** A queue with these drafts; the first `open` of them wait. */
export function queueOf(views: readonly DraftView[], more: Handlers = {}): Handlers {
  const open = views.filter((view) => view.state === 'pending' || view.state === 'armed')
  return {
    ...filled(),
    list_drafts: (input) => {
      const group = input.group === 'decided' ? views.filter((view) => !open.includes(view)) : open
      const found = group.filter(
        (view) => input.platform === undefined || view.operations.some((each) => each.platform === input.platform),
      )
      return {
        drafts: found,
        open: open.length,
        total: found.length,
        next_cursor: null,
        as_of: null,
        warnings: [],
      }
    },
    get_draft: (input) => answerOf(views.find((view) => view.draft_id === input.draft_id) ?? draft('a')),
    arm_drafts: (input) => ({
      results: input.drafts.map(({ draft_id }) => {
        const view = views.find((each) => each.draft_id === draft_id) ?? draft('a')
        return { draft: { ...view, state: 'armed' }, challenge: challengeOf(view), error: null }
      }),
      envelope: challengeOf(draft('a')).envelope,
    }),
    arm_draft: (input) => {
      const view = views.find((each) => each.draft_id === input.draft_id) ?? draft('a')
      return { draft: { ...view, state: 'armed' }, challenge: challengeOf(view) }
    },
    confirm_drafts: (input) => ({
      results: input.confirmations.map(({ draft_id }) => ({
        draft: { ...(views.find((each) => each.draft_id === draft_id) ?? draft('a')), state: 'approved' },
        error: null,
      })),
    }),
    confirm_draft: (input) => ({
      draft: { ...(views.find((each) => each.draft_id === input.draft_id) ?? draft('a')), state: 'approved' },
    }),
    ...more,
  }
}

export function challengeOf(view: DraftView): ReturnType<typeof challenge> {
  return challenge(view, {
    factor: 'click',
    live: view.operations.map(({ k, before }) => ({ k, value: before, read_at: new Date().toISOString() })),
    validation: view.operations.map(({ k }) => ({ k, result: 'ok' })),
  })
}
