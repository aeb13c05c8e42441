-- How a connection was made, whose credentials it holds (an id or address, never a secret), and what the platform last said of them.
ALTER TABLE connection ADD COLUMN method TEXT NOT NULL DEFAULT 'app'
  CHECK (method IN ('oauth', 'service_account', 'system_user', 'app'));
ALTER TABLE connection ADD COLUMN label TEXT;
ALTER TABLE connection ADD COLUMN health_json TEXT;
