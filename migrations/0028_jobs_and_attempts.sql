-- What is owed is never given up: a job is tried until it is done, at most an hour apart. Jobs that were given up before come back.
DROP INDEX job_due_idx;
ALTER TABLE job DROP COLUMN failed_at;
CREATE INDEX job_due_idx ON job (run_at, id) WHERE finished_at IS NULL;

-- How often one candidate may take the exam; NULL: any number of times (a beta exam: as the policy says).
ALTER TABLE exam ADD COLUMN max_attempts int CHECK (max_attempts > 0);
