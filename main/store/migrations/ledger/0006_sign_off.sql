-- Drafts of several changes, versions of a draft, and what a person told its maker. SQLite can't change a CHECK in place, so the table is
-- built anew. Drafts from before keep everything they had.
CREATE TABLE draft_6 (
  draft_id        TEXT NOT NULL PRIMARY KEY,
  state           TEXT NOT NULL CHECK (state IN ('pending', 'armed', 'approved', 'applying', 'applied', 'partial', 'apply_failed', 'unknown',
                    'rejected', 'withdrawn', 'stale', 'expired', 'superseded', 'rolled_back')),
  state_reason    TEXT,               -- a code or rule name, see shared/domain/draft.ts
  state_message   TEXT,               -- one sentence for the person; our words, no platform text
  origin_kind     TEXT NOT NULL CHECK (origin_kind IN ('agent', 'window', 'loop')),
  origin_id       TEXT NOT NULL,
  origin_name     TEXT NOT NULL,
  title           TEXT NOT NULL,
  rationale       TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  request_hash    TEXT NOT NULL,
  policy_version  INTEGER NOT NULL,
  policy_outcome  TEXT NOT NULL CHECK (policy_outcome IN ('pass', 'clamp', 'block')),
  policy_json     TEXT NOT NULL,      -- the rules that spoke, with their limits
  draft_hash      TEXT NOT NULL,
  undo_of         TEXT REFERENCES draft (draft_id),
  repair_of       TEXT REFERENCES draft (draft_id),
  revises         TEXT REFERENCES draft (draft_id),
  decision_note   TEXT,               -- the person's own words to the maker, with a rejection
  created_at_ms   INTEGER NOT NULL,
  expires_at_ms   INTEGER NOT NULL,
  decided_at_ms   INTEGER,
  updated_at_ms   INTEGER NOT NULL,
  UNIQUE (origin_id, idempotency_key)
) STRICT;
INSERT INTO draft_6 (draft_id, state, state_reason, state_message, origin_kind, origin_id, origin_name, title, rationale, idempotency_key,
    request_hash, policy_version, policy_outcome, policy_json, draft_hash, undo_of, created_at_ms, expires_at_ms, decided_at_ms, updated_at_ms)
  SELECT draft_id, state, state_reason, state_message, origin_kind, origin_id, origin_name, title, rationale, idempotency_key,
    request_hash, policy_version, policy_outcome, policy_json, draft_hash, undo_of, created_at_ms, expires_at_ms, decided_at_ms, updated_at_ms
  FROM draft;
DROP TABLE draft;
ALTER TABLE draft_6 RENAME TO draft;
CREATE INDEX draft_by_state ON draft (state, created_at_ms);
CREATE INDEX draft_by_origin ON draft (origin_id, created_at_ms);
CREATE INDEX draft_by_repaired ON draft (repair_of) WHERE repair_of IS NOT NULL;
CREATE INDEX draft_by_undone ON draft (undo_of) WHERE undo_of IS NOT NULL;

-- Time that only moves forward, see main/steady-clock.ts: the 24-hour envelope and the cool-down are counted on it. What was approved before
-- it was kept counts by the wall clock of then, as the steady time begins there.
ALTER TABLE outbox ADD COLUMN approved_steady_ms INTEGER NOT NULL DEFAULT 0;
UPDATE outbox SET approved_steady_ms = approved_at_ms;
CREATE INDEX outbox_by_time ON outbox (approved_steady_ms);

-- The guardrails as the person set them. Never changed: a new version is a new row.
CREATE TABLE policy (
  version       INTEGER PRIMARY KEY CHECK (version > 0),
  policy_json   TEXT NOT NULL,
  policy_hash   TEXT NOT NULL CHECK (length(policy_hash) = 64),
  created_at_ms INTEGER NOT NULL
) STRICT;

-- People who answer review packs with a key of their own. A removed reviewer stays, for the answers given.
CREATE TABLE reviewer (
  reviewer_id   TEXT PRIMARY KEY,
  name          TEXT NOT NULL,
  vkey          TEXT NOT NULL UNIQUE,
  added_at_ms   INTEGER NOT NULL,
  removed_at_ms INTEGER
) STRICT;
-- What was handed out for review: an answer has to be one to a pack of ours.
CREATE TABLE review_pack (
  pack_hash     TEXT PRIMARY KEY CHECK (length(pack_hash) = 64),
  draft_id      TEXT NOT NULL REFERENCES draft (draft_id),
  draft_hash    TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX review_pack_by_draft ON review_pack (draft_id, created_at_ms);
CREATE TABLE review_answer (
  draft_id       TEXT NOT NULL REFERENCES draft (draft_id),
  reviewer_id    TEXT NOT NULL REFERENCES reviewer (reviewer_id),
  draft_hash     TEXT NOT NULL,
  verdict        TEXT NOT NULL CHECK (verdict IN ('approve', 'reject')),
  note           TEXT NOT NULL,       -- the signed note as it came
  received_at_ms INTEGER NOT NULL,
  PRIMARY KEY (draft_id, reviewer_id)
) STRICT, WITHOUT ROWID;

-- Where news goes, and how each piece of it fared. Secrets are sealed by the vault on top of the file's encryption.
CREATE TABLE notification_target (
  target_id     TEXT PRIMARY KEY,
  kind          TEXT NOT NULL CHECK (kind IN ('desktop', 'email', 'webhook')),
  label         TEXT NOT NULL,
  config_json   TEXT NOT NULL,
  sealed        BLOB,
  events_json   TEXT NOT NULL,
  is_enabled    INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
  created_at_ms INTEGER NOT NULL,
  removed_at_ms INTEGER
) STRICT;
CREATE TABLE delivery (
  delivery_id     TEXT PRIMARY KEY,
  target_id       TEXT NOT NULL REFERENCES notification_target (target_id),
  event           TEXT NOT NULL,
  payload_json    TEXT NOT NULL,
  state           TEXT NOT NULL CHECK (state IN ('queued', 'delivered', 'dead')),
  attempts        INTEGER NOT NULL DEFAULT 0,
  next_at_ms      INTEGER NOT NULL,   -- steady time, see main/steady-clock.ts
  last_error      TEXT,               -- a code of ours
  accepted_json   TEXT NOT NULL,      -- recipients of a mail that have it already
  checkpoint_size INTEGER,            -- of the checkpoint that the last attempt carried
  checkpoint_root TEXT,
  created_at_ms   INTEGER NOT NULL,
  finished_at_ms  INTEGER
) STRICT;
CREATE INDEX delivery_by_state ON delivery (state, next_at_ms);
CREATE INDEX delivery_by_target ON delivery (target_id, created_at_ms);

-- The platforms' own change histories, as far as they were read, and which of our writes each row is.
CREATE TABLE platform_change (
  account_id      TEXT NOT NULL,
  change_id       TEXT NOT NULL,
  changed_at_ms   INTEGER NOT NULL,
  entity_id       TEXT,
  target          TEXT,               -- what was touched: the entity, or a shared budget
  field           TEXT,
  what            TEXT NOT NULL,      -- the platform's word for it: untrusted
  before_value    TEXT,               -- wire form; '' for no such value; null when the platform does not tell
  after_value     TEXT,
  actor           TEXT,               -- who, as the platform says: untrusted, personal
  tool            TEXT,               -- with what, as the platform says: untrusted
  match           TEXT NOT NULL CHECK (match IN ('ours', 'outside', 'unclear')),
  draft_id        TEXT,               -- the write of ours that it is, or, where that is unclear, may be
  k               INTEGER,
  noticed_at_ms   INTEGER NOT NULL,
  PRIMARY KEY (account_id, change_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX platform_change_by_time ON platform_change (changed_at_ms);
CREATE INDEX platform_change_by_target ON platform_change (target, changed_at_ms);

-- Writes of ours that were read back and that the platform's own history does not show.
CREATE TABLE missing_change (
  draft_id      TEXT NOT NULL,
  k             INTEGER NOT NULL,
  account_id    TEXT NOT NULL,
  sent_at_ms    INTEGER NOT NULL,
  noticed_at_ms INTEGER NOT NULL,
  found_at_ms   INTEGER,              -- the history showed it later after all
  PRIMARY KEY (draft_id, k)
) STRICT, WITHOUT ROWID;
