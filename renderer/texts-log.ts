/** Words of the trouble screen where an audit log must not be continued. Values enter through `fill`, never by gluing strings. */
export const LOG_TEXTS = {
  restored: {
    title: 'The audit log is not the one this computer remembers',
    why: [
      'That is so after a restore from a backup. A log that lost records is never continued under its name. If you have newer files, put them back and try again; if the backup is all you have, begin a new log.',
      'If you restored nothing, somebody changed these files: first keep a copy of the whole folder, and compare with a checkpoint that left this computer by mail, webhook or export.',
    ],
    sure: 'I restored this folder from a backup, and newer files can’t be had.',
  },
  key_lost: {
    title: 'The key that signs the audit log is gone',
    why: [
      'Your data can be opened; only its audit log can’t be signed any more. The app never makes a new key for an old log.',
      'If you have a backup of the keychain or of the vault file, restore it and try again. If the key can’t be had, begin a new log.',
    ],
    sure: 'The old key can’t be brought back.',
  },
  open: 'Begin a new log…',
  record: 'What will be on record',
  recorded: {
    restored: [
      'Record 0 of the new log names the old one: how far it goes here, and how far this computer remembers it. The gap stays visible for good.',
      'The old log stays beside the ledger as a file of its own. It can be checked in full at any time, and nothing is added to it.',
    ],
    key_lost: [
      'Record 0 of the new log names the old one and says that its key was lost: continuity is broken. Only a checkpoint that left this computer, by mail, webhook or export, connects the two.',
      'The old log stays beside the ledger as a file of its own. It can be checked in full at any time, and nothing is added to it.',
    ],
  },
  changes: 'What changes',
  changed: {
    both: [
      'Drafts that waited for you become stale: propose them again if they are still wanted.',
      'Changes that were under way are found out by reading the platform. Nothing is sent again.',
    ],
    restored:
      'Connections, AI clients and guardrails are as they were when the backup was made: look through them afterwards. What was approved after the backup does not count in the 24-hour limits.',
    key_lost: 'Connections, AI clients, guardrails and settings stay.',
  },
  passphrase: 'Passphrase',
  confirm: 'Begin a new log',
  busy: 'Beginning a new log…',
  cancel: 'Cancel',
  failed: 'No new log was begun.',
} as const
