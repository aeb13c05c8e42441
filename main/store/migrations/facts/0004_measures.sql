-- The roll-ups hold every sum of the report. New: engaged-view value, 1-day and 28-day clicks, and the spend of facts whose click-through
-- value is known. Filled from the facts that are stored.

ALTER TABLE metric_block ADD COLUMN engaged_value_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_block ADD COLUMN click_1d_conversion_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_block ADD COLUMN click_1d_value_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_block ADD COLUMN click_28d_conversion_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_block ADD COLUMN click_28d_value_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_block ADD COLUMN measured_spend_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_block ADD COLUMN engaged_value_known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_block ADD COLUMN click_1d_conversion_known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_block ADD COLUMN click_1d_value_known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_block ADD COLUMN click_28d_conversion_known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_block ADD COLUMN click_28d_value_known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN engaged_value_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN click_1d_conversion_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN click_1d_value_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN click_28d_conversion_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN click_28d_value_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN measured_spend_micros INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN engaged_value_known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN click_1d_conversion_known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN click_1d_value_known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN click_28d_conversion_known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_day ADD COLUMN click_28d_value_known INTEGER NOT NULL DEFAULT 0;

UPDATE metric_block SET (
  engaged_value_micros, click_1d_conversion_micros, click_1d_value_micros, click_28d_conversion_micros, click_28d_value_micros,
  measured_spend_micros, engaged_value_known, click_1d_conversion_known, click_1d_value_known, click_28d_conversion_known,
  click_28d_value_known
) = (
  SELECT
    COALESCE(SUM(f.engaged_value_micros), 0), COALESCE(SUM(f.click_1d_conversion_micros), 0),
    COALESCE(SUM(f.click_1d_value_micros), 0), COALESCE(SUM(f.click_28d_conversion_micros), 0),
    COALESCE(SUM(f.click_28d_value_micros), 0), COALESCE(SUM(IIF(f.click_value_micros IS NULL, 0, f.spend_micros)), 0),
    COUNT(f.engaged_value_micros), COUNT(f.click_1d_conversion_micros), COUNT(f.click_1d_value_micros),
    COUNT(f.click_28d_conversion_micros), COUNT(f.click_28d_value_micros)
  FROM metric_fact f
  WHERE f.entity_key = metric_block.entity_key AND f.day BETWEEN metric_block.block * 16 AND metric_block.block * 16 + 15
);
UPDATE metric_day SET
  engaged_value_micros = s.engaged_value_micros, click_1d_conversion_micros = s.click_1d_conversion_micros,
  click_1d_value_micros = s.click_1d_value_micros, click_28d_conversion_micros = s.click_28d_conversion_micros,
  click_28d_value_micros = s.click_28d_value_micros, measured_spend_micros = s.measured_spend_micros,
  engaged_value_known = s.engaged_value_known, click_1d_conversion_known = s.click_1d_conversion_known,
  click_1d_value_known = s.click_1d_value_known, click_28d_conversion_known = s.click_28d_conversion_known,
  click_28d_value_known = s.click_28d_value_known
FROM (
  SELECT
    e.account_key, e.type, f.day, COALESCE(SUM(f.engaged_value_micros), 0) AS engaged_value_micros,
    COALESCE(SUM(f.click_1d_conversion_micros), 0) AS click_1d_conversion_micros,
    COALESCE(SUM(f.click_1d_value_micros), 0) AS click_1d_value_micros,
    COALESCE(SUM(f.click_28d_conversion_micros), 0) AS click_28d_conversion_micros,
    COALESCE(SUM(f.click_28d_value_micros), 0) AS click_28d_value_micros,
    COALESCE(SUM(IIF(f.click_value_micros IS NULL, 0, f.spend_micros)), 0) AS measured_spend_micros,
    COUNT(f.engaged_value_micros) AS engaged_value_known, COUNT(f.click_1d_conversion_micros) AS click_1d_conversion_known,
    COUNT(f.click_1d_value_micros) AS click_1d_value_known, COUNT(f.click_28d_conversion_micros) AS click_28d_conversion_known,
    COUNT(f.click_28d_value_micros) AS click_28d_value_known
  FROM metric_fact f JOIN entity e ON e.entity_key = f.entity_key
  GROUP BY e.account_key, e.type, f.day
) s
WHERE s.account_key = metric_day.account_key AND s.type = metric_day.level AND s.day = metric_day.day;

DROP TRIGGER metric_fact_added;
DROP TRIGGER metric_fact_moved;
DROP TRIGGER metric_fact_removed;

-- As before with more columns; a pause now holds for changed and removed facts too.
CREATE TRIGGER metric_fact_added AFTER INSERT ON metric_fact WHEN NOT EXISTS (SELECT 1 FROM rollup_pause) BEGIN
  INSERT INTO metric_block (
    entity_key, block, facts, spend_micros, impressions, clicks, video_views, click_conversion_micros, view_conversion_micros,
    engaged_conversion_micros, click_value_micros, view_value_micros, reported_conversion_micros, reported_value_micros,
    engaged_value_micros, click_1d_conversion_micros, click_1d_value_micros, click_28d_conversion_micros,
    click_28d_value_micros, measured_spend_micros, video_known, click_conversion_known, view_conversion_known,
    engaged_conversion_known, click_value_known, view_value_known, reported_conversion_known, reported_value_known,
    engaged_value_known, click_1d_conversion_known, click_1d_value_known, click_28d_conversion_known, click_28d_value_known,
    window_known, window_days, window_squares, window_approximated, window_requested
  )
  VALUES (
    NEW.entity_key, NEW.day / 16, 1, NEW.spend_micros, NEW.impressions, NEW.clicks, COALESCE(NEW.video_views, 0),
    COALESCE(NEW.click_conversion_micros, 0), COALESCE(NEW.view_conversion_micros, 0),
    COALESCE(NEW.engaged_conversion_micros, 0), COALESCE(NEW.click_value_micros, 0), COALESCE(NEW.view_value_micros, 0),
    COALESCE(NEW.reported_conversion_micros, 0), COALESCE(NEW.reported_value_micros, 0), COALESCE(NEW.engaged_value_micros, 0),
    COALESCE(NEW.click_1d_conversion_micros, 0), COALESCE(NEW.click_1d_value_micros, 0),
    COALESCE(NEW.click_28d_conversion_micros, 0), COALESCE(NEW.click_28d_value_micros, 0),
    IIF(NEW.click_value_micros IS NULL, 0, NEW.spend_micros), (NEW.video_views IS NOT NULL),
    (NEW.click_conversion_micros IS NOT NULL), (NEW.view_conversion_micros IS NOT NULL),
    (NEW.engaged_conversion_micros IS NOT NULL), (NEW.click_value_micros IS NOT NULL), (NEW.view_value_micros IS NOT NULL),
    (NEW.reported_conversion_micros IS NOT NULL), (NEW.reported_value_micros IS NOT NULL),
    (NEW.engaged_value_micros IS NOT NULL), (NEW.click_1d_conversion_micros IS NOT NULL),
    (NEW.click_1d_value_micros IS NOT NULL), (NEW.click_28d_conversion_micros IS NOT NULL),
    (NEW.click_28d_value_micros IS NOT NULL), (NEW.click_window_days IS NOT NULL), COALESCE(NEW.click_window_days, 0),
    COALESCE(NEW.click_window_days * NEW.click_window_days, 0), (NEW.window_source IS 'approximated'),
    (NEW.window_source IS 'requested')
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
    engaged_value_micros = engaged_value_micros + excluded.engaged_value_micros,
    click_1d_conversion_micros = click_1d_conversion_micros + excluded.click_1d_conversion_micros,
    click_1d_value_micros = click_1d_value_micros + excluded.click_1d_value_micros,
    click_28d_conversion_micros = click_28d_conversion_micros + excluded.click_28d_conversion_micros,
    click_28d_value_micros = click_28d_value_micros + excluded.click_28d_value_micros,
    measured_spend_micros = measured_spend_micros + excluded.measured_spend_micros,
    video_known = video_known + excluded.video_known,
    click_conversion_known = click_conversion_known + excluded.click_conversion_known,
    view_conversion_known = view_conversion_known + excluded.view_conversion_known,
    engaged_conversion_known = engaged_conversion_known + excluded.engaged_conversion_known,
    click_value_known = click_value_known + excluded.click_value_known,
    view_value_known = view_value_known + excluded.view_value_known,
    reported_conversion_known = reported_conversion_known + excluded.reported_conversion_known,
    reported_value_known = reported_value_known + excluded.reported_value_known,
    engaged_value_known = engaged_value_known + excluded.engaged_value_known,
    click_1d_conversion_known = click_1d_conversion_known + excluded.click_1d_conversion_known,
    click_1d_value_known = click_1d_value_known + excluded.click_1d_value_known,
    click_28d_conversion_known = click_28d_conversion_known + excluded.click_28d_conversion_known,
    click_28d_value_known = click_28d_value_known + excluded.click_28d_value_known,
    window_known = window_known + excluded.window_known, window_days = window_days + excluded.window_days,
    window_squares = window_squares + excluded.window_squares,
    window_approximated = window_approximated + excluded.window_approximated,
    window_requested = window_requested + excluded.window_requested;
  INSERT INTO metric_day (
    account_key, level, day, facts, spend_micros, impressions, clicks, video_views, click_conversion_micros,
    view_conversion_micros, engaged_conversion_micros, click_value_micros, view_value_micros, reported_conversion_micros,
    reported_value_micros, engaged_value_micros, click_1d_conversion_micros, click_1d_value_micros, click_28d_conversion_micros,
    click_28d_value_micros, measured_spend_micros, video_known, click_conversion_known, view_conversion_known,
    engaged_conversion_known, click_value_known, view_value_known, reported_conversion_known, reported_value_known,
    engaged_value_known, click_1d_conversion_known, click_1d_value_known, click_28d_conversion_known, click_28d_value_known,
    window_known, window_days, window_squares, window_approximated, window_requested
  )
  SELECT
    e.account_key, e.type, NEW.day, 1, NEW.spend_micros, NEW.impressions, NEW.clicks, COALESCE(NEW.video_views, 0),
    COALESCE(NEW.click_conversion_micros, 0), COALESCE(NEW.view_conversion_micros, 0),
    COALESCE(NEW.engaged_conversion_micros, 0), COALESCE(NEW.click_value_micros, 0), COALESCE(NEW.view_value_micros, 0),
    COALESCE(NEW.reported_conversion_micros, 0), COALESCE(NEW.reported_value_micros, 0), COALESCE(NEW.engaged_value_micros, 0),
    COALESCE(NEW.click_1d_conversion_micros, 0), COALESCE(NEW.click_1d_value_micros, 0),
    COALESCE(NEW.click_28d_conversion_micros, 0), COALESCE(NEW.click_28d_value_micros, 0),
    IIF(NEW.click_value_micros IS NULL, 0, NEW.spend_micros), (NEW.video_views IS NOT NULL),
    (NEW.click_conversion_micros IS NOT NULL), (NEW.view_conversion_micros IS NOT NULL),
    (NEW.engaged_conversion_micros IS NOT NULL), (NEW.click_value_micros IS NOT NULL), (NEW.view_value_micros IS NOT NULL),
    (NEW.reported_conversion_micros IS NOT NULL), (NEW.reported_value_micros IS NOT NULL),
    (NEW.engaged_value_micros IS NOT NULL), (NEW.click_1d_conversion_micros IS NOT NULL),
    (NEW.click_1d_value_micros IS NOT NULL), (NEW.click_28d_conversion_micros IS NOT NULL),
    (NEW.click_28d_value_micros IS NOT NULL), (NEW.click_window_days IS NOT NULL), COALESCE(NEW.click_window_days, 0),
    COALESCE(NEW.click_window_days * NEW.click_window_days, 0), (NEW.window_source IS 'approximated'),
    (NEW.window_source IS 'requested')
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
    engaged_value_micros = engaged_value_micros + excluded.engaged_value_micros,
    click_1d_conversion_micros = click_1d_conversion_micros + excluded.click_1d_conversion_micros,
    click_1d_value_micros = click_1d_value_micros + excluded.click_1d_value_micros,
    click_28d_conversion_micros = click_28d_conversion_micros + excluded.click_28d_conversion_micros,
    click_28d_value_micros = click_28d_value_micros + excluded.click_28d_value_micros,
    measured_spend_micros = measured_spend_micros + excluded.measured_spend_micros,
    video_known = video_known + excluded.video_known,
    click_conversion_known = click_conversion_known + excluded.click_conversion_known,
    view_conversion_known = view_conversion_known + excluded.view_conversion_known,
    engaged_conversion_known = engaged_conversion_known + excluded.engaged_conversion_known,
    click_value_known = click_value_known + excluded.click_value_known,
    view_value_known = view_value_known + excluded.view_value_known,
    reported_conversion_known = reported_conversion_known + excluded.reported_conversion_known,
    reported_value_known = reported_value_known + excluded.reported_value_known,
    engaged_value_known = engaged_value_known + excluded.engaged_value_known,
    click_1d_conversion_known = click_1d_conversion_known + excluded.click_1d_conversion_known,
    click_1d_value_known = click_1d_value_known + excluded.click_1d_value_known,
    click_28d_conversion_known = click_28d_conversion_known + excluded.click_28d_conversion_known,
    click_28d_value_known = click_28d_value_known + excluded.click_28d_value_known,
    window_known = window_known + excluded.window_known, window_days = window_days + excluded.window_days,
    window_squares = window_squares + excluded.window_squares,
    window_approximated = window_approximated + excluded.window_approximated,
    window_requested = window_requested + excluded.window_requested;
END;

CREATE TRIGGER metric_fact_moved AFTER UPDATE OF
  spend_micros, impressions, clicks, video_views, click_conversion_micros, view_conversion_micros, engaged_conversion_micros,
  click_value_micros, view_value_micros, reported_conversion_micros, reported_value_micros, engaged_value_micros,
  click_1d_conversion_micros, click_1d_value_micros, click_28d_conversion_micros, click_28d_value_micros, click_window_days,
  window_source
ON metric_fact WHEN NOT EXISTS (SELECT 1 FROM rollup_pause) BEGIN
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
    engaged_value_micros = engaged_value_micros + COALESCE(NEW.engaged_value_micros, 0) - COALESCE(OLD.engaged_value_micros, 0),
    click_1d_conversion_micros = click_1d_conversion_micros + COALESCE(NEW.click_1d_conversion_micros, 0) - COALESCE(OLD.click_1d_conversion_micros, 0),
    click_1d_value_micros = click_1d_value_micros + COALESCE(NEW.click_1d_value_micros, 0) - COALESCE(OLD.click_1d_value_micros, 0),
    click_28d_conversion_micros = click_28d_conversion_micros + COALESCE(NEW.click_28d_conversion_micros, 0) - COALESCE(OLD.click_28d_conversion_micros, 0),
    click_28d_value_micros = click_28d_value_micros + COALESCE(NEW.click_28d_value_micros, 0) - COALESCE(OLD.click_28d_value_micros, 0),
    measured_spend_micros = measured_spend_micros + IIF(NEW.click_value_micros IS NULL, 0, NEW.spend_micros) - IIF(OLD.click_value_micros IS NULL, 0, OLD.spend_micros),
    video_known = video_known + (NEW.video_views IS NOT NULL) - (OLD.video_views IS NOT NULL),
    click_conversion_known = click_conversion_known + (NEW.click_conversion_micros IS NOT NULL) - (OLD.click_conversion_micros IS NOT NULL),
    view_conversion_known = view_conversion_known + (NEW.view_conversion_micros IS NOT NULL) - (OLD.view_conversion_micros IS NOT NULL),
    engaged_conversion_known = engaged_conversion_known + (NEW.engaged_conversion_micros IS NOT NULL) - (OLD.engaged_conversion_micros IS NOT NULL),
    click_value_known = click_value_known + (NEW.click_value_micros IS NOT NULL) - (OLD.click_value_micros IS NOT NULL),
    view_value_known = view_value_known + (NEW.view_value_micros IS NOT NULL) - (OLD.view_value_micros IS NOT NULL),
    reported_conversion_known = reported_conversion_known + (NEW.reported_conversion_micros IS NOT NULL) - (OLD.reported_conversion_micros IS NOT NULL),
    reported_value_known = reported_value_known + (NEW.reported_value_micros IS NOT NULL) - (OLD.reported_value_micros IS NOT NULL),
    engaged_value_known = engaged_value_known + (NEW.engaged_value_micros IS NOT NULL) - (OLD.engaged_value_micros IS NOT NULL),
    click_1d_conversion_known = click_1d_conversion_known + (NEW.click_1d_conversion_micros IS NOT NULL) - (OLD.click_1d_conversion_micros IS NOT NULL),
    click_1d_value_known = click_1d_value_known + (NEW.click_1d_value_micros IS NOT NULL) - (OLD.click_1d_value_micros IS NOT NULL),
    click_28d_conversion_known = click_28d_conversion_known + (NEW.click_28d_conversion_micros IS NOT NULL) - (OLD.click_28d_conversion_micros IS NOT NULL),
    click_28d_value_known = click_28d_value_known + (NEW.click_28d_value_micros IS NOT NULL) - (OLD.click_28d_value_micros IS NOT NULL),
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
    engaged_value_micros = engaged_value_micros + COALESCE(NEW.engaged_value_micros, 0) - COALESCE(OLD.engaged_value_micros, 0),
    click_1d_conversion_micros = click_1d_conversion_micros + COALESCE(NEW.click_1d_conversion_micros, 0) - COALESCE(OLD.click_1d_conversion_micros, 0),
    click_1d_value_micros = click_1d_value_micros + COALESCE(NEW.click_1d_value_micros, 0) - COALESCE(OLD.click_1d_value_micros, 0),
    click_28d_conversion_micros = click_28d_conversion_micros + COALESCE(NEW.click_28d_conversion_micros, 0) - COALESCE(OLD.click_28d_conversion_micros, 0),
    click_28d_value_micros = click_28d_value_micros + COALESCE(NEW.click_28d_value_micros, 0) - COALESCE(OLD.click_28d_value_micros, 0),
    measured_spend_micros = measured_spend_micros + IIF(NEW.click_value_micros IS NULL, 0, NEW.spend_micros) - IIF(OLD.click_value_micros IS NULL, 0, OLD.spend_micros),
    video_known = video_known + (NEW.video_views IS NOT NULL) - (OLD.video_views IS NOT NULL),
    click_conversion_known = click_conversion_known + (NEW.click_conversion_micros IS NOT NULL) - (OLD.click_conversion_micros IS NOT NULL),
    view_conversion_known = view_conversion_known + (NEW.view_conversion_micros IS NOT NULL) - (OLD.view_conversion_micros IS NOT NULL),
    engaged_conversion_known = engaged_conversion_known + (NEW.engaged_conversion_micros IS NOT NULL) - (OLD.engaged_conversion_micros IS NOT NULL),
    click_value_known = click_value_known + (NEW.click_value_micros IS NOT NULL) - (OLD.click_value_micros IS NOT NULL),
    view_value_known = view_value_known + (NEW.view_value_micros IS NOT NULL) - (OLD.view_value_micros IS NOT NULL),
    reported_conversion_known = reported_conversion_known + (NEW.reported_conversion_micros IS NOT NULL) - (OLD.reported_conversion_micros IS NOT NULL),
    reported_value_known = reported_value_known + (NEW.reported_value_micros IS NOT NULL) - (OLD.reported_value_micros IS NOT NULL),
    engaged_value_known = engaged_value_known + (NEW.engaged_value_micros IS NOT NULL) - (OLD.engaged_value_micros IS NOT NULL),
    click_1d_conversion_known = click_1d_conversion_known + (NEW.click_1d_conversion_micros IS NOT NULL) - (OLD.click_1d_conversion_micros IS NOT NULL),
    click_1d_value_known = click_1d_value_known + (NEW.click_1d_value_micros IS NOT NULL) - (OLD.click_1d_value_micros IS NOT NULL),
    click_28d_conversion_known = click_28d_conversion_known + (NEW.click_28d_conversion_micros IS NOT NULL) - (OLD.click_28d_conversion_micros IS NOT NULL),
    click_28d_value_known = click_28d_value_known + (NEW.click_28d_value_micros IS NOT NULL) - (OLD.click_28d_value_micros IS NOT NULL),
    window_known = window_known + (NEW.click_window_days IS NOT NULL) - (OLD.click_window_days IS NOT NULL),
    window_days = window_days + COALESCE(NEW.click_window_days, 0) - COALESCE(OLD.click_window_days, 0),
    window_squares = window_squares + COALESCE(NEW.click_window_days * NEW.click_window_days, 0) - COALESCE(OLD.click_window_days * OLD.click_window_days, 0),
    window_approximated = window_approximated + (NEW.window_source IS 'approximated') - (OLD.window_source IS 'approximated'),
    window_requested = window_requested + (NEW.window_source IS 'requested') - (OLD.window_source IS 'requested')
  WHERE (account_key, level) = (SELECT e.account_key, e.type FROM entity e WHERE e.entity_key = OLD.entity_key) AND day = OLD.day;
END;

CREATE TRIGGER metric_fact_removed AFTER DELETE ON metric_fact WHEN NOT EXISTS (SELECT 1 FROM rollup_pause) BEGIN
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
    engaged_value_micros = engaged_value_micros - COALESCE(OLD.engaged_value_micros, 0),
    click_1d_conversion_micros = click_1d_conversion_micros - COALESCE(OLD.click_1d_conversion_micros, 0),
    click_1d_value_micros = click_1d_value_micros - COALESCE(OLD.click_1d_value_micros, 0),
    click_28d_conversion_micros = click_28d_conversion_micros - COALESCE(OLD.click_28d_conversion_micros, 0),
    click_28d_value_micros = click_28d_value_micros - COALESCE(OLD.click_28d_value_micros, 0),
    measured_spend_micros = measured_spend_micros - IIF(OLD.click_value_micros IS NULL, 0, OLD.spend_micros),
    video_known = video_known - (OLD.video_views IS NOT NULL),
    click_conversion_known = click_conversion_known - (OLD.click_conversion_micros IS NOT NULL),
    view_conversion_known = view_conversion_known - (OLD.view_conversion_micros IS NOT NULL),
    engaged_conversion_known = engaged_conversion_known - (OLD.engaged_conversion_micros IS NOT NULL),
    click_value_known = click_value_known - (OLD.click_value_micros IS NOT NULL),
    view_value_known = view_value_known - (OLD.view_value_micros IS NOT NULL),
    reported_conversion_known = reported_conversion_known - (OLD.reported_conversion_micros IS NOT NULL),
    reported_value_known = reported_value_known - (OLD.reported_value_micros IS NOT NULL),
    engaged_value_known = engaged_value_known - (OLD.engaged_value_micros IS NOT NULL),
    click_1d_conversion_known = click_1d_conversion_known - (OLD.click_1d_conversion_micros IS NOT NULL),
    click_1d_value_known = click_1d_value_known - (OLD.click_1d_value_micros IS NOT NULL),
    click_28d_conversion_known = click_28d_conversion_known - (OLD.click_28d_conversion_micros IS NOT NULL),
    click_28d_value_known = click_28d_value_known - (OLD.click_28d_value_micros IS NOT NULL),
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
    engaged_value_micros = engaged_value_micros - COALESCE(OLD.engaged_value_micros, 0),
    click_1d_conversion_micros = click_1d_conversion_micros - COALESCE(OLD.click_1d_conversion_micros, 0),
    click_1d_value_micros = click_1d_value_micros - COALESCE(OLD.click_1d_value_micros, 0),
    click_28d_conversion_micros = click_28d_conversion_micros - COALESCE(OLD.click_28d_conversion_micros, 0),
    click_28d_value_micros = click_28d_value_micros - COALESCE(OLD.click_28d_value_micros, 0),
    measured_spend_micros = measured_spend_micros - IIF(OLD.click_value_micros IS NULL, 0, OLD.spend_micros),
    video_known = video_known - (OLD.video_views IS NOT NULL),
    click_conversion_known = click_conversion_known - (OLD.click_conversion_micros IS NOT NULL),
    view_conversion_known = view_conversion_known - (OLD.view_conversion_micros IS NOT NULL),
    engaged_conversion_known = engaged_conversion_known - (OLD.engaged_conversion_micros IS NOT NULL),
    click_value_known = click_value_known - (OLD.click_value_micros IS NOT NULL),
    view_value_known = view_value_known - (OLD.view_value_micros IS NOT NULL),
    reported_conversion_known = reported_conversion_known - (OLD.reported_conversion_micros IS NOT NULL),
    reported_value_known = reported_value_known - (OLD.reported_value_micros IS NOT NULL),
    engaged_value_known = engaged_value_known - (OLD.engaged_value_micros IS NOT NULL),
    click_1d_conversion_known = click_1d_conversion_known - (OLD.click_1d_conversion_micros IS NOT NULL),
    click_1d_value_known = click_1d_value_known - (OLD.click_1d_value_micros IS NOT NULL),
    click_28d_conversion_known = click_28d_conversion_known - (OLD.click_28d_conversion_micros IS NOT NULL),
    click_28d_value_known = click_28d_value_known - (OLD.click_28d_value_micros IS NOT NULL),
    window_known = window_known - (OLD.click_window_days IS NOT NULL),
    window_days = window_days - COALESCE(OLD.click_window_days, 0),
    window_squares = window_squares - COALESCE(OLD.click_window_days * OLD.click_window_days, 0),
    window_approximated = window_approximated - (OLD.window_source IS 'approximated'),
    window_requested = window_requested - (OLD.window_source IS 'requested')
  WHERE (account_key, level) = (SELECT e.account_key, e.type FROM entity e WHERE e.entity_key = OLD.entity_key) AND day = OLD.day;
END;

-- How old a day was when it was first seen over: days between it and that fetch. What changed before that age nobody saw.
ALTER TABLE fetched_day ADD COLUMN first_over_age_days INTEGER;
-- Of days held from before only the moment is known, in UTC. Somewhere it is already a day later: an age that is rather too high is safe,
-- because what changed up to it is counted as seen.
UPDATE fetched_day SET first_over_age_days = s.age
FROM (
  SELECT e.account_key, e.type, f.day, MIN(f.first_seen_at_ms) / 86400000 - f.day + 1 AS age
  FROM metric_fact f JOIN entity e ON e.entity_key = f.entity_key
  WHERE f.first_seen_at_ms IS NOT NULL
  GROUP BY e.account_key, e.type, f.day
) s
WHERE fetched_day.was_over = 1
  AND s.account_key = fetched_day.account_key AND s.type = fetched_day.level AND s.day = fetched_day.day;
