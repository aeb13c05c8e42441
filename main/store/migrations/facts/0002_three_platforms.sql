-- Three platforms: bids and strategies, shared budgets, the platform's delivery and review in our words, managers, pixels and conversion
-- actions, edits made elsewhere, and what the platforms' own screens count.

ALTER TABLE account ADD COLUMN manager_id TEXT;
ALTER TABLE account ADD COLUMN manager_name TEXT;  -- untrusted
ALTER TABLE account ADD COLUMN is_writable INTEGER CHECK (is_writable IN (0, 1));  -- NULL: the platform does not say
ALTER TABLE account ADD COLUMN trackers_at_ms INTEGER;  -- last complete listing of its trackers
ALTER TABLE account ADD COLUMN trackers_problem TEXT;   -- our error code when the last attempt failed

ALTER TABLE entity ADD COLUMN values_json TEXT;         -- bids, strategy, scheduled budget in wire form; NULL: never asked for yet
ALTER TABLE entity ADD COLUMN values_read_json TEXT NOT NULL DEFAULT '{}';  -- by field: when it was read later than the listing
ALTER TABLE entity ADD COLUMN listed_at_ms INTEGER;     -- last listing that held it; NULL: known from reports only
ALTER TABLE entity ADD COLUMN first_listed_at_ms INTEGER;
ALTER TABLE entity ADD COLUMN status_since_ms INTEGER;  -- since when the status has been seen as it is
ALTER TABLE entity ADD COLUMN shared_budget_id TEXT;    -- the platform's id; equal for all campaigns that draw on one budget
ALTER TABLE entity ADD COLUMN delivery TEXT NOT NULL DEFAULT 'unknown'
  CHECK (delivery IN ('delivering', 'limited', 'learning', 'not_delivering', 'pending', 'ended', 'unknown'));
ALTER TABLE entity ADD COLUMN review TEXT CHECK (review IN ('approved', 'limited', 'in_review', 'disapproved', 'unknown'));
ALTER TABLE entity ADD COLUMN is_automated INTEGER NOT NULL DEFAULT 0 CHECK (is_automated IN (0, 1));
UPDATE entity SET listed_at_ms = read_at_ms, first_listed_at_ms = read_at_ms, status_since_ms = read_at_ms
  WHERE NOT (status = 'unknown' AND raw_status = '');
CREATE INDEX entity_by_shared_budget ON entity (account_key, shared_budget_id) WHERE shared_budget_id IS NOT NULL;

-- What lists are filtered and sorted by, in narrow rows, so that 50,000 of them are searched at once. Kept by the triggers below; the two
-- sums of the last seven whole days are written at the end of a sync (NULL: not all seven are held), the last column with outside_change.
CREATE TABLE entity_row (
  entity_key            INTEGER PRIMARY KEY,
  account_key           INTEGER NOT NULL,
  type                  TEXT NOT NULL,
  status                TEXT NOT NULL,
  delivery              TEXT NOT NULL,
  review                TEXT,
  name_folded           TEXT NOT NULL,
  daily_budget_micros   INTEGER,
  week_spend_micros     INTEGER,
  week_value_micros     INTEGER,
  changed_outside_at_ms INTEGER
) STRICT;
INSERT INTO entity_row (entity_key, account_key, type, status, delivery, review, name_folded, daily_budget_micros)
  SELECT entity_key, account_key, type, status, delivery, review, name_folded, daily_budget_micros FROM entity;
CREATE INDEX entity_row_by_account ON entity_row (account_key, type, entity_key);
CREATE INDEX entity_row_by_change ON entity_row (account_key, changed_outside_at_ms) WHERE changed_outside_at_ms IS NOT NULL;

CREATE TRIGGER entity_added AFTER INSERT ON entity BEGIN
  INSERT INTO entity_row (entity_key, account_key, type, status, delivery, review, name_folded, daily_budget_micros)
  VALUES (NEW.entity_key, NEW.account_key, NEW.type, NEW.status, NEW.delivery, NEW.review, NEW.name_folded, NEW.daily_budget_micros);
END;
CREATE TRIGGER entity_changed AFTER UPDATE OF status, delivery, review, name_folded, daily_budget_micros ON entity
WHEN (NEW.status, NEW.delivery, NEW.review, NEW.name_folded, NEW.daily_budget_micros)
  IS NOT (OLD.status, OLD.delivery, OLD.review, OLD.name_folded, OLD.daily_budget_micros) BEGIN
  UPDATE entity_row SET status = NEW.status, delivery = NEW.delivery, review = NEW.review, name_folded = NEW.name_folded,
    daily_budget_micros = NEW.daily_budget_micros
  WHERE entity_key = NEW.entity_key;
END;

-- Pixels and conversion actions, replaced whole per account.
CREATE TABLE tracker (
  account_key         INTEGER NOT NULL REFERENCES account (account_key),
  kind                TEXT NOT NULL CHECK (kind IN ('pixel', 'conversion_action')),
  external_id         TEXT NOT NULL,
  name                TEXT NOT NULL,  -- untrusted
  state               TEXT NOT NULL CHECK (state IN ('healthy', 'unverified', 'stale', 'misconfigured', 'inactive', 'unknown')),
  raw_status          TEXT NOT NULL,
  receipt_known       INTEGER NOT NULL CHECK (receipt_known IN (0, 1)),  -- whether the platform says when something last arrived
  last_received_at_ms INTEGER,        -- NULL, when it does say: never
  is_primary          INTEGER CHECK (is_primary IN (0, 1)),
  click_window_days   INTEGER,
  view_window_days    INTEGER,
  events_json         TEXT,
  problems_json       TEXT NOT NULL,
  PRIMARY KEY (account_key, kind, external_id)
) STRICT, WITHOUT ROWID;

-- Edits that a listing brought and this app did not make. NULL: the entity had, or has, no such value.
CREATE TABLE outside_change (
  entity_key    INTEGER NOT NULL REFERENCES entity (entity_key),
  noticed_at_ms INTEGER NOT NULL,
  field         TEXT NOT NULL,
  before_value  TEXT,
  after_value   TEXT,
  PRIMARY KEY (entity_key, noticed_at_ms, field)
) STRICT, WITHOUT ROWID;
CREATE INDEX outside_change_by_time ON outside_change (noticed_at_ms);

ALTER TABLE metric_fact ADD COLUMN click_1d_conversion_micros INTEGER;
ALTER TABLE metric_fact ADD COLUMN click_1d_value_micros INTEGER;
ALTER TABLE metric_fact ADD COLUMN click_28d_conversion_micros INTEGER;
ALTER TABLE metric_fact ADD COLUMN click_28d_value_micros INTEGER;
ALTER TABLE metric_fact ADD COLUMN reported_conversion_micros INTEGER;  -- by the platform's own windows: beside ours, never added to it
ALTER TABLE metric_fact ADD COLUMN reported_value_micros INTEGER;

ALTER TABLE metric_block ADD COLUMN reported_conversion_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_block ADD COLUMN reported_value_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_block ADD COLUMN reported_conversion_known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_block ADD COLUMN reported_value_known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_block ADD COLUMN window_requested INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN reported_conversion_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN reported_value_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN reported_conversion_known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN reported_value_known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN window_requested INTEGER NOT NULL DEFAULT 0;

-- A row in here, within one transaction: whoever adds many facts adds their sums to the roll-ups himself, in fewer and larger steps.
CREATE TABLE rollup_pause (is_on INTEGER PRIMARY KEY CHECK (is_on = 1)) STRICT;

DROP TRIGGER metric_fact_added;
DROP TRIGGER metric_fact_moved;
DROP TRIGGER metric_fact_removed;

CREATE TRIGGER metric_fact_added AFTER INSERT ON metric_fact WHEN NOT EXISTS (SELECT 1 FROM rollup_pause) BEGIN
  INSERT INTO metric_block (
    entity_key, block, facts, spend_micros, impressions, clicks, video_views, click_conversion_micros,
    view_conversion_micros, engaged_conversion_micros, click_value_micros, view_value_micros,
    reported_conversion_micros, reported_value_micros, video_known, click_conversion_known, view_conversion_known,
    engaged_conversion_known, click_value_known, view_value_known, reported_conversion_known, reported_value_known,
    window_known, window_days, window_squares, window_approximated, window_requested
  )
  VALUES (
    NEW.entity_key, NEW.day / 16, 1, NEW.spend_micros, NEW.impressions, NEW.clicks, COALESCE(NEW.video_views, 0),
    COALESCE(NEW.click_conversion_micros, 0), COALESCE(NEW.view_conversion_micros, 0),
    COALESCE(NEW.engaged_conversion_micros, 0), COALESCE(NEW.click_value_micros, 0),
    COALESCE(NEW.view_value_micros, 0), COALESCE(NEW.reported_conversion_micros, 0),
    COALESCE(NEW.reported_value_micros, 0), NEW.video_views IS NOT NULL, NEW.click_conversion_micros IS NOT NULL,
    NEW.view_conversion_micros IS NOT NULL, NEW.engaged_conversion_micros IS NOT NULL,
    NEW.click_value_micros IS NOT NULL, NEW.view_value_micros IS NOT NULL, NEW.reported_conversion_micros IS NOT NULL,
    NEW.reported_value_micros IS NOT NULL, NEW.click_window_days IS NOT NULL, COALESCE(NEW.click_window_days, 0),
    COALESCE(NEW.click_window_days * NEW.click_window_days, 0), NEW.window_source IS 'approximated',
    NEW.window_source IS 'requested'
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
    reported_conversion_micros = reported_conversion_micros + excluded.reported_conversion_micros,
    reported_value_micros = reported_value_micros + excluded.reported_value_micros,
    video_known = video_known + excluded.video_known,
    click_conversion_known = click_conversion_known + excluded.click_conversion_known,
    view_conversion_known = view_conversion_known + excluded.view_conversion_known,
    engaged_conversion_known = engaged_conversion_known + excluded.engaged_conversion_known,
    click_value_known = click_value_known + excluded.click_value_known,
    view_value_known = view_value_known + excluded.view_value_known,
    reported_conversion_known = reported_conversion_known + excluded.reported_conversion_known,
    reported_value_known = reported_value_known + excluded.reported_value_known,
    window_known = window_known + excluded.window_known, window_days = window_days + excluded.window_days,
    window_squares = window_squares + excluded.window_squares,
    window_approximated = window_approximated + excluded.window_approximated,
    window_requested = window_requested + excluded.window_requested;
  INSERT INTO metric_day (
    account_key, level, day, facts, spend_micros, impressions, clicks, video_views, click_conversion_micros,
    view_conversion_micros, engaged_conversion_micros, click_value_micros, view_value_micros,
    reported_conversion_micros, reported_value_micros, video_known, click_conversion_known, view_conversion_known,
    engaged_conversion_known, click_value_known, view_value_known, reported_conversion_known, reported_value_known,
    window_known, window_days, window_squares, window_approximated, window_requested
  )
  SELECT
    e.account_key, e.type, NEW.day, 1, NEW.spend_micros, NEW.impressions, NEW.clicks, COALESCE(NEW.video_views, 0),
    COALESCE(NEW.click_conversion_micros, 0), COALESCE(NEW.view_conversion_micros, 0),
    COALESCE(NEW.engaged_conversion_micros, 0), COALESCE(NEW.click_value_micros, 0),
    COALESCE(NEW.view_value_micros, 0), COALESCE(NEW.reported_conversion_micros, 0),
    COALESCE(NEW.reported_value_micros, 0), NEW.video_views IS NOT NULL, NEW.click_conversion_micros IS NOT NULL,
    NEW.view_conversion_micros IS NOT NULL, NEW.engaged_conversion_micros IS NOT NULL,
    NEW.click_value_micros IS NOT NULL, NEW.view_value_micros IS NOT NULL, NEW.reported_conversion_micros IS NOT NULL,
    NEW.reported_value_micros IS NOT NULL, NEW.click_window_days IS NOT NULL, COALESCE(NEW.click_window_days, 0),
    COALESCE(NEW.click_window_days * NEW.click_window_days, 0), NEW.window_source IS 'approximated',
    NEW.window_source IS 'requested'
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
    reported_conversion_micros = reported_conversion_micros + excluded.reported_conversion_micros,
    reported_value_micros = reported_value_micros + excluded.reported_value_micros,
    video_known = video_known + excluded.video_known,
    click_conversion_known = click_conversion_known + excluded.click_conversion_known,
    view_conversion_known = view_conversion_known + excluded.view_conversion_known,
    engaged_conversion_known = engaged_conversion_known + excluded.engaged_conversion_known,
    click_value_known = click_value_known + excluded.click_value_known,
    view_value_known = view_value_known + excluded.view_value_known,
    reported_conversion_known = reported_conversion_known + excluded.reported_conversion_known,
    reported_value_known = reported_value_known + excluded.reported_value_known,
    window_known = window_known + excluded.window_known, window_days = window_days + excluded.window_days,
    window_squares = window_squares + excluded.window_squares,
    window_approximated = window_approximated + excluded.window_approximated,
    window_requested = window_requested + excluded.window_requested;
END;

CREATE TRIGGER metric_fact_moved AFTER UPDATE OF
  spend_micros, impressions, clicks, video_views, click_conversion_micros, view_conversion_micros,
  engaged_conversion_micros, click_value_micros, view_value_micros, reported_conversion_micros, reported_value_micros,
  click_window_days, window_source
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
    reported_conversion_micros = reported_conversion_micros + COALESCE(NEW.reported_conversion_micros, 0) - COALESCE(OLD.reported_conversion_micros, 0),
    reported_value_micros = reported_value_micros + COALESCE(NEW.reported_value_micros, 0) - COALESCE(OLD.reported_value_micros, 0),
    video_known = video_known + (NEW.video_views IS NOT NULL) - (OLD.video_views IS NOT NULL),
    click_conversion_known = click_conversion_known + (NEW.click_conversion_micros IS NOT NULL) - (OLD.click_conversion_micros IS NOT NULL),
    view_conversion_known = view_conversion_known + (NEW.view_conversion_micros IS NOT NULL) - (OLD.view_conversion_micros IS NOT NULL),
    engaged_conversion_known = engaged_conversion_known + (NEW.engaged_conversion_micros IS NOT NULL) - (OLD.engaged_conversion_micros IS NOT NULL),
    click_value_known = click_value_known + (NEW.click_value_micros IS NOT NULL) - (OLD.click_value_micros IS NOT NULL),
    view_value_known = view_value_known + (NEW.view_value_micros IS NOT NULL) - (OLD.view_value_micros IS NOT NULL),
    reported_conversion_known = reported_conversion_known + (NEW.reported_conversion_micros IS NOT NULL) - (OLD.reported_conversion_micros IS NOT NULL),
    reported_value_known = reported_value_known + (NEW.reported_value_micros IS NOT NULL) - (OLD.reported_value_micros IS NOT NULL),
    window_known = window_known + (NEW.click_window_days IS NOT NULL) - (OLD.click_window_days IS NOT NULL),
    window_days = window_days + COALESCE(NEW.click_window_days, 0) - COALESCE(OLD.click_window_days, 0),
    window_squares = window_squares + COALESCE(NEW.click_window_days * NEW.click_window_days, 0) - COALESCE(OLD.click_window_days * OLD.click_window_days, 0),
    window_approximated = window_approximated + (NEW.window_source IS 'approximated') - (OLD.window_source IS 'approximated'),
    window_requested = window_requested + (NEW.window_source IS 'requested') - (OLD.window_source IS 'requested')
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
    reported_conversion_micros = reported_conversion_micros + COALESCE(NEW.reported_conversion_micros, 0) - COALESCE(OLD.reported_conversion_micros, 0),
    reported_value_micros = reported_value_micros + COALESCE(NEW.reported_value_micros, 0) - COALESCE(OLD.reported_value_micros, 0),
    video_known = video_known + (NEW.video_views IS NOT NULL) - (OLD.video_views IS NOT NULL),
    click_conversion_known = click_conversion_known + (NEW.click_conversion_micros IS NOT NULL) - (OLD.click_conversion_micros IS NOT NULL),
    view_conversion_known = view_conversion_known + (NEW.view_conversion_micros IS NOT NULL) - (OLD.view_conversion_micros IS NOT NULL),
    engaged_conversion_known = engaged_conversion_known + (NEW.engaged_conversion_micros IS NOT NULL) - (OLD.engaged_conversion_micros IS NOT NULL),
    click_value_known = click_value_known + (NEW.click_value_micros IS NOT NULL) - (OLD.click_value_micros IS NOT NULL),
    view_value_known = view_value_known + (NEW.view_value_micros IS NOT NULL) - (OLD.view_value_micros IS NOT NULL),
    reported_conversion_known = reported_conversion_known + (NEW.reported_conversion_micros IS NOT NULL) - (OLD.reported_conversion_micros IS NOT NULL),
    reported_value_known = reported_value_known + (NEW.reported_value_micros IS NOT NULL) - (OLD.reported_value_micros IS NOT NULL),
    window_known = window_known + (NEW.click_window_days IS NOT NULL) - (OLD.click_window_days IS NOT NULL),
    window_days = window_days + COALESCE(NEW.click_window_days, 0) - COALESCE(OLD.click_window_days, 0),
    window_squares = window_squares + COALESCE(NEW.click_window_days * NEW.click_window_days, 0) - COALESCE(OLD.click_window_days * OLD.click_window_days, 0),
    window_approximated = window_approximated + (NEW.window_source IS 'approximated') - (OLD.window_source IS 'approximated'),
    window_requested = window_requested + (NEW.window_source IS 'requested') - (OLD.window_source IS 'requested')
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
    reported_conversion_micros = reported_conversion_micros - COALESCE(OLD.reported_conversion_micros, 0),
    reported_value_micros = reported_value_micros - COALESCE(OLD.reported_value_micros, 0),
    video_known = video_known - (OLD.video_views IS NOT NULL),
    click_conversion_known = click_conversion_known - (OLD.click_conversion_micros IS NOT NULL),
    view_conversion_known = view_conversion_known - (OLD.view_conversion_micros IS NOT NULL),
    engaged_conversion_known = engaged_conversion_known - (OLD.engaged_conversion_micros IS NOT NULL),
    click_value_known = click_value_known - (OLD.click_value_micros IS NOT NULL),
    view_value_known = view_value_known - (OLD.view_value_micros IS NOT NULL),
    reported_conversion_known = reported_conversion_known - (OLD.reported_conversion_micros IS NOT NULL),
    reported_value_known = reported_value_known - (OLD.reported_value_micros IS NOT NULL),
    window_known = window_known - (OLD.click_window_days IS NOT NULL),
    window_days = window_days - COALESCE(OLD.click_window_days, 0),
    window_squares = window_squares - COALESCE(OLD.click_window_days * OLD.click_window_days, 0),
    window_approximated = window_approximated - (OLD.window_source IS 'approximated'),
    window_requested = window_requested - (OLD.window_source IS 'requested')
  WHERE entity_key = OLD.entity_key AND block = OLD.day / 16;
  UPDATE metric_day SET
    facts = facts - 1, spend_micros = spend_micros - OLD.spend_micros, impressions = impressions - OLD.impressions,
    clicks = clicks - OLD.clicks, video_views = video_views - COALESCE(OLD.video_views, 0),
    click_conversion_micros = click_conversion_micros - COALESCE(OLD.click_conversion_micros, 0),
    view_conversion_micros = view_conversion_micros - COALESCE(OLD.view_conversion_micros, 0),
    engaged_conversion_micros = engaged_conversion_micros - COALESCE(OLD.engaged_conversion_micros, 0),
    click_value_micros = click_value_micros - COALESCE(OLD.click_value_micros, 0),
    view_value_micros = view_value_micros - COALESCE(OLD.view_value_micros, 0),
    reported_conversion_micros = reported_conversion_micros - COALESCE(OLD.reported_conversion_micros, 0),
    reported_value_micros = reported_value_micros - COALESCE(OLD.reported_value_micros, 0),
    video_known = video_known - (OLD.video_views IS NOT NULL),
    click_conversion_known = click_conversion_known - (OLD.click_conversion_micros IS NOT NULL),
    view_conversion_known = view_conversion_known - (OLD.view_conversion_micros IS NOT NULL),
    engaged_conversion_known = engaged_conversion_known - (OLD.engaged_conversion_micros IS NOT NULL),
    click_value_known = click_value_known - (OLD.click_value_micros IS NOT NULL),
    view_value_known = view_value_known - (OLD.view_value_micros IS NOT NULL),
    reported_conversion_known = reported_conversion_known - (OLD.reported_conversion_micros IS NOT NULL),
    reported_value_known = reported_value_known - (OLD.reported_value_micros IS NOT NULL),
    window_known = window_known - (OLD.click_window_days IS NOT NULL),
    window_days = window_days - COALESCE(OLD.click_window_days, 0),
    window_squares = window_squares - COALESCE(OLD.click_window_days * OLD.click_window_days, 0),
    window_approximated = window_approximated - (OLD.window_source IS 'approximated'),
    window_requested = window_requested - (OLD.window_source IS 'requested')
  WHERE (account_key, level) = (SELECT e.account_key, e.type FROM entity e WHERE e.entity_key = OLD.entity_key) AND day = OLD.day;
END;
