-- Secrets that somebody outside enters, and the audit log as a page that is leafed through (profile-send.md 1,
-- security-and-operations.md 1).

-- Links on which the administrator of another system enters a secret once, so that who asked for it never
-- sees it. Only the hash of what opens a link is kept: who reads the table cannot use one. `kind` is the
-- type that is asked for; `url` is the Zendesk account on which it is tried, if that is known.
CREATE TABLE credential_request (
  id TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  kind TEXT NOT NULL,
  url TEXT,
  requested_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

-- The ids of entries begin with their time, so these lead through each filter newest first.
CREATE INDEX audit_log_actor ON audit_log (actor, id);
CREATE INDEX audit_log_action ON audit_log (action, id);
CREATE INDEX audit_log_subject ON audit_log (subject, id);
