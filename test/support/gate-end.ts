/** What must be true once a history is over: of every write, of every verdict, and of the log that tells of them. */
import type Database from 'better-sqlite3'
import type { DraftId } from '../../shared/domain/ids.ts'
import type { Model } from './gate-model.ts'

interface Line {
  readonly seq: number
  readonly type: string
  readonly data: { readonly draft?: string; readonly k?: number; readonly challengeHash?: string }
}

export function checkEnd(model: Model, db: Database.Database, reached: Set<string>): void {
  const lines = db
    .prepare<[], { bytes: Buffer }>('SELECT bytes FROM entry ORDER BY seq')
    .all()
    .map(({ bytes }) => JSON.parse(bytes.toString('utf8')) as Line)
  const byDraft = Map.groupBy(lines, (line) => line.data.draft)
  checkWrites(model, byDraft, reached)
  checkVerdicts(model, db, reached)
  const approvedOnRecord = lines.filter((line) => line.type === 'draft.approved').length
  if (approvedOnRecord !== model.approvals.size)
    model.doubt('I3', `${approvedOnRecord} approvals on record, ${model.approvals.size} were given`)
}

/** Armed, approved, intended, sent, in this order and before the write; and afterwards what became of it, or that it is not known. */
function checkWrites(model: Model, byDraft: Map<string | undefined, Line[]>, reached: Set<string>): void {
  for (const { change, size } of model.writes) {
    const own = byDraft.get(change.draftId) ?? []
    const about = `${change.draftId}/${change.k}`
    const find = (type: string): Line[] => own.filter((line) => line.type === type)
    const sent = find('apply.sent').filter((line) => line.data.k === change.k)
    if (sent.length !== 1) model.doubt('I2', `${about} was sent once and is on record ${sent.length} times`)
    const challenge = model.approvals.get(change.draftId)?.arm.challengeHash
    const order = [
      find('draft.proposed')[0]?.seq,
      find('draft.armed').find((line) => line.data.challengeHash === challenge)?.seq,
      find('draft.approved').find((line) => line.data.challengeHash === challenge)?.seq,
      find('apply.intent')[0]?.seq,
      sent[0]?.seq,
      size,
    ]
    const isInOrder = order.every(
      (at, n) =>
        at !== undefined && (n === 0 || at > (order[n - 1] ?? Infinity) || (n === 5 && at > (order[4] ?? Infinity))),
    )
    if (!isInOrder) model.doubt('I2', `${about}: records at ${order.join(', ')} do not lead to the write`)
    const told = own.filter(
      (line) => (line.type === 'apply.outcome' || line.type === 'apply.reconciled') && line.data.k === change.k,
    )
    if (told.length === 0) model.doubt('I2', `${about} was written and no outcome is on record`)
    if (told.some((line) => line.seq < size)) model.doubt('I2', `${about} had an outcome before it was written`)
    if (told.some((line) => line.type === 'apply.reconciled')) reached.add('reconciled')
  }
}

/** What the app says became of each change, against what the platform did. */
function checkVerdicts(model: Model, db: Database.Database, reached: Set<string>): void {
  const rows = db
    .prepare<[], { id: DraftId; k: number; state: string; outcome: string | null }>(
      'SELECT draft_id AS id, k, state, outcome FROM outbox',
    )
    .all()
  for (const { id, k, state, outcome } of rows) {
    const approval = model.approvals.get(id)
    const change = approval?.arm.moved.find((each) => each.k === k)
    if (approval === undefined || change === undefined) {
      model.doubt('I3', `${id}/${k} is on its way and nobody approved it`)
      continue
    }
    if (state !== 'done') model.doubt('I13', `${id}/${k} is still ${state} after everything was read`)
    reached.add(`outcome:${outcome}`)
    const isTaken = model.writes.some((each) => each.change.draftId === id && each.change.k === k && each.takes)
    if (model.isTouched(approval, change)) continue
    if (outcome === 'conflict') model.doubt('I7', `${id}/${k}: nobody else changed it`)
    if ((outcome === 'applied') !== isTaken)
      model.doubt('I7', `${id}/${k} is ${outcome}, and the platform ${isTaken ? 'took it' : 'did not'}`)
  }
  const states = db.prepare<[], { id: string; state: string }>('SELECT draft_id AS id, state FROM draft').all()
  for (const { state } of states) reached.add(`state:${state}`)
}
