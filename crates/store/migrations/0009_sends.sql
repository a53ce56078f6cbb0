-- What the pages of sends list, newest first: each way of filtering workflows has its index, and so have
-- the alerts of the notifications pane.
CREATE INDEX workflow_state_number ON workflow (state, number);
CREATE INDEX workflow_destination_number ON workflow (destination_id, number);
CREATE INDEX workflow_orchestration_number ON workflow (orchestration_id, number);
CREATE INDEX alert_created ON alert (created_at, id);
