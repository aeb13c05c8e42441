-- Bids, strategies and scheduled budgets beside daily budgets and status, and what one write touches: the entity itself, or a budget that
-- several campaigns share. SQLite can't change a CHECK in place, so the table is built anew. Drafts from before touch their own entity.
CREATE TABLE draft_item_4 (
  draft_id        TEXT NOT NULL REFERENCES draft (draft_id),
  k               INTEGER NOT NULL CHECK (k >= 0),
  platform        TEXT NOT NULL,
  account_id      TEXT NOT NULL,
  entity_id       TEXT NOT NULL,
  entity_type     TEXT NOT NULL CHECK (entity_type IN ('campaign', 'ad_group', 'ad')),
  path_json       TEXT NOT NULL,      -- platform-written names from account to entity: untrusted
  kind            TEXT NOT NULL CHECK (kind IN ('set_budget', 'set_status', 'set_bid', 'set_bid_strategy')),
  field           TEXT NOT NULL CHECK (field IN ('daily_budget', 'scheduled_budget', 'status', 'cpc_bid', 'target_cpa', 'target_roas',
                    'bid_cap', 'cost_cap', 'bid_strategy')),
  currency        TEXT NOT NULL,
  before_value    TEXT NOT NULL,
  requested_value TEXT NOT NULL,
  after_value     TEXT NOT NULL,
  movement_micros INTEGER NOT NULL,   -- signed change of spend per day this item can cause
  net_micros      INTEGER NOT NULL,   -- what of it counts in the net envelope
  takes_effect    TEXT NOT NULL CHECK (takes_effect IN ('immediately', 'next_midnight')),
  request_id      TEXT,               -- the platform's, once written
  live_value      TEXT,               -- last value read from the platform
  target          TEXT NOT NULL,      -- what the one write touches: the entity's id, or "<account>/budget/<id>"
  affects_json    TEXT NOT NULL,      -- [{entityId, name}] of everything else it changes, by id; names are untrusted
  PRIMARY KEY (draft_id, k)
) STRICT, WITHOUT ROWID;
INSERT INTO draft_item_4 (draft_id, k, platform, account_id, entity_id, entity_type, path_json, kind, field, currency, before_value,
    requested_value, after_value, movement_micros, net_micros, takes_effect, request_id, live_value, target, affects_json)
  SELECT draft_id, k, platform, account_id, entity_id, entity_type, path_json, kind, field, currency, before_value,
    requested_value, after_value, movement_micros, net_micros, takes_effect, request_id, live_value, entity_id, '[]' FROM draft_item;
DROP TABLE draft_item;
ALTER TABLE draft_item_4 RENAME TO draft_item;
CREATE INDEX draft_item_by_entity ON draft_item (entity_id, field);
CREATE INDEX draft_item_by_target ON draft_item (target, field);

CREATE TABLE outbox_4 (
  draft_id       TEXT NOT NULL,
  k              INTEGER NOT NULL,
  entity_id      TEXT NOT NULL,
  target         TEXT NOT NULL,
  state          TEXT NOT NULL CHECK (state IN ('queued', 'intent', 'sent', 'unknown', 'done')),
  challenge_hash TEXT NOT NULL,
  approved_at_ms INTEGER NOT NULL,
  sent_at_ms     INTEGER,
  outcome        TEXT CHECK (outcome IN ('applied', 'refused', 'not_sent', 'not_applied', 'conflict')),
  PRIMARY KEY (draft_id, k),
  FOREIGN KEY (draft_id, k) REFERENCES draft_item (draft_id, k)
) STRICT, WITHOUT ROWID;
INSERT INTO outbox_4 (draft_id, k, entity_id, target, state, challenge_hash, approved_at_ms, sent_at_ms, outcome)
  SELECT draft_id, k, entity_id, entity_id, state, challenge_hash, approved_at_ms, sent_at_ms, outcome FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_4 RENAME TO outbox;
-- Two campaigns of one shared budget are never written at once, and neither are two fields of one entity.
CREATE UNIQUE INDEX outbox_one_in_flight_per_target ON outbox (target) WHERE state <> 'done';
CREATE UNIQUE INDEX outbox_one_in_flight_per_entity ON outbox (entity_id) WHERE state <> 'done';

-- Whether the person lets changes be proposed and written in an account. No row: only reading.
CREATE TABLE account_permission (
  account_id     TEXT PRIMARY KEY,
  writes_allowed INTEGER NOT NULL CHECK (writes_allowed IN (0, 1)),
  changed_at_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
