-- What the platforms said: everything here can be fetched again. Money in micros, conversions in millionths, days as days since
-- 1970-01-01 in the account's own calendar. NULL means "the platform does not say", never zero.

CREATE TABLE account (
  account_key      INTEGER PRIMARY KEY,
  account_id       TEXT NOT NULL UNIQUE,
  platform         TEXT NOT NULL CHECK (platform IN ('google_ads', 'meta', 'tiktok')),
  name             TEXT NOT NULL,     -- untrusted
  currency         TEXT NOT NULL,
  time_zone        TEXT NOT NULL,
  status           TEXT NOT NULL CHECK (status IN ('active', 'limited', 'disabled', 'unknown')),
  raw_status       TEXT NOT NULL,
  connection_id    TEXT NOT NULL,     -- of ledger.db
  is_listed        INTEGER NOT NULL CHECK (is_listed IN (0, 1)),  -- by its connection, at the last listing
  seen_run         INTEGER NOT NULL,
  restatement_days INTEGER NOT NULL,  -- how far back its platform restates
  entities_at_ms   INTEGER,           -- last complete listing of all entity types
  last_sync_at_ms  INTEGER,           -- everything here is at least as fresh as this
  complete_through INTEGER            -- last day that was over when all three levels were fetched
) STRICT;

-- How many accounts each connection listed beyond those that are kept.
CREATE TABLE listing (
  connection_id TEXT PRIMARY KEY,
  left_out      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE entity (
  entity_key          INTEGER PRIMARY KEY,
  entity_id           TEXT NOT NULL UNIQUE,
  account_key         INTEGER NOT NULL REFERENCES account (account_key),
  type                TEXT NOT NULL CHECK (type IN ('campaign', 'ad_group', 'ad', 'creative')),
  parent_id           TEXT,           -- no reference: a platform may list a child before, or without, its parent
  name                TEXT NOT NULL,  -- untrusted, as the platform spells it
  name_folded         TEXT NOT NULL,  -- cleaned and lower-cased, for searching and sorting
  status              TEXT NOT NULL CHECK (status IN ('enabled', 'paused', 'deleted', 'unknown')),
  raw_status          TEXT NOT NULL,
  delivery_status     TEXT NOT NULL,
  budget_kind         TEXT NOT NULL CHECK (budget_kind IN ('daily', 'lifetime', 'none', 'inherited')),
  daily_budget_micros INTEGER,
  editable_json       TEXT NOT NULL,
  details_json        TEXT NOT NULL,  -- objective, bid strategy, creative ids, texts …: shown, never searched
  click_window_days   INTEGER,        -- 0: switched off; NULL: the platform has none, or did not say
  view_window_days    INTEGER,
  read_at_ms          INTEGER NOT NULL,
  budget_read_at_ms   INTEGER NOT NULL,  -- later than read_at_ms after a write's read-back
  status_read_at_ms   INTEGER NOT NULL
) STRICT;
CREATE INDEX entity_by_account ON entity (account_key, type, entity_key);
CREATE INDEX entity_by_parent ON entity (parent_id);

-- Pages of a listing wait here until the last one has come: the snapshot is replaced whole or not at all.
CREATE TABLE entity_staged (
  account_key INTEGER NOT NULL,
  type        TEXT NOT NULL,
  entity_id   TEXT NOT NULL,
  entity_json TEXT NOT NULL,
  PRIMARY KEY (account_key, type, entity_id)
) STRICT, WITHOUT ROWID;

-- One row per entity and day. Level and account are the entity's. Clustered by entity, so that a sum per entity streams.
CREATE TABLE metric_fact (
  entity_key                    INTEGER NOT NULL REFERENCES entity (entity_key),
  day                           INTEGER NOT NULL,
  spend_micros                  INTEGER NOT NULL,
  impressions                   INTEGER NOT NULL,
  clicks                        INTEGER NOT NULL,
  video_views                   INTEGER,
  click_conversion_micros       INTEGER,
  view_conversion_micros        INTEGER,
  engaged_conversion_micros     INTEGER,
  click_value_micros            INTEGER,
  view_value_micros             INTEGER,
  engaged_value_micros          INTEGER,
  reach                         INTEGER,  -- never summed
  click_window_days             INTEGER,  -- 0: switched off; NULL: mixed or not known
  view_window_days              INTEGER,
  window_source                 TEXT CHECK (window_source IN ('requested', 'entity_setting', 'approximated')),  -- NULL: not known
  fetched_at_ms                 INTEGER NOT NULL,
  first_seen_at_ms              INTEGER,  -- first fetch after the day was over; NULL while it was still running
  first_spend_micros            INTEGER,  -- the first_ values are kept from the first restatement on, NULL before
  first_click_conversion_micros INTEGER,
  first_click_value_micros      INTEGER,
  PRIMARY KEY (entity_key, day)
) STRICT, WITHOUT ROWID;

-- Sums per entity and block of 16 days, and per account, level and day. Kept by the triggers below, so that they cannot drift from the facts.
CREATE TABLE metric_block (
  entity_key                INTEGER NOT NULL,
  block                     INTEGER NOT NULL,  -- day / 16
  facts                     INTEGER NOT NULL,
  spend_micros              INTEGER NOT NULL,
  impressions               INTEGER NOT NULL,
  clicks                    INTEGER NOT NULL,
  video_views               INTEGER NOT NULL,
  click_conversion_micros   INTEGER NOT NULL,
  view_conversion_micros    INTEGER NOT NULL,
  engaged_conversion_micros INTEGER NOT NULL,
  click_value_micros        INTEGER NOT NULL,
  view_value_micros         INTEGER NOT NULL,
  video_known               INTEGER NOT NULL,  -- of how many facts the value is known
  click_conversion_known    INTEGER NOT NULL,
  view_conversion_known     INTEGER NOT NULL,
  engaged_conversion_known  INTEGER NOT NULL,
  click_value_known         INTEGER NOT NULL,
  view_value_known          INTEGER NOT NULL,
  window_known              INTEGER NOT NULL,  -- click windows: how many facts have one, their sum, the sum of their squares;
  window_days               INTEGER NOT NULL,  -- all are the same if and only if known * squares = days * days
  window_squares            INTEGER NOT NULL,
  window_approximated       INTEGER NOT NULL,  -- of how many facts the window is only assumed
  PRIMARY KEY (entity_key, block)
) STRICT, WITHOUT ROWID;

CREATE TABLE metric_day (
  account_key               INTEGER NOT NULL,
  level                     TEXT NOT NULL,
  day                       INTEGER NOT NULL,
  facts                     INTEGER NOT NULL,
  spend_micros              INTEGER NOT NULL,
  impressions               INTEGER NOT NULL,
  clicks                    INTEGER NOT NULL,
  video_views               INTEGER NOT NULL,
  click_conversion_micros   INTEGER NOT NULL,
  view_conversion_micros    INTEGER NOT NULL,
  engaged_conversion_micros INTEGER NOT NULL,
  click_value_micros        INTEGER NOT NULL,
  view_value_micros         INTEGER NOT NULL,
  video_known               INTEGER NOT NULL,
  click_conversion_known    INTEGER NOT NULL,
  view_conversion_known     INTEGER NOT NULL,
  engaged_conversion_known  INTEGER NOT NULL,
  click_value_known         INTEGER NOT NULL,
  view_value_known          INTEGER NOT NULL,
  window_known              INTEGER NOT NULL,
  window_days               INTEGER NOT NULL,
  window_squares            INTEGER NOT NULL,
  window_approximated       INTEGER NOT NULL,  -- of how many facts the window is only assumed
  PRIMARY KEY (account_key, level, day)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER metric_fact_added AFTER INSERT ON metric_fact BEGIN
  INSERT INTO metric_block (
    entity_key, block, facts, spend_micros, impressions, clicks, video_views, click_conversion_micros,
    view_conversion_micros, engaged_conversion_micros, click_value_micros, view_value_micros, video_known,
    click_conversion_known, view_conversion_known, engaged_conversion_known, click_value_known, view_value_known,
    window_known, window_days, window_squares, window_approximated
  )
  VALUES (
    NEW.entity_key, NEW.day / 16, 1, NEW.spend_micros, NEW.impressions, NEW.clicks, COALESCE(NEW.video_views, 0),
    COALESCE(NEW.click_conversion_micros, 0), COALESCE(NEW.view_conversion_micros, 0),
    COALESCE(NEW.engaged_conversion_micros, 0), COALESCE(NEW.click_value_micros, 0),
    COALESCE(NEW.view_value_micros, 0), NEW.video_views IS NOT NULL, NEW.click_conversion_micros IS NOT NULL,
    NEW.view_conversion_micros IS NOT NULL, NEW.engaged_conversion_micros IS NOT NULL,
    NEW.click_value_micros IS NOT NULL, NEW.view_value_micros IS NOT NULL, NEW.click_window_days IS NOT NULL,
    COALESCE(NEW.click_window_days, 0), COALESCE(NEW.click_window_days * NEW.click_window_days, 0),
    NEW.window_source IS 'approximated'
  )
  ON CONFLICT (entity_key, block) DO UPDATE SET
    facts = facts + excluded.facts, spend_micros = spend_micros + excluded.spend_micros,
    impressions = impressions + excluded.impressions, clicks = clicks + excluded.clicks,
    video_views = video_views + excluded.video_views,
    click_conversion_micros = click_conversion_micros + excluded.click_conversion_micros,
    view_conversion_micros = view_conversion_micros + excluded.view_conversion_micros,
    engaged_conversion_micros = engaged_conversion_micros + excluded.engaged_conversion_micros,
    click_value_micros = click_value_micros + excluded.click_value_micros,
    view_value_micros = view_value_micros + excluded.view_value_micros,
    video_known = video_known + excluded.video_known,
    click_conversion_known = click_conversion_known + excluded.click_conversion_known,
    view_conversion_known = view_conversion_known + excluded.view_conversion_known,
    engaged_conversion_known = engaged_conversion_known + excluded.engaged_conversion_known,
    click_value_known = click_value_known + excluded.click_value_known,
    view_value_known = view_value_known + excluded.view_value_known,
    window_known = window_known + excluded.window_known, window_days = window_days + excluded.window_days,
    window_squares = window_squares + excluded.window_squares,
    window_approximated = window_approximated + excluded.window_approximated;
  INSERT INTO metric_day (
    account_key, level, day, facts, spend_micros, impressions, clicks, video_views, click_conversion_micros,
    view_conversion_micros, engaged_conversion_micros, click_value_micros, view_value_micros, video_known,
    click_conversion_known, view_conversion_known, engaged_conversion_known, click_value_known, view_value_known,
    window_known, window_days, window_squares, window_approximated
  )
  SELECT
    e.account_key, e.type, NEW.day, 1, NEW.spend_micros, NEW.impressions, NEW.clicks, COALESCE(NEW.video_views, 0),
    COALESCE(NEW.click_conversion_micros, 0), COALESCE(NEW.view_conversion_micros, 0),
    COALESCE(NEW.engaged_conversion_micros, 0), COALESCE(NEW.click_value_micros, 0),
    COALESCE(NEW.view_value_micros, 0), NEW.video_views IS NOT NULL, NEW.click_conversion_micros IS NOT NULL,
    NEW.view_conversion_micros IS NOT NULL, NEW.engaged_conversion_micros IS NOT NULL,
    NEW.click_value_micros IS NOT NULL, NEW.view_value_micros IS NOT NULL, NEW.click_window_days IS NOT NULL,
    COALESCE(NEW.click_window_days, 0), COALESCE(NEW.click_window_days * NEW.click_window_days, 0),
    NEW.window_source IS 'approximated'
  FROM entity e WHERE e.entity_key = NEW.entity_key
  ON CONFLICT (account_key, level, day) DO UPDATE SET
    facts = facts + excluded.facts, spend_micros = spend_micros + excluded.spend_micros,
    impressions = impressions + excluded.impressions, clicks = clicks + excluded.clicks,
    video_views = video_views + excluded.video_views,
    click_conversion_micros = click_conversion_micros + excluded.click_conversion_micros,
    view_conversion_micros = view_conversion_micros + excluded.view_conversion_micros,
    engaged_conversion_micros = engaged_conversion_micros + excluded.engaged_conversion_micros,
    click_value_micros = click_value_micros + excluded.click_value_micros,
    view_value_micros = view_value_micros + excluded.view_value_micros,
    video_known = video_known + excluded.video_known,
    click_conversion_known = click_conversion_known + excluded.click_conversion_known,
    view_conversion_known = view_conversion_known + excluded.view_conversion_known,
    engaged_conversion_known = engaged_conversion_known + excluded.engaged_conversion_known,
    click_value_known = click_value_known + excluded.click_value_known,
    view_value_known = view_value_known + excluded.view_value_known,
    window_known = window_known + excluded.window_known, window_days = window_days + excluded.window_days,
    window_squares = window_squares + excluded.window_squares,
    window_approximated = window_approximated + excluded.window_approximated;
END;

CREATE TRIGGER metric_fact_moved AFTER UPDATE OF
  spend_micros, impressions, clicks, video_views, click_conversion_micros, view_conversion_micros,
  engaged_conversion_micros, click_value_micros, view_value_micros, click_window_days, window_source
ON metric_fact BEGIN
  UPDATE metric_block SET
    spend_micros = spend_micros + NEW.spend_micros - OLD.spend_micros,
    impressions = impressions + NEW.impressions - OLD.impressions, clicks = clicks + NEW.clicks - OLD.clicks,
    video_views = video_views + COALESCE(NEW.video_views, 0) - COALESCE(OLD.video_views, 0),
    click_conversion_micros = click_conversion_micros + COALESCE(NEW.click_conversion_micros, 0) - COALESCE(OLD.click_conversion_micros, 0),
    view_conversion_micros = view_conversion_micros + COALESCE(NEW.view_conversion_micros, 0) - COALESCE(OLD.view_conversion_micros, 0),
    engaged_conversion_micros = engaged_conversion_micros + COALESCE(NEW.engaged_conversion_micros, 0) - COALESCE(OLD.engaged_conversion_micros, 0),
    click_value_micros = click_value_micros + COALESCE(NEW.click_value_micros, 0) - COALESCE(OLD.click_value_micros, 0),
    view_value_micros = view_value_micros + COALESCE(NEW.view_value_micros, 0) - COALESCE(OLD.view_value_micros, 0),
    video_known = video_known + (NEW.video_views IS NOT NULL) - (OLD.video_views IS NOT NULL),
    click_conversion_known = click_conversion_known + (NEW.click_conversion_micros IS NOT NULL) - (OLD.click_conversion_micros IS NOT NULL),
    view_conversion_known = view_conversion_known + (NEW.view_conversion_micros IS NOT NULL) - (OLD.view_conversion_micros IS NOT NULL),
    engaged_conversion_known = engaged_conversion_known + (NEW.engaged_conversion_micros IS NOT NULL) - (OLD.engaged_conversion_micros IS NOT NULL),
    click_value_known = click_value_known + (NEW.click_value_micros IS NOT NULL) - (OLD.click_value_micros IS NOT NULL),
    view_value_known = view_value_known + (NEW.view_value_micros IS NOT NULL) - (OLD.view_value_micros IS NOT NULL),
    window_known = window_known + (NEW.click_window_days IS NOT NULL) - (OLD.click_window_days IS NOT NULL),
    window_days = window_days + COALESCE(NEW.click_window_days, 0) - COALESCE(OLD.click_window_days, 0),
    window_squares = window_squares + COALESCE(NEW.click_window_days * NEW.click_window_days, 0) - COALESCE(OLD.click_window_days * OLD.click_window_days, 0),
    window_approximated = window_approximated + (NEW.window_source IS 'approximated') - (OLD.window_source IS 'approximated')
  WHERE entity_key = OLD.entity_key AND block = OLD.day / 16;
  UPDATE metric_day SET
    spend_micros = spend_micros + NEW.spend_micros - OLD.spend_micros,
    impressions = impressions + NEW.impressions - OLD.impressions, clicks = clicks + NEW.clicks - OLD.clicks,
    video_views = video_views + COALESCE(NEW.video_views, 0) - COALESCE(OLD.video_views, 0),
    click_conversion_micros = click_conversion_micros + COALESCE(NEW.click_conversion_micros, 0) - COALESCE(OLD.click_conversion_micros, 0),
    view_conversion_micros = view_conversion_micros + COALESCE(NEW.view_conversion_micros, 0) - COALESCE(OLD.view_conversion_micros, 0),
    engaged_conversion_micros = engaged_conversion_micros + COALESCE(NEW.engaged_conversion_micros, 0) - COALESCE(OLD.engaged_conversion_micros, 0),
    click_value_micros = click_value_micros + COALESCE(NEW.click_value_micros, 0) - COALESCE(OLD.click_value_micros, 0),
    view_value_micros = view_value_micros + COALESCE(NEW.view_value_micros, 0) - COALESCE(OLD.view_value_micros, 0),
    video_known = video_known + (NEW.video_views IS NOT NULL) - (OLD.video_views IS NOT NULL),
    click_conversion_known = click_conversion_known + (NEW.click_conversion_micros IS NOT NULL) - (OLD.click_conversion_micros IS NOT NULL),
    view_conversion_known = view_conversion_known + (NEW.view_conversion_micros IS NOT NULL) - (OLD.view_conversion_micros IS NOT NULL),
    engaged_conversion_known = engaged_conversion_known + (NEW.engaged_conversion_micros IS NOT NULL) - (OLD.engaged_conversion_micros IS NOT NULL),
    click_value_known = click_value_known + (NEW.click_value_micros IS NOT NULL) - (OLD.click_value_micros IS NOT NULL),
    view_value_known = view_value_known + (NEW.view_value_micros IS NOT NULL) - (OLD.view_value_micros IS NOT NULL),
    window_known = window_known + (NEW.click_window_days IS NOT NULL) - (OLD.click_window_days IS NOT NULL),
    window_days = window_days + COALESCE(NEW.click_window_days, 0) - COALESCE(OLD.click_window_days, 0),
    window_squares = window_squares + COALESCE(NEW.click_window_days * NEW.click_window_days, 0) - COALESCE(OLD.click_window_days * OLD.click_window_days, 0),
    window_approximated = window_approximated + (NEW.window_source IS 'approximated') - (OLD.window_source IS 'approximated')
  WHERE (account_key, level) = (SELECT e.account_key, e.type FROM entity e WHERE e.entity_key = OLD.entity_key) AND day = OLD.day;
END;

CREATE TRIGGER metric_fact_removed AFTER DELETE ON metric_fact BEGIN
  UPDATE metric_block SET
    facts = facts - 1, spend_micros = spend_micros - OLD.spend_micros, impressions = impressions - OLD.impressions,
    clicks = clicks - OLD.clicks, video_views = video_views - COALESCE(OLD.video_views, 0),
    click_conversion_micros = click_conversion_micros - COALESCE(OLD.click_conversion_micros, 0),
    view_conversion_micros = view_conversion_micros - COALESCE(OLD.view_conversion_micros, 0),
    engaged_conversion_micros = engaged_conversion_micros - COALESCE(OLD.engaged_conversion_micros, 0),
    click_value_micros = click_value_micros - COALESCE(OLD.click_value_micros, 0),
    view_value_micros = view_value_micros - COALESCE(OLD.view_value_micros, 0),
    video_known = video_known - (OLD.video_views IS NOT NULL),
    click_conversion_known = click_conversion_known - (OLD.click_conversion_micros IS NOT NULL),
    view_conversion_known = view_conversion_known - (OLD.view_conversion_micros IS NOT NULL),
    engaged_conversion_known = engaged_conversion_known - (OLD.engaged_conversion_micros IS NOT NULL),
    click_value_known = click_value_known - (OLD.click_value_micros IS NOT NULL),
    view_value_known = view_value_known - (OLD.view_value_micros IS NOT NULL),
    window_known = window_known - (OLD.click_window_days IS NOT NULL),
    window_days = window_days - COALESCE(OLD.click_window_days, 0),
    window_squares = window_squares - COALESCE(OLD.click_window_days * OLD.click_window_days, 0),
    window_approximated = window_approximated - (OLD.window_source IS 'approximated')
  WHERE entity_key = OLD.entity_key AND block = OLD.day / 16;
  UPDATE metric_day SET
    facts = facts - 1, spend_micros = spend_micros - OLD.spend_micros, impressions = impressions - OLD.impressions,
    clicks = clicks - OLD.clicks, video_views = video_views - COALESCE(OLD.video_views, 0),
    click_conversion_micros = click_conversion_micros - COALESCE(OLD.click_conversion_micros, 0),
    view_conversion_micros = view_conversion_micros - COALESCE(OLD.view_conversion_micros, 0),
    engaged_conversion_micros = engaged_conversion_micros - COALESCE(OLD.engaged_conversion_micros, 0),
    click_value_micros = click_value_micros - COALESCE(OLD.click_value_micros, 0),
    view_value_micros = view_value_micros - COALESCE(OLD.view_value_micros, 0),
    video_known = video_known - (OLD.video_views IS NOT NULL),
    click_conversion_known = click_conversion_known - (OLD.click_conversion_micros IS NOT NULL),
    view_conversion_known = view_conversion_known - (OLD.view_conversion_micros IS NOT NULL),
    engaged_conversion_known = engaged_conversion_known - (OLD.engaged_conversion_micros IS NOT NULL),
    click_value_known = click_value_known - (OLD.click_value_micros IS NOT NULL),
    view_value_known = view_value_known - (OLD.view_value_micros IS NOT NULL),
    window_known = window_known - (OLD.click_window_days IS NOT NULL),
    window_days = window_days - COALESCE(OLD.click_window_days, 0),
    window_squares = window_squares - COALESCE(OLD.click_window_days * OLD.click_window_days, 0),
    window_approximated = window_approximated - (OLD.window_source IS 'approximated')
  WHERE (account_key, level) = (SELECT e.account_key, e.type FROM entity e WHERE e.entity_key = OLD.entity_key) AND day = OLD.day;
END;

CREATE TRIGGER metric_fact_stays_put BEFORE UPDATE OF entity_key, day ON metric_fact
WHEN NEW.entity_key <> OLD.entity_key OR NEW.day <> OLD.day BEGIN
  SELECT RAISE(ABORT, 'a fact keeps its entity and day');
END;

-- How much days that were over have moved since, by their age when it was noticed. Signed sums of what each fetch changed.
CREATE TABLE restatement (
  account_key                   INTEGER NOT NULL REFERENCES account (account_key),
  level                         TEXT NOT NULL,
  day                           INTEGER NOT NULL,
  age_days                      INTEGER NOT NULL,
  facts_changed                 INTEGER NOT NULL,
  spend_moved_micros            INTEGER NOT NULL,
  click_conversion_moved_micros INTEGER NOT NULL,
  view_conversion_moved_micros  INTEGER NOT NULL,
  click_value_moved_micros      INTEGER NOT NULL,
  noticed_at_ms                 INTEGER NOT NULL,
  PRIMARY KEY (account_key, level, day, age_days)
) STRICT, WITHOUT ROWID;

CREATE TABLE sync_run (
  run_id         INTEGER PRIMARY KEY,
  state          TEXT NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
  days           INTEGER NOT NULL,
  started_at_ms  INTEGER NOT NULL,
  finished_at_ms INTEGER,
  units_done     INTEGER NOT NULL,
  rows_stored    INTEGER NOT NULL
) STRICT;

-- Listings a run has finished: "accounts" of a connection, "entities:<type>" of an account.
CREATE TABLE sync_cursor (
  run_id     INTEGER NOT NULL REFERENCES sync_run (run_id) ON DELETE CASCADE,
  subject    TEXT NOT NULL,   -- connection_id or account_id
  step       TEXT NOT NULL,
  done_at_ms INTEGER NOT NULL,
  PRIMARY KEY (run_id, subject, step)
) STRICT, WITHOUT ROWID;

-- Which days are held, whether or not anything happened on them. Also where a killed run goes on.
CREATE TABLE fetched_day (
  account_key   INTEGER NOT NULL REFERENCES account (account_key),
  level         TEXT NOT NULL,
  day           INTEGER NOT NULL,
  run_id        INTEGER NOT NULL,
  fetched_at_ms INTEGER NOT NULL,
  was_over      INTEGER NOT NULL CHECK (was_over IN (0, 1)),
  is_final      INTEGER NOT NULL CHECK (is_final IN (0, 1)),  -- older than its platform restates, when fetched
  PRIMARY KEY (account_key, level, day)
) STRICT, WITHOUT ROWID;
