-- What the advertiser brings: exports of the platforms, orders, claims and exchange rates. Orders and files cannot be synced again.

-- One imported file. `storing` until its last row is in place: a start after a crash finishes it from import_row.
CREATE TABLE import_file (
  import_id      TEXT PRIMARY KEY,
  kind           TEXT NOT NULL CHECK (kind IN ('platform_report', 'orders', 'claims', 'rates')),
  platform       TEXT CHECK (platform IN ('google_ads', 'meta', 'tiktok')),
  account_key    INTEGER REFERENCES account (account_key),
  file_name      TEXT NOT NULL,   -- untrusted
  bytes          INTEGER NOT NULL,
  sha256         TEXT NOT NULL,
  state          TEXT NOT NULL CHECK (state IN ('storing', 'done')),
  rows_kept      INTEGER NOT NULL,
  rows_refused   INTEGER NOT NULL,
  rows_new       INTEGER NOT NULL,
  rows_changed   INTEGER NOT NULL,
  rows_same      INTEGER NOT NULL,
  start_day      INTEGER,
  end_day        INTEGER,
  plan_json      TEXT NOT NULL,   -- what was detected and chosen: where the rows go and how they are counted
  imported_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX import_file_by_time ON import_file (imported_at_ms);
CREATE INDEX import_file_by_hash ON import_file (sha256);

-- Rows of a file that is being stored, in the form they will have; gone once it is done.
CREATE TABLE import_row (
  import_id TEXT NOT NULL REFERENCES import_file (import_id) ON DELETE CASCADE,
  k         INTEGER NOT NULL,
  row_json  TEXT NOT NULL,
  PRIMARY KEY (import_id, k)
) STRICT, WITHOUT ROWID;

-- Facts of imported accounts that no file states: they are the sum of what lies below them, and are summed anew when that changes.
CREATE TABLE summed_fact (
  entity_key INTEGER NOT NULL REFERENCES entity (entity_key),
  day        INTEGER NOT NULL,
  PRIMARY KEY (entity_key, day)
) STRICT, WITHOUT ROWID;

-- Every version of an order that any file brought, as it stood there; which one counts is decided when orders are credited.
CREATE TABLE shop_order (
  order_id         TEXT NOT NULL,    -- canonical: NFKC, trimmed, without #, case folded
  row_hash         TEXT NOT NULL,    -- of raw id, times, value, currency and test mark: the same row again is the same
  raw_order_id     TEXT NOT NULL,    -- untrusted
  at_s             INTEGER NOT NULL, -- UTC seconds
  day              INTEGER NOT NULL, -- calendar day of at_s in the shop's zone, days since 1970-01-01
  updated_at_s     INTEGER NOT NULL,
  net_value_micros INTEGER NOT NULL, -- 0: refunded or cancelled
  currency         TEXT NOT NULL,
  is_test          INTEGER NOT NULL CHECK (is_test IN (0, 1)),
  import_id        TEXT NOT NULL,
  PRIMARY KEY (order_id, row_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX shop_order_by_day ON shop_order (day, order_id);

-- Clicks and views before an order, and claims of platforms for it, united over all files.
CREATE TABLE shop_touch (
  order_id   TEXT NOT NULL,
  touch_hash TEXT NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('click', 'view')),
  id_type    TEXT CHECK (id_type IN ('gclid', 'gbraid', 'wbraid', 'fbclid', 'fbc', 'ttclid')),
  click_id   TEXT,
  at_s       INTEGER,                -- NULL: not known when
  utm_source TEXT,
  utm_medium TEXT,
  campaign   TEXT,                   -- untrusted
  ad         TEXT,                   -- untrusted
  claimed_by TEXT CHECK (claimed_by IN ('google_ads', 'meta', 'tiktok')),  -- set on a platform's own claim of this order
  import_id  TEXT NOT NULL,
  PRIMARY KEY (order_id, touch_hash)
) STRICT, WITHOUT ROWID;

-- Units of a currency per euro on a day, times 10^8. Days without a publication have no row.
CREATE TABLE exchange_rate (
  currency    TEXT NOT NULL,
  day         INTEGER NOT NULL,
  per_euro_e8 INTEGER NOT NULL CHECK (per_euro_e8 > 0),
  source      TEXT NOT NULL CHECK (source IN ('starter', 'import')),
  PRIMARY KEY (currency, day)
) STRICT, WITHOUT ROWID;
