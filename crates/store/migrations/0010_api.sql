-- How programs call the REST API (security-and-operations.md 1, *API tokens*).

-- Tokens of the API. Only the hash of a token is kept; `hint` is its last four characters, so that a
-- person can tell which one they hold. `scopes` are words with blanks between them. What a token may do
-- is what its user's role allows and its scopes name.
CREATE TABLE api_token (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES crm_user (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  hint TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX api_token_user ON api_token (user_id, created_at);

-- Keys under which creations were asked for, so that the same creation asked for twice makes one record.
-- `request_hash` tells the same request from another one under the same key. `record_id` is the id that the
-- record gets, chosen before it is made: whether it was made is seen by looking for it.
CREATE TABLE idempotency_key (
  user_id TEXT NOT NULL REFERENCES crm_user (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  record_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, name)
);
CREATE INDEX idempotency_key_created ON idempotency_key (created_at);
