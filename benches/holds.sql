-- One seat as the portal takes it (src/scheduling/service/holds.rs), for pgbench: the session, the candidate's lock, what decides
-- eligibility, the free seats, lapsed holds, the candidate's own times, the seat, the event, the job. bench_plan says who takes what.
SELECT nextval('bench_next') AS i \gset
SELECT quote_literal(account_id) AS account, quote_literal(token_hash) || '::bytea' AS hash, quote_literal(center_id) AS center, quote_literal(starts_at) || '::timestamptz' AS starts, quote_literal(starts_at + interval '160 minutes') || '::timestamptz' AS ends, quote_literal(exam_id) AS exam FROM bench_plan WHERE i = :i \gset
SELECT s.id, s.state, a.id, a.candidate_id, a.given_name, a.family_name, e.address, ARRAY(SELECT role FROM account_role r WHERE r.account_id = a.id ORDER BY role) FROM session s JOIN account a ON a.id = s.account_id JOIN account_email e ON e.account_id = a.id AND e.is_primary WHERE s.token_hash = :hash AND s.ended_at IS NULL AND a.disabled_at IS NULL;
BEGIN;
SELECT id FROM account WHERE id = :account FOR UPDATE;
SELECT * FROM exam WHERE id = :exam;
SELECT rules FROM policy_version WHERE starts_at <= now() ORDER BY starts_at DESC, version DESC LIMIT 1;
SELECT passed, taken_at FROM exam_result WHERE account_id = :account AND exam_id = :exam AND state = 'released';
SELECT id, exam_id, starts_at FROM appointment WHERE account_id = :account AND state = 'held' AND hold_expires_at > now();
SELECT weekday, opens, closes FROM opening_hours WHERE center_id = :center;
SELECT on_day, opens, closes FROM opening_exception WHERE center_id = :center;
SELECT s.id FROM seat s WHERE s.active AND s.center_id = :center ORDER BY s.id;
SELECT a.seat_id, lower(a.occupies), upper(a.occupies) FROM appointment a WHERE a.center_id = :center AND a.occupies && tstzrange(:starts, :ends) AND a.state NOT IN ('cancelled', 'expired');
SELECT quote_literal(s.id) AS seat FROM seat s WHERE s.active AND s.center_id = :center AND NOT EXISTS (SELECT FROM appointment a WHERE a.seat_id = s.id AND a.occupies && tstzrange(:starts, :ends) AND a.state NOT IN ('cancelled', 'expired') AND NOT (a.state = 'held' AND a.hold_expires_at <= now())) ORDER BY s.accessible, md5(s.id::text || :account) LIMIT 1 \gset
UPDATE appointment SET state = 'expired', hold_expires_at = NULL, ended_at = now() WHERE id IN (SELECT id FROM appointment WHERE state = 'held' AND hold_expires_at <= now() AND occupies && tstzrange(:starts, :ends) AND (seat_id = :seat OR account_id = :account) FOR UPDATE SKIP LOCKED);
SELECT occupies FROM appointment WHERE account_id = :account AND occupies && tstzrange(:starts, :ends) AND state NOT IN ('cancelled', 'expired');
INSERT INTO appointment (id, reference, account_id, exam_id, language, delivery, center_id, seat_id, time_zone, starts_at, minutes, occupies, state, hold_expires_at, policies, created_at) VALUES (gen_random_uuid(), upper(substr(md5(random()::text), 1, 10)), :account, :exam, 'en', 'center', :center, :seat, 'UTC', :starts, 130, tstzrange(:starts, :ends), 'held', now() + interval '15 minutes', '{}', now()) ON CONFLICT DO NOTHING RETURNING quote_literal(id) AS appointment \gset
INSERT INTO appointment_event (appointment_id, at, kind, actor_id, detail) VALUES (:appointment, now(), 'held', :account, '{}');
WITH added AS (INSERT INTO job (kind, payload, dedup_key, run_at, created_at) VALUES ('scheduling.expire_hold', to_jsonb(:appointment::text), 'bench-' || gen_random_uuid(), now() + interval '15 minutes', now()) ON CONFLICT (dedup_key) DO NOTHING RETURNING id) SELECT pg_notify('job', id::text) FROM added;
COMMIT;
