-- Which of its case's tickets a linked one is, from 0. It stands behind the case's id in the ticket's
-- external_id, and cannot be counted here: a database that was put back has forgotten some of them.
ALTER TABLE link ADD COLUMN number BIGINT NOT NULL DEFAULT 0;
UPDATE link SET number = (
  SELECT COUNT(*) FROM link AS former
  WHERE former.case_id = link.case_id AND former.state = 'closed' AND former.remote_id <> link.remote_id
    AND (link.state = 'open' OR former.created_at < link.created_at
      OR (former.created_at = link.created_at AND former.remote_id < link.remote_id))
);
