-- What two-way sync keeps beside the ground (reliability.md 4 and 5, ticket-sync.md 4 and 5).
--
-- `outbox` and `inbox` are made anew: the ground had them, and nothing ever filled them.

DROP TABLE outbox;
DROP TABLE inbox;

-- ============================================================ on the way to Zendesk

-- What is to be done in Zendesk. A `line` is a case (or a contact) and has its operations in the order
-- of `seq`; `op_id` is the marker Zendesk keeps of what we did. `state` is waiting, claimed, parked,
-- done or discarded; `payload` and `reason` are JSON. `lease_token` rises with every claim: a worker
-- with an older one may write nothing. `unknown_until` is until when a request without an answer may
-- still arrive there. Rows that have ended are kept 30 days, since a marker may turn up late.
CREATE TABLE outbox (
  op_id TEXT PRIMARY KEY,
  integration_id TEXT NOT NULL,
  line TEXT NOT NULL,
  seq BIGINT NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  attempts BIGINT NOT NULL DEFAULT 0,
  not_before BIGINT NOT NULL,
  lease_token BIGINT NOT NULL DEFAULT 0,
  lease_until BIGINT NOT NULL DEFAULT 0,
  lease_holder TEXT,
  created_at BIGINT NOT NULL,
  sent_at BIGINT,
  unknown_until BIGINT,
  requested_by TEXT NOT NULL,
  ended_at BIGINT,
  UNIQUE (line, seq)
);
CREATE UNIQUE INDEX outbox_claimed ON outbox (line) WHERE state = 'claimed';
CREATE UNIQUE INDEX outbox_ticket ON outbox (line) WHERE kind IN ('publish', 'follow_up') AND state IN ('waiting', 'claimed', 'parked');
CREATE INDEX outbox_due ON outbox (kind, not_before) WHERE state IN ('waiting', 'claimed');
CREATE INDEX outbox_open ON outbox (line, kind, seq) WHERE state IN ('waiting', 'claimed');
CREATE INDEX outbox_parked ON outbox (created_at, op_id) WHERE state = 'parked';
CREATE INDEX outbox_ended ON outbox (ended_at) WHERE state IN ('done', 'discarded');
CREATE INDEX outbox_integration ON outbox (integration_id, state);

-- ============================================================ coming in

-- Ids of events that came in (webhooks), each once per integration, so that a replay is refused. Kept
-- 30 days. What is to be looked at because of them stands in `hint`.
CREATE TABLE inbox (
  integration_id TEXT NOT NULL REFERENCES integration (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  event_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (integration_id, source, event_id)
);
CREATE INDEX inbox_received ON inbox (received_at);

-- Records of Zendesk that are to be fetched, since something said they may have changed: one row a
-- record however often it was said. `subject` is `ticket:<id>` or `user:<id>`, `state` is waiting or
-- done. `version` rises with every hint, so that one that comes in while the record is being fetched
-- is not taken for answered.
CREATE TABLE hint (
  integration_id TEXT NOT NULL REFERENCES integration (id) ON DELETE CASCADE,
  subject TEXT NOT NULL,
  state TEXT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  received_at BIGINT NOT NULL,
  not_before BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (integration_id, subject)
);
CREATE INDEX hint_waiting ON hint (not_before) WHERE state = 'waiting';

-- The webhook of an integration: where Zendesk sends its events, and the sealed secret that signs
-- them. While it is exchanged the previous secret is good too, until `previous_until`. `remote_id` is
-- Zendesk's id of it, if we made it there ourselves.
CREATE TABLE webhook (
  integration_id TEXT PRIMARY KEY REFERENCES integration (id) ON DELETE CASCADE,
  remote_id TEXT,
  sealed_secret TEXT NOT NULL,
  sealed_previous TEXT,
  previous_until BIGINT,
  endpoint TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT
);

-- The moment, by Zendesk's clock, at which the state of a ticket that was merged last had been read:
-- of two states of one second the one read later is the newer.
ALTER TABLE zendesk_ticket ADD COLUMN read_at BIGINT;

-- How far the sweep of an integration has come, and what it found, as JSON.
CREATE TABLE sweep (
  integration_id TEXT PRIMARY KEY REFERENCES integration (id) ON DELETE CASCADE,
  state TEXT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- A link that was just made was just compared: it is as good as verified.
CREATE INDEX link_verified ON link (integration_id, (COALESCE(verified_at, created_at)), remote_id) WHERE state = 'open';
CREATE INDEX link_closed_case ON link (case_id) WHERE state = 'closed';

-- ============================================================ files

-- Files of case comments. `state` is remote (Zendesk has it and we have not yet), stored (its bytes
-- are in attachment_chunk), local (they are there and Zendesk has not got it) or parked, with the
-- `problem` as a sentence. `sha256` is over its bytes, in hex. `uploaded_at` is when it was last
-- uploaded to Zendesk, whose token for it lives an hour.
CREATE TABLE attachment (
  id TEXT PRIMARY KEY,
  case_comment_id TEXT NOT NULL,
  integration_id TEXT,
  remote_id BIGINT,
  file_name TEXT NOT NULL,
  content_type TEXT NOT NULL,
  size BIGINT NOT NULL,
  sha256 TEXT,
  state TEXT NOT NULL,
  problem TEXT,
  content_url TEXT,
  uploaded_at BIGINT,
  created_at BIGINT NOT NULL
);
CREATE INDEX attachment_comment ON attachment (case_comment_id);
CREATE UNIQUE INDEX attachment_remote ON attachment (remote_id, integration_id) WHERE remote_id IS NOT NULL;
CREATE INDEX attachment_missing ON attachment (integration_id, created_at) WHERE state = 'remote';

-- The bytes of files, 256 kB a row, in the order of `seq` from 0. (BYTEA is PostgreSQL's word; SQLite
-- keeps bytes as they are in a column of any type it does not know.)
CREATE TABLE attachment_chunk (
  attachment_id TEXT NOT NULL REFERENCES attachment (id) ON DELETE CASCADE,
  seq BIGINT NOT NULL,
  bytes BYTEA NOT NULL,
  PRIMARY KEY (attachment_id, seq)
);

-- ============================================================ what was settled

CREATE INDEX conflict_at ON conflict (at, id);
