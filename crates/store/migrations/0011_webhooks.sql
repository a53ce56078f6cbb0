-- What other systems are told of, by signed webhooks that go out (security-and-operations.md 3). The webhooks
-- that come in from Zendesk are in `webhook`, and have nothing to do with these.

-- Endpoints of other systems that are told what happens here. `kinds` are the kinds of event that one wants,
-- as words with blanks between them. `sealed_previous` signs beside `sealed_secret` until `previous_until`.
-- `failures` counts tries in a row that found it unavailable, and none is made before `paused_until`.
-- `problem` is why the last try failed. `gave_up` is set from the first event that was given up to the next
-- that arrived. `off_reason` says why we switched it off ourselves, if we did.
CREATE TABLE outgoing_webhook (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  url TEXT NOT NULL,
  kinds TEXT NOT NULL,
  owner_id TEXT NOT NULL REFERENCES crm_user (id),
  sealed_secret TEXT NOT NULL,
  sealed_previous TEXT,
  previous_until BIGINT,
  active BIGINT NOT NULL,
  off_reason TEXT,
  failures BIGINT NOT NULL DEFAULT 0,
  paused_until BIGINT NOT NULL DEFAULT 0,
  problem TEXT,
  gave_up BIGINT NOT NULL DEFAULT 0,
  delivered_at BIGINT,
  version BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- Events on their way to an endpoint, one row for each event and endpoint, written in the transaction of what
-- they tell about. `id` is the `webhook-id` that every delivery of it carries. `place` orders those of one
-- transaction. `body` is JSON. `tried_since` is from when its tries count: they end three days later.
-- `webhook_id` refers to no row, so that an endpoint can be removed while something happens that it would be
-- told of; what it leaves is swept.
CREATE TABLE outgoing_event (
  id TEXT PRIMARY KEY,
  webhook_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  at BIGINT NOT NULL,
  place BIGINT NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  tried_since BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  status BIGINT,
  problem TEXT,
  ended_at BIGINT
);
CREATE INDEX outgoing_event_waiting ON outgoing_event (webhook_id, at, place, id) WHERE state = 'waiting';
CREATE INDEX outgoing_event_webhook ON outgoing_event (webhook_id, at, id);
CREATE INDEX outgoing_event_ended ON outgoing_event (ended_at) WHERE ended_at IS NOT NULL;
