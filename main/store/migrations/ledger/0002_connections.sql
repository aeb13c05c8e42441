CREATE TABLE setting (
  key        TEXT PRIMARY KEY,
  value_json TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One set of credentials for one platform. Its accounts are in facts.db, found by reading.
CREATE TABLE connection (
  connection_id TEXT PRIMARY KEY,
  platform      TEXT NOT NULL CHECK (platform IN ('google_ads', 'meta', 'tiktok')),
  is_sandbox    INTEGER NOT NULL CHECK (is_sandbox IN (0, 1)),
  state         TEXT NOT NULL CHECK (state IN ('ok', 'needs_reconnect', 'removed')),
  state_detail  TEXT,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;

-- Sealed by the vault on top of the file's encryption.
CREATE TABLE platform_token (
  connection_id TEXT PRIMARY KEY REFERENCES connection (connection_id),
  sealed        BLOB NOT NULL
) STRICT;

-- AI clients. The token itself is shown once and only its hash is kept.
CREATE TABLE mcp_client (
  client_id       TEXT PRIMARY KEY,
  name            TEXT NOT NULL,
  token_hash      BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  scopes_json     TEXT NOT NULL,
  created_at_ms   INTEGER NOT NULL,
  expires_at_ms   INTEGER NOT NULL,
  last_used_at_ms INTEGER,
  last_client_info TEXT,
  revoked_at_ms   INTEGER
) STRICT;
