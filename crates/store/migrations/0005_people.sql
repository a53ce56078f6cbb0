-- Who works with the pages, and what they may do (profile-send.md 5, security-and-operations.md 1).

-- Whether somebody sees personal data only masked.
ALTER TABLE crm_user ADD COLUMN restrict_pii BIGINT NOT NULL DEFAULT 0;

-- A login is listed and ended by its id, which opens nothing. Who is signed in signs in once more.
DROP TABLE session;

-- Open logins. Only the hash of the token is kept: who reads the table cannot log in with it. `agent` is
-- what the browser said it is.
CREATE TABLE session (
  token_hash TEXT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES crm_user (id) ON DELETE CASCADE,
  agent TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX session_of_user ON session (user_id);
