/** Tells facts.db what was read just now. It is a copy: whatever goes wrong here decides nothing. */
import type { Logger } from './logger.ts'
import type { LiveValue } from './platforms/adapter.ts'
import { factsWriters } from './store/facts-tables.ts'
import type { FactsDb } from './store/open.ts'

export function liveNotes(facts: FactsDb, log: Logger) {
  const noting = (how: 'updateLive' | 'noticeLive') => (live: LiveValue) => {
    try {
      factsWriters(facts).entities[how](live.entityId, live.field, live.value, live.readAtMs)
    } catch (error) {
      log.error('note_live_failed', error)
    }
  }
  return {
    /** A value that this app has written and read back. */
    noteLive: noting('updateLive'),
    /** A value found on the platform: where it differs from the one known, somebody else has changed it. */
    noticeLive: noting('noticeLive'),
  }
}
