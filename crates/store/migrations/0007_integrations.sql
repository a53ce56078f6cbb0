-- Accounts that people connect by OAuth (security-and-operations.md 1, *OAuth to Zendesk*), and what the home page counts.

-- A sign-in at Zendesk that somebody has begun and not yet come back from. Only the hash of the state is
-- kept; it belongs to one session, is used once and ends after ten minutes. The verifier is made of the state and
-- of the session's own token, neither of which is kept, so nothing in this table redeems a code.
CREATE TABLE oauth_consent (
  state_hash TEXT PRIMARY KEY,
  session_id TEXT NOT NULL,
  integration_id TEXT NOT NULL REFERENCES integration (id) ON DELETE CASCADE,
  redirect TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX oauth_consent_expires ON oauth_consent (expires_at);

CREATE INDEX workflow_failed ON workflow (created_at) WHERE state = 'failed';
