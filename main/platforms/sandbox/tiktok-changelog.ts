/**
 * TikTok's change log, as the API gives it: a task that is created, looked at until it is done, and fetched as a CSV in the spelling of a
 * Python byte string (platform docs, "Change Log").
 */
import { ApiProblem, bodyText, type Call, callAdvertiser, type Endpoint, queryText, type Reply } from './tiktok-wire.ts'
import type { LoggedChange } from './world-changes.ts'

const MAX_RANGE_MS = 30 * 86_400_000
const MAX_TASKS = 200

interface Task {
  readonly advertiserId: string
  readonly fromMs: number
  readonly untilMs: number
  looks: number
}

function momentOf(call: Call, name: string): number {
  const text = bodyText(call, name)
  const atMs = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text) ? Date.parse(`${text.replace(' ', 'T')}Z`) : Number.NaN
  if (Number.isNaN(atMs)) throw new ApiProblem(40002, `${name}: Not a valid datetime.`)
  return atMs
}

/** Text as Python's repr() of its UTF-8 bytes spells it. */
function pythonBytes(text: string): string {
  const special: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\', "'": "\\'" }
  let spelt = ''
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte)
    spelt +=
      special[character] ?? (byte >= 0x20 && byte < 0x7f ? character : `\\x${byte.toString(16).padStart(2, '0')}`)
  }
  return `b'${spelt}'`
}

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

function lineOf(change: LoggedChange): string {
  const stamp = new Date(change.atMs).toISOString().slice(0, 16).replace('T', ' ')
  const details = change.details.map(({ action, name, before, after }) => ({
    action: action === 'Change' ? 'Change ' : action,
    name,
    ...(before === undefined && after === undefined
      ? {}
      : { before_after: [{ before: pythonBytes(before ?? ''), after: pythonBytes(after ?? '') }] }),
  }))
  const { operator, source, appId } = change.editor
  return [stamp, change.objectType, change.objectId, change.object, operator, source, appId, JSON.stringify(details)]
    .map(quoted)
    .join(',')
}

function csvOf(changes: readonly LoggedChange[]): string {
  const count = (object: string) => changes.filter((change) => change.object === object).length
  return [
    `Budget changes,${count('Budget & Schedule')}`,
    `Bid changes,${count('Bidding & Optimization')}`,
    `Status changes,${count('On/Off Status')}`,
    '',
    'Time,log_object_type,Object ID,Object,Operator,Source,App ID,Activity details',
    ...changes.toReversed().map(lineOf),
    '',
  ].join('\r\n')
}

/** The three endpoints, with the tasks of one server. */
export function changelogEndpoints(): Readonly<Record<string, Endpoint>> {
  const tasks = new Map<string, Task>()
  let serial = 0

  function create(call: Call): Reply {
    const advertiser = callAdvertiser(call, bodyText(call, 'advertiser_id'))
    const fromMs = momentOf(call, 'start_time')
    const untilMs = momentOf(call, 'end_time')
    if (untilMs < fromMs) throw new ApiProblem(40002, 'end_time: must not be before start_time.')
    if (untilMs - fromMs > MAX_RANGE_MS) throw new ApiProblem(40002, 'end_time: must be within 30 days of start_time.')
    serial += 1
    const id = `76021192116739${String(serial).padStart(5, '0')}`
    const [oldest] = tasks.keys()
    if (tasks.size >= MAX_TASKS && oldest !== undefined) tasks.delete(oldest)
    tasks.set(id, { advertiserId: advertiser.id, fromMs, untilMs, looks: 0 })
    return { data: { task_id: id } }
  }

  function taskOf(call: Call): Task {
    const advertiser = callAdvertiser(call, queryText(call, 'advertiser_id'))
    const task = tasks.get(queryText(call, 'task_id'))
    if (task === undefined || task.advertiserId !== advertiser.id)
      throw new ApiProblem(40002, 'task_id: does not exist.')
    return task
  }

  /** Done at the second look. */
  const statusOf = (task: Task): string => (task.looks > 1 ? 'SUCCESS' : 'PROCESSING')

  function check(call: Call): Reply {
    const task = taskOf(call)
    task.looks += 1
    return { data: { status: statusOf(task) } }
  }

  function download(call: Call): Reply {
    const task = taskOf(call)
    const status = statusOf(task)
    if (status !== 'SUCCESS') return { data: { status, changelog: '' } }
    const advertiser = callAdvertiser(call, task.advertiserId)
    const minute = (atMs: number) => Math.floor(atMs / 60_000) * 60_000
    const lines = call.world
      .changeLog(advertiser)
      .filter(({ atMs }) => minute(atMs) >= task.fromMs && minute(atMs) <= task.untilMs)
    const file = { file_data: pythonBytes(csvOf(lines)), file_name: `${queryText(call, 'task_id')}.csv` }
    return { data: { status, changelog: JSON.stringify(file) } }
  }

  return {
    '/changelog/task/create/': { method: 'POST', needsToken: true, run: create },
    '/changelog/task/check/': { method: 'GET', needsToken: true, run: check },
    '/changelog/task/download/': { method: 'GET', needsToken: true, run: download },
  }
}
