-- What people look cases, contacts and accounts up by, and the views of the list that they keep. Every
-- list page reads a short run of one of these indexes, however many rows there are.

-- Words of the subjects of cases, each packed into a number that keeps the order of the letters (see
-- words.rs), so that the beginning of a word is a range in every database, whatever its collation. Words
-- that a subject has no more may stay: what is found is checked against the subject itself.
CREATE TABLE case_word (
  word BIGINT NOT NULL,
  number BIGINT NOT NULL,
  PRIMARY KEY (word, number)
);

-- The same for the names and emails of contacts and the names of accounts; `kind` is which of the two.
CREATE TABLE record_word (
  kind TEXT NOT NULL,
  word BIGINT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (kind, word, id)
);

-- Whose words are not kept yet: records that are older than the tables above, those with a number or id
-- below `below`, of the kind `shelf`. `serve` keeps them in small steps, and the row goes with the last one.
CREATE TABLE word_backlog (
  shelf TEXT PRIMARY KEY,
  below TEXT NOT NULL
);
INSERT INTO word_backlog (shelf, below)
  SELECT 'case', CAST(newest + 1 AS TEXT) FROM (SELECT MAX(number) AS newest FROM crm_case) AS known WHERE newest IS NOT NULL;
-- Behind the newest id stands whatever begins with it and goes on.
INSERT INTO word_backlog (shelf, below)
  SELECT 'contact', newest || 'z' FROM (SELECT MAX(id) AS newest FROM crm_contact) AS known WHERE newest IS NOT NULL;
INSERT INTO word_backlog (shelf, below)
  SELECT 'account', newest || 'z' FROM (SELECT MAX(id) AS newest FROM crm_account) AS known WHERE newest IS NOT NULL;

-- Views of the list of cases: a name for what its filters say, `query` as an address has it. A shared one
-- is shown to everybody.
CREATE TABLE saved_view (
  id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL REFERENCES crm_user (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  shared BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  UNIQUE (owner_id, name)
);
CREATE INDEX saved_view_shared ON saved_view (name) WHERE shared = 1;

-- Most cases are closed and of normal priority: those need no index of their own, they are found by number.
CREATE INDEX crm_case_status ON crm_case (status, number) WHERE status <> 'closed';
CREATE INDEX crm_case_priority ON crm_case (priority, number) WHERE priority <> 'normal';
CREATE INDEX crm_case_assigned ON crm_case (assigned_to, number);
CREATE INDEX crm_case_assigned_open ON crm_case (assigned_to, status, number) WHERE status <> 'closed';
CREATE INDEX crm_case_contact ON crm_case (contact_id, number) WHERE contact_id IS NOT NULL;
CREATE INDEX crm_contact_account ON crm_contact (account_id, id) WHERE account_id IS NOT NULL;
CREATE INDEX conflict_open ON conflict (at, id) WHERE restored_at IS NULL;
CREATE INDEX attachment_parked ON attachment (created_at, id) WHERE state = 'parked';
