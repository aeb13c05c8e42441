-- The audit log: exact stored bytes, their RFC 6962 leaf hashes, and one signed checkpoint per committed transaction.
CREATE TABLE entry (
  seq   INTEGER PRIMARY KEY CHECK (seq >= 0),
  bytes BLOB NOT NULL,
  leaf  BLOB NOT NULL CHECK (length(leaf) = 32)
) STRICT;

CREATE TABLE checkpoint (
  size INTEGER PRIMARY KEY CHECK (size > 0),
  note TEXT NOT NULL
) STRICT;

-- Salted disclosures of free text and personal fields (RFC 9901 shape). Erasing a row never breaks the log.
CREATE TABLE disclosure (
  seq        INTEGER NOT NULL REFERENCES entry (seq),
  name       TEXT NOT NULL,
  disclosure TEXT NOT NULL,
  PRIMARY KEY (seq, name)
) STRICT, WITHOUT ROWID;

-- Derived from entry.bytes, rebuildable, for searching only; never shown as evidence.
CREATE TABLE entry_index (
  seq      INTEGER PRIMARY KEY REFERENCES entry (seq),
  type     TEXT NOT NULL,
  draft_id TEXT
) STRICT;
CREATE INDEX entry_index_by_draft ON entry_index (draft_id, seq) WHERE draft_id IS NOT NULL;
CREATE INDEX entry_index_by_type ON entry_index (type, seq);

-- Accident guards, not security: whoever can open the file can drop a trigger. The signatures are the security.
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
