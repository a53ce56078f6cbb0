-- What is kept of an integration that was deleted, should its account be connected again
-- (docs/manage-an-integration.md, *Connect the account again*). Its mirror goes (ticket-sync.md 2); what stays
-- says by ids which ticket is which case, and what both sides last agreed on.

-- An integration that was deleted, by its id, and the account it belonged to. `asked_id` is the id under which
-- the one was asked for that took its id over; null while nobody has.
CREATE TABLE former_integration (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  asked_id TEXT,
  deleted_at BIGINT NOT NULL
);
CREATE INDEX former_integration_account ON former_integration (account, deleted_at) WHERE asked_id IS NULL;
CREATE UNIQUE INDEX former_integration_asked ON former_integration (asked_id) WHERE asked_id IS NOT NULL;

-- Which case each of its tickets was: a row of `link`.
CREATE TABLE former_link (
  former_id TEXT NOT NULL REFERENCES former_integration (id) ON DELETE CASCADE,
  remote_id BIGINT NOT NULL,
  case_id TEXT NOT NULL,
  state TEXT NOT NULL,
  agreed TEXT NOT NULL,
  number BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (former_id, remote_id)
);

-- Which case comment each of its comments was: a row of `zendesk_comment` without what was mirrored.
CREATE TABLE former_comment (
  former_id TEXT NOT NULL REFERENCES former_integration (id) ON DELETE CASCADE,
  remote_id BIGINT NOT NULL,
  ticket_remote_id BIGINT NOT NULL,
  case_comment_id TEXT NOT NULL,
  op_id TEXT,
  content BIGINT NOT NULL,
  PRIMARY KEY (former_id, remote_id)
);

-- Which contact each of its users was: a row of `person_link`.
CREATE TABLE former_person (
  former_id TEXT NOT NULL REFERENCES former_integration (id) ON DELETE CASCADE,
  remote_id BIGINT NOT NULL,
  contact_id TEXT NOT NULL,
  agreed TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (former_id, remote_id)
);
