-- By the candidate first: whoever looks for holds knows whose, and the sweep of lapsed ones reads the few there are. Not on `state = 'held'`:
-- an UPDATE by id that makes sure of that state found the index smaller than the primary key, and read every hold there was.
DROP INDEX appointment_hold_idx;
CREATE INDEX appointment_hold_idx ON appointment (account_id, hold_expires_at) WHERE hold_expires_at IS NOT NULL;
