-- Checks that people ask for: of the installation, of an integration or of a destination. They look and tell;
-- what they may change is said before they are asked for.

-- A check. `kind` is `installation`, `verify`, `dry_run` or `live`; `subject` is the id of what it is of, '' for
-- the installation. `names_account` is whether a report may name the account. `actor` asked for it. `stage` says
-- what it is at. `result` is what it found, as JSON; `problem` is why it could not be seen through. A dry run's
-- result quotes customers' data, so it goes after a day and with a ticket that is erased.
CREATE TABLE asked_check (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  integration_id TEXT REFERENCES integration (id) ON DELETE CASCADE,
  destination_id TEXT REFERENCES destination (id) ON DELETE CASCADE,
  names_account BIGINT NOT NULL DEFAULT 0,
  actor TEXT NOT NULL,
  stop_asked BIGINT NOT NULL DEFAULT 0,
  stage TEXT,
  problem TEXT,
  result TEXT,
  asked_at BIGINT NOT NULL,
  began_at BIGINT,
  ended_at BIGINT
);
CREATE UNIQUE INDEX asked_check_open ON asked_check (kind, subject) WHERE ended_at IS NULL;
CREATE INDEX asked_check_integration ON asked_check (integration_id, id);
CREATE INDEX asked_check_destination ON asked_check (destination_id, id);
