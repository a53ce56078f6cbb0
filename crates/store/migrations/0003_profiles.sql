-- What sends customer profiles to Zendesk users (profile-send.md).
--
-- Columns called opaque hold JSON that the engine writes and reads; nothing here looks into them.

-- ============================================================ what is set up

-- Zendesk accounts that profiles are sent to. `number` names the destination in `ledger`, whose rows
-- are many. `account` is the subdomain, `environment` is sandbox or production. `admin_only` and
-- `allow_restricted` say who may send to it. `settings` is opaque.
CREATE TABLE destination (
  id TEXT PRIMARY KEY,
  number BIGINT NOT NULL UNIQUE,
  name TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  credential_id TEXT NOT NULL REFERENCES credential (id),
  url TEXT NOT NULL,
  account TEXT NOT NULL,
  environment TEXT NOT NULL,
  admin_only BIGINT NOT NULL DEFAULT 0,
  allow_restricted BIGINT NOT NULL DEFAULT 0,
  settings TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- What is sent: `kind` is file, object (in an object store), sql or contacts. `source` is opaque: where
-- it is and how it is read. `columns` is opaque too: what the last preview or activation saw. Only one
-- that is `active` feeds orchestrations; the others are drafts.
CREATE TABLE query (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  kind TEXT NOT NULL,
  credential_id TEXT REFERENCES credential (id),
  source TEXT NOT NULL,
  columns TEXT,
  active BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- From which query to which destination, how and when. `number` names it in `ledger`. `settings` is
-- opaque: mapping, rules, guards, alerts. `mode` is manual, cron (with `cron` and `time_zone`) or after
-- (`after_id` has completed). `last_fingerprint` is the hex hash of the source that the last completed
-- workflow read, for those that run only if it changed.
CREATE TABLE orchestration (
  id TEXT PRIMARY KEY,
  number BIGINT NOT NULL UNIQUE,
  name TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  query_id TEXT NOT NULL REFERENCES query (id),
  destination_id TEXT NOT NULL REFERENCES destination (id),
  settings TEXT NOT NULL,
  mode TEXT NOT NULL,
  cron TEXT,
  time_zone TEXT,
  after_id TEXT REFERENCES orchestration (id),
  only_if_changed BIGINT NOT NULL DEFAULT 0,
  active BIGINT NOT NULL DEFAULT 0,
  next_run_at BIGINT,
  last_fingerprint TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX orchestration_due ON orchestration (next_run_at) WHERE active = 1;

-- ============================================================ what runs

-- Executions of a send, a dry run or a test send (`kind`: send, dry_run, test). `number` names it in
-- `ledger`. `state` is waiting, running, failed, stopped or completed; `task` is read, check, compare,
-- send or confirm. `source` and `settings` are what was set up when it was asked for; they, `tasks`,
-- `counts`, `approved` (guards that a person let it pass once) and `result` are opaque. A failed one says
-- its `trouble` as a word and as a `sentence`; `waits` is the sentence while Zendesk makes it wait.
CREATE TABLE workflow (
  id TEXT PRIMARY KEY,
  number BIGINT NOT NULL UNIQUE,
  orchestration_id TEXT REFERENCES orchestration (id) ON DELETE SET NULL,
  destination_id TEXT NOT NULL REFERENCES destination (id),
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  source TEXT NOT NULL,
  settings TEXT NOT NULL,
  state TEXT NOT NULL,
  task TEXT NOT NULL,
  tasks TEXT NOT NULL,
  counts TEXT NOT NULL,
  trouble TEXT,
  sentence TEXT,
  waits TEXT,
  approved TEXT,
  stop_asked BIGINT NOT NULL DEFAULT 0,
  requested_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  ended_at BIGINT,
  result TEXT
);
CREATE INDEX workflow_destination ON workflow (destination_id, state);
CREATE INDEX workflow_orchestration ON workflow (orchestration_id);
CREATE INDEX workflow_created ON workflow (created_at);

-- Rows of a workflow that a person has to see: rejected, failed, in conflict, skipped, or shown by a dry
-- run. `row` counts the rows of the source, `line` is where the row stands in it. `state` is one of the
-- nine states of a row; `code`, `field` and `sentence` say why. `other_id` is the second Zendesk user of
-- a conflict, `choice` what a person decided about it, `cells` a JSON list of the original cells.
CREATE TABLE workflow_row (
  workflow_id TEXT NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
  row BIGINT NOT NULL,
  line BIGINT NOT NULL,
  state TEXT NOT NULL,
  code TEXT,
  field TEXT,
  sentence TEXT,
  key TEXT,
  zendesk_id BIGINT,
  other_id BIGINT,
  choice TEXT,
  cells TEXT,
  PRIMARY KEY (workflow_id, row)
);
CREATE INDEX workflow_row_state ON workflow_row (workflow_id, state, row);

-- Per destination and customer what Zendesk confirmed last: it makes sends incremental. The key is the
-- hash of the customer's key in two halves, `body` the hash of what was confirmed, `state` its outcome;
-- both are null while nothing ever was. `failed` is the hash of what Zendesk refused last and `failure`
-- its class. `workflow` is the number of the one that wrote the row last, `source` that of the
-- orchestration the customer comes from, 0 for none. `extra` is opaque: our tags, our fields. (Neither
-- the destination nor the workflow is a foreign key: checking them costs too much here, and
-- destinations.rs deletes the rows of one. The end of the statement is for SQLite alone, whose comments
-- end at the first mark while PostgreSQL counts them: rows lie in the order of their keys, so that a scan
-- need not jump for each. PostgreSQL reads none of it.)
CREATE TABLE ledger (
  destination BIGINT NOT NULL,
  key_a BIGINT NOT NULL,
  key_b BIGINT NOT NULL,
  body_a BIGINT,
  body_b BIGINT,
  state TEXT,
  failed_a BIGINT,
  failed_b BIGINT,
  failure TEXT,
  workflow BIGINT NOT NULL,
  source BIGINT NOT NULL,
  zendesk_id BIGINT,
  key_kind TEXT NOT NULL,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  extra TEXT,
  confirmed_at BIGINT,
  PRIMARY KEY (destination, key_a, key_b)
) /* /* */ WITHOUT ROWID -- */
;
CREATE INDEX ledger_failed ON ledger (destination, workflow) WHERE failure IS NOT NULL;

-- Batches of a workflow that are on their way: written before they are posted, and taken out in the
-- transaction that writes their outcome into `ledger`. `kind` is users (a bulk job), single (one call a
-- user), leave or delete. `job_id` is Zendesk's, once known. `again` is 1 if its outcome was unknown once
-- and it was sent again. `rows` is opaque.
CREATE TABLE send_batch (
  id TEXT PRIMARY KEY,
  workflow_id TEXT NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  job_id TEXT,
  posted_at BIGINT,
  tries BIGINT NOT NULL DEFAULT 0,
  again BIGINT NOT NULL DEFAULT 0,
  rows TEXT NOT NULL
);
CREATE INDEX send_batch_workflow ON send_batch (workflow_id);

-- What people are told of workflows. `mailed` is opaque: what went out by mail and webhook.
CREATE TABLE alert (
  id TEXT PRIMARY KEY,
  workflow_id TEXT REFERENCES workflow (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  sentence TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT,
  mailed TEXT
);
CREATE INDEX alert_seen ON alert (seen_at, created_at);
CREATE INDEX alert_workflow ON alert (workflow_id);
