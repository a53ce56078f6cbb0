-- The ground: every durable table of ticket-sync.md 1 and reliability.md 4.
--
-- One text for SQLite and PostgreSQL, in the subset both read alike: ids are TEXT, moments are
-- BIGINT microseconds since 1970 UTC, yes/no is BIGINT 0/1, states are words, structures are JSON
-- in TEXT. The comment above each table is its comment in the database too (PostgreSQL's
-- `COMMENT ON TABLE` is made from this file when it is applied).

-- ============================================================ who works here

-- Staff of this company who can log in. The specification calls them users.
CREATE TABLE crm_user (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  password_hash TEXT,
  disabled_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- Open logins. Only the hash of the token is kept: who reads the table cannot log in with it.
CREATE TABLE session (
  token_hash TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES crm_user (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

-- Who changed which setting, when, from what to what. Secrets appear only as "changed".
CREATE TABLE audit_log (
  id TEXT PRIMARY KEY,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX audit_log_at ON audit_log (at);

-- Numbers handed out one after another, such as case numbers.
CREATE TABLE counter (
  name TEXT PRIMARY KEY,
  value BIGINT NOT NULL
);

-- Facts about this installation, such as the sealed check value that tells a wrong key.
CREATE TABLE installation (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- ============================================================ our CRM records

-- Customers' companies.
CREATE TABLE crm_account (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT
);

-- Customers. The primary email and phone stand here, further addresses in crm_contact_email.
CREATE TABLE crm_contact (
  id TEXT PRIMARY KEY,
  prefix TEXT,
  first_name TEXT,
  middle_name TEXT,
  last_name TEXT,
  suffix TEXT,
  email TEXT,
  email_key TEXT,
  phone TEXT,
  account_id TEXT REFERENCES crm_account (id),
  owner_id TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  deleted_at BIGINT
);
CREATE INDEX crm_contact_email_key ON crm_contact (email_key) WHERE email_key IS NOT NULL;

-- Further email addresses of a contact, beside the primary one.
CREATE TABLE crm_contact_email (
  contact_id TEXT NOT NULL REFERENCES crm_contact (id) ON DELETE CASCADE,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  PRIMARY KEY (contact_id, email_key)
);
CREATE INDEX crm_contact_email_by_key ON crm_contact_email (email_key);

-- Cases. `number` is what people say to each other, `id` is what programs keep: it survives a
-- restored backup without naming another case. `version` rises with every change.
CREATE TABLE crm_case (
  id TEXT PRIMARY KEY,
  number BIGINT NOT NULL UNIQUE,
  subject TEXT NOT NULL,
  description TEXT NOT NULL,
  resolution TEXT,
  status TEXT NOT NULL,
  priority TEXT NOT NULL,
  source TEXT NOT NULL,
  assigned_to TEXT,
  contact_id TEXT,
  account_id TEXT,
  owner_id TEXT,
  reported_at BIGINT NOT NULL,
  closed_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  created_by_run TEXT,
  version BIGINT NOT NULL DEFAULT 1,
  deleted_at BIGINT
);

-- What was said on a case, by a contact or by staff. Comments are only ever added; a redaction or
-- a change to private is the one thing that alters them.
CREATE TABLE crm_case_comment (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL,
  message TEXT NOT NULL,
  public BIGINT NOT NULL DEFAULT 0,
  is_description BIGINT NOT NULL DEFAULT 0,
  contact_id TEXT,
  user_id TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX crm_case_comment_case ON crm_case_comment (case_id, created_at);

-- ============================================================ connections

-- Keys to other systems, shared by integrations and destinations. Secrets are sealed (see
-- secrets.rs); the access and refresh tokens of OAuth stand beside them and rotate.
CREATE TABLE credential (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  kind TEXT NOT NULL,
  email TEXT,
  client_id TEXT,
  sealed_secret TEXT,
  sealed_tokens TEXT,
  tokens_expire_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- Connected remote accounts whose tickets and our cases are kept in step.
CREATE TABLE integration (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  url TEXT NOT NULL,
  account TEXT,
  credential_id TEXT NOT NULL REFERENCES credential (id),
  default_email TEXT,
  owner_id TEXT NOT NULL REFERENCES crm_user (id),
  active BIGINT NOT NULL DEFAULT 0,
  two_way BIGINT NOT NULL DEFAULT 0,
  priority TEXT NOT NULL,
  interval_seconds BIGINT NOT NULL,
  contacts TEXT NOT NULL,
  unassigned TEXT NOT NULL,
  email_match TEXT NOT NULL,
  budget_share BIGINT NOT NULL,
  maps TEXT NOT NULL,
  next_run_at BIGINT,
  references_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- ============================================================ the mirror of Zendesk
-- (The large tables name their integration without a foreign key: checking it for every row of a
-- pull costs more than deleting them by name, which integrations.rs does. Keys begin with the
-- remote id: by the integration alone they would find nearly every row, and PostgreSQL, before it
-- has statistics, takes that for the shorter way.)

-- Users as Zendesk last sent them, whole, in `raw`. `content` is a hash of what matters in it: a
-- row that comes again unchanged costs no write.
CREATE TABLE zendesk_user (
  integration_id TEXT NOT NULL,
  remote_id BIGINT NOT NULL,
  name TEXT,
  email TEXT,
  email_key TEXT,
  phone TEXT,
  role TEXT,
  active BIGINT NOT NULL,
  updated_at BIGINT,
  content BIGINT NOT NULL,
  raw TEXT NOT NULL,
  PRIMARY KEY (remote_id, integration_id)
);
CREATE INDEX zendesk_user_email ON zendesk_user (integration_id, email_key) WHERE email_key IS NOT NULL;

-- Which contact a Zendesk user is, and what both sides last agreed on (`agreed`, a JSON of pairs).
CREATE TABLE person_link (
  integration_id TEXT NOT NULL,
  remote_id BIGINT NOT NULL,
  contact_id TEXT NOT NULL,
  agreed TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (remote_id, integration_id)
);
CREATE INDEX person_link_contact ON person_link (contact_id);

-- Tickets as Zendesk last sent them, whole, in `raw`. `state` is alive, closed, deleted or scrubbed.
CREATE TABLE zendesk_ticket (
  integration_id TEXT NOT NULL,
  remote_id BIGINT NOT NULL,
  state TEXT NOT NULL,
  status TEXT,
  kind TEXT,
  priority TEXT,
  recipient TEXT,
  requester_id BIGINT,
  submitter_id BIGINT,
  assignee_id BIGINT,
  problem_id BIGINT,
  followup_source_id BIGINT,
  merged_into BIGINT,
  updated_at BIGINT,
  content BIGINT NOT NULL,
  raw TEXT NOT NULL,
  PRIMARY KEY (remote_id, integration_id)
);
CREATE INDEX zendesk_ticket_followup ON zendesk_ticket (integration_id, followup_source_id) WHERE followup_source_id IS NOT NULL;

-- Comments as Zendesk last sent them, and the case comment each one is: the comment_map of
-- reliability.md 4 is this table's pair of unique keys, remote_id on Zendesk's side and
-- case_comment_id on ours. `case_comment_id` is null only until the comment's ticket has arrived.
CREATE TABLE zendesk_comment (
  integration_id TEXT NOT NULL,
  remote_id BIGINT NOT NULL,
  ticket_remote_id BIGINT NOT NULL,
  author_remote_id BIGINT,
  case_comment_id TEXT UNIQUE,
  op_id TEXT,
  content BIGINT NOT NULL,
  raw TEXT NOT NULL,
  PRIMARY KEY (remote_id, integration_id)
);
CREATE INDEX zendesk_comment_waiting ON zendesk_comment (integration_id, ticket_remote_id) WHERE case_comment_id IS NULL;

-- Lists that tickets refer to: groups, organizations, brands, custom statuses, ticket fields.
CREATE TABLE zendesk_reference (
  integration_id TEXT NOT NULL REFERENCES integration (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  remote_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  content BIGINT NOT NULL,
  raw TEXT NOT NULL,
  PRIMARY KEY (integration_id, kind, remote_id)
);

-- Records that Zendesk sent and that could not be read, whole, with the reason, so that they can be
-- looked into and nothing Zendesk sent is lost. `record_key` is the record's id (`ticket/comment`
-- for one of a ticket's list of comments), or `#` and a hash where it has none. A row goes once its
-- record is read well.
CREATE TABLE unreadable_record (
  integration_id TEXT NOT NULL REFERENCES integration (id) ON DELETE CASCADE,
  stream TEXT NOT NULL,
  record_key TEXT NOT NULL,
  problem TEXT NOT NULL,
  raw TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (integration_id, stream, record_key)
);

-- ============================================================ what joins the sides

-- Which case a ticket is. `agreed` is per mapped field the pair of values both sides last agreed
-- on. `state` is open, or closed once a follow-up took the case over; a case has one open link.
CREATE TABLE link (
  integration_id TEXT NOT NULL,
  remote_id BIGINT NOT NULL,
  case_id TEXT NOT NULL,
  state TEXT NOT NULL,
  agreed TEXT NOT NULL,
  verified_at BIGINT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (remote_id, integration_id)
);
CREATE UNIQUE INDEX link_open_case ON link (case_id) WHERE state = 'open';

-- Tickets whose case waits for a Zendesk user who has not arrived, or whose role nobody knows yet,
-- or (user 0) to be restored. They are merged again once that user is known, or it is.
CREATE TABLE waiting_ticket (
  integration_id TEXT NOT NULL REFERENCES integration (id) ON DELETE CASCADE,
  user_remote_id BIGINT NOT NULL,
  ticket_remote_id BIGINT NOT NULL,
  PRIMARY KEY (integration_id, ticket_remote_id, user_remote_id)
);

-- How far each stream of an integration has been read. Moves only with the rows it covers.
CREATE TABLE stream_cursor (
  integration_id TEXT NOT NULL REFERENCES integration (id) ON DELETE CASCADE,
  stream TEXT NOT NULL,
  value TEXT NOT NULL,
  moved_at BIGINT NOT NULL,
  PRIMARY KEY (integration_id, stream)
);

-- Changes on their way to Zendesk: one line per link, oldest first, claimed with a fencing token.
CREATE TABLE outbox (
  op_id TEXT PRIMARY KEY,
  integration_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  attempts BIGINT NOT NULL DEFAULT 0,
  not_before BIGINT NOT NULL,
  lease_token BIGINT NOT NULL DEFAULT 0,
  lease_until BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  UNIQUE (case_id, seq)
);
CREATE INDEX outbox_open ON outbox (integration_id, not_before) WHERE state IN ('waiting', 'claimed');

-- Hints that came in (webhooks), each id once, so that a replay is refused.
CREATE TABLE inbox (
  source TEXT NOT NULL,
  event_id TEXT NOT NULL,
  integration_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (source, event_id)
);
CREATE INDEX inbox_open ON inbox (integration_id, received_at) WHERE state = 'waiting';

-- What was deleted here and must not come back by itself.
CREATE TABLE tombstone (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  reason TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (kind, id)
);

-- Every field that was changed on both sides: both values, which one won by which rule, and when.
-- It is a field of a case (`remote_id` is its ticket) or of a contact (its Zendesk user).
CREATE TABLE conflict (
  id TEXT PRIMARY KEY,
  integration_id TEXT NOT NULL,
  case_id TEXT,
  contact_id TEXT,
  remote_id BIGINT NOT NULL,
  field TEXT NOT NULL,
  agreed TEXT,
  crm TEXT,
  zendesk TEXT,
  winner TEXT NOT NULL,
  rule TEXT NOT NULL,
  run_id TEXT,
  at BIGINT NOT NULL,
  restored_at BIGINT
);
CREATE INDEX conflict_case ON conflict (case_id, at) WHERE case_id IS NOT NULL;
CREATE INDEX conflict_contact ON conflict (contact_id, at) WHERE contact_id IS NOT NULL;

-- What happened to each case, chained per case: each entry's hash covers the one before it and the
-- hash of its own body, so a body can be purged (privacy) without breaking the chain.
CREATE TABLE history (
  case_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  side TEXT NOT NULL,
  actor TEXT NOT NULL,
  run_id TEXT,
  body TEXT,
  body_hash TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (case_id, seq)
);

-- ============================================================ work

-- Executions of a pull, push or profile send: stage, counters and end state, as people see them.
CREATE TABLE run (
  id TEXT PRIMARY KEY,
  integration_id TEXT NOT NULL REFERENCES integration (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  stage TEXT NOT NULL,
  counters TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  problem TEXT,
  stop_requested BIGINT NOT NULL DEFAULT 0,
  idle BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  ended_at BIGINT
);
CREATE UNIQUE INDEX run_open ON run (integration_id, kind) WHERE state IN ('waiting', 'running');
CREATE INDEX run_integration ON run (integration_id, created_at);

-- What a run has to tell, line by line. Warnings name the record and what to do.
CREATE TABLE run_log (
  run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  level TEXT NOT NULL,
  line TEXT NOT NULL,
  PRIMARY KEY (run_id, seq)
);

-- Work to be done by some worker. A row exists if and only if the transaction that asked for the
-- work committed. `lease_token` rises with every claim: a worker that lost its lease cannot write.
CREATE TABLE job (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  not_before BIGINT NOT NULL,
  lease_holder TEXT,
  lease_token BIGINT NOT NULL DEFAULT 0,
  lease_until BIGINT NOT NULL DEFAULT 0,
  problem TEXT,
  created_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE UNIQUE INDEX job_open ON job (kind, subject) WHERE state IN ('waiting', 'running');
CREATE INDEX job_due ON job (not_before) WHERE state IN ('waiting', 'running');

-- Named locks with an end, for what only one process may do at a time (a token refresh).
CREATE TABLE lease (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  token BIGINT NOT NULL,
  until BIGINT NOT NULL
);

-- What is known of each Zendesk account's limits and what we have spent of them, shared by all
-- processes: one row an account, read and written back in one transaction.
CREATE TABLE budget (
  account TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  updated_at BIGINT NOT NULL
);
