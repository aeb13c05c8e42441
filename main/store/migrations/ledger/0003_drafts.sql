CREATE TABLE draft (
  draft_id        TEXT PRIMARY KEY,
  state           TEXT NOT NULL CHECK (state IN ('pending', 'armed', 'approved', 'applying', 'applied', 'apply_failed', 'unknown',
                    'rejected', 'withdrawn', 'stale', 'expired', 'rolled_back')),
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
  created_at_ms   INTEGER NOT NULL,
  expires_at_ms   INTEGER NOT NULL,
  decided_at_ms   INTEGER,
  updated_at_ms   INTEGER NOT NULL,
  UNIQUE (origin_id, idempotency_key)
) STRICT;
CREATE INDEX draft_by_state ON draft (state, created_at_ms);

CREATE TABLE draft_item (
  draft_id        TEXT NOT NULL REFERENCES draft (draft_id),
  k               INTEGER NOT NULL CHECK (k >= 0),
  platform        TEXT NOT NULL,
  account_id      TEXT NOT NULL,
  entity_id       TEXT NOT NULL,
  entity_type     TEXT NOT NULL CHECK (entity_type IN ('campaign', 'ad_group', 'ad')),
  path_json       TEXT NOT NULL,      -- platform-written names from account to entity: untrusted
  kind            TEXT NOT NULL CHECK (kind IN ('set_budget', 'set_status')),
  field           TEXT NOT NULL CHECK (field IN ('daily_budget', 'status')),
  currency        TEXT NOT NULL,
  before_value    TEXT NOT NULL,
  requested_value TEXT NOT NULL,
  after_value     TEXT NOT NULL,
  movement_micros INTEGER NOT NULL,   -- signed change of spend per day this item can cause
  net_micros      INTEGER NOT NULL,   -- what of it counts in the net envelope
  takes_effect    TEXT NOT NULL CHECK (takes_effect IN ('immediately', 'next_midnight')),
  request_id      TEXT,               -- the platform's, once written
  live_value      TEXT,               -- last value read from the platform
  PRIMARY KEY (draft_id, k)
) STRICT, WITHOUT ROWID;
CREATE INDEX draft_item_by_entity ON draft_item (entity_id, field);

-- Single-use, bound to the exact bytes shown, dead after two minutes or a restart. Only the hash is kept.
CREATE TABLE confirm_token (
  token_hash     BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
  draft_id       TEXT NOT NULL REFERENCES draft (draft_id),
  challenge_hash TEXT NOT NULL,
  boot_id        TEXT NOT NULL,
  expires_mono_ms INTEGER NOT NULL,
  expires_wall_ms INTEGER NOT NULL,   -- the monotonic clock may stand still while the machine sleeps
  used_at_ms     INTEGER,
  voided_at_ms   INTEGER
) STRICT;

-- What was approved and how far its one write has got. A row that says 'sent' may or may not have reached the platform.
CREATE TABLE outbox (
  draft_id       TEXT NOT NULL,
  k              INTEGER NOT NULL,
  entity_id      TEXT NOT NULL,
  state          TEXT NOT NULL CHECK (state IN ('queued', 'intent', 'sent', 'unknown', 'done')),
  challenge_hash TEXT NOT NULL,
  approved_at_ms INTEGER NOT NULL,
  sent_at_ms     INTEGER,
  outcome        TEXT CHECK (outcome IN ('applied', 'refused', 'not_sent', 'not_applied', 'conflict')),
  PRIMARY KEY (draft_id, k),
  FOREIGN KEY (draft_id, k) REFERENCES draft_item (draft_id, k)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX outbox_one_in_flight_per_entity ON outbox (entity_id) WHERE state <> 'done';
