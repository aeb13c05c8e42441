/** What each operation does while a workspace is open: short, one after the other, in the table's order. No rule of its own. */
import { auditHandlers } from './session-audit.ts'
import { clientHandlers } from './session-clients.ts'
import { connectHandlers } from './session-connect.ts'
import { connectionHandlers } from './session-connections.ts'
import { decisionHandlers, draftHandlers } from './session-drafts.ts'
import { logHandlers } from './session-log.ts'
import { readHandlers } from './session-reads.ts'
import { signOffHandlers } from './session-sign-off.ts'
import type { Handlers } from './run-operation.ts'
import type { Session } from './session.ts'

export function sessionHandlers(session: Session): Handlers {
  return {
    ...readHandlers(session),
    ...draftHandlers(session),
    ...decisionHandlers(session),
    ...session.policies.handlers,
    ...session.history.handlers,
    ...auditHandlers(session),
    ...logHandlers(session.sessionLog),
    ...session.notificationHandlers,
    ...connectionHandlers(session),
    ...connectHandlers(session),
    ...clientHandlers(session),
    ...signOffHandlers(session),
    ...session.imports.handlers,
    ...session.reports.handlers,
    ...session.auditJobs.handlers,
  }
}
