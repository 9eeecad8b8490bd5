-- One seat as the portal takes it (src/scheduling/service/holds.rs), for pgbench: the session, the candidate's lock, what decides
-- eligibility, the free seats, lapsed holds, the candidate's own times, the seat, the event, the job. bench_plan says who takes what.
SELECT nextval('bench_next') AS i \gset
SELECT account_id AS account, encode(token_hash, 'hex') AS hash, center_id AS center, starts_at AS starts, starts_at + interval '160 minutes' AS ends, exam_id AS exam FROM bench_plan WHERE i = :i \gset
SELECT s.id, s.state, a.id, a.candidate_id, a.given_name, a.family_name, e.address, ARRAY(SELECT role FROM account_role r WHERE r.account_id = a.id ORDER BY role) FROM session s JOIN account a ON a.id = s.account_id JOIN account_email e ON e.account_id = a.id AND e.is_primary WHERE s.token_hash = decode(:hash, 'hex') AND s.ended_at IS NULL AND a.disabled_at IS NULL;
BEGIN;
SELECT id FROM account WHERE id = :account::uuid FOR UPDATE;
SELECT * FROM exam WHERE id = :exam::uuid;
SELECT rules FROM policy_version WHERE starts_at <= now() ORDER BY starts_at DESC, version DESC LIMIT 1;
SELECT passed, taken_at FROM exam_result WHERE account_id = :account::uuid AND exam_id = :exam::uuid AND state = 'released';
SELECT id, exam_id, starts_at FROM appointment WHERE account_id = :account::uuid AND state = 'held' AND hold_expires_at > now();
SELECT weekday, opens, closes FROM opening_hours WHERE center_id = :center::uuid;
SELECT on_day, opens, closes FROM opening_exception WHERE center_id = :center::uuid;
SELECT s.id FROM seat s WHERE s.active AND s.center_id = :center::uuid ORDER BY s.id;
SELECT a.seat_id, lower(a.occupies), upper(a.occupies) FROM appointment a WHERE a.center_id = :center::uuid AND a.occupies && tstzrange(:starts::timestamptz, :ends::timestamptz) AND a.state NOT IN ('cancelled', 'expired');
SELECT s.id AS seat FROM seat s WHERE s.active AND s.center_id = :center::uuid AND NOT EXISTS (SELECT FROM appointment a WHERE a.seat_id = s.id AND a.occupies && tstzrange(:starts::timestamptz, :ends::timestamptz) AND a.state NOT IN ('cancelled', 'expired') AND NOT (a.state = 'held' AND a.hold_expires_at <= now())) ORDER BY s.accessible, md5(s.id::text || :account::text) LIMIT 1 \gset
UPDATE appointment SET state = 'expired', hold_expires_at = NULL, ended_at = now() WHERE id IN (SELECT id FROM appointment WHERE state = 'held' AND hold_expires_at <= now() AND occupies && tstzrange(:starts::timestamptz, :ends::timestamptz) AND (seat_id = :seat::uuid OR account_id = :account::uuid) FOR UPDATE SKIP LOCKED);
SELECT occupies FROM appointment WHERE account_id = :account::uuid AND occupies && tstzrange(:starts::timestamptz, :ends::timestamptz) AND state NOT IN ('cancelled', 'expired');
INSERT INTO appointment (id, reference, account_id, exam_id, language, delivery, center_id, seat_id, time_zone, starts_at, minutes, occupies, state, hold_expires_at, policies, created_at) VALUES (gen_random_uuid(), upper(substr(md5(random()::text), 1, 10)), :account::uuid, :exam::uuid, 'en', 'center', :center::uuid, :seat::uuid, 'UTC', :starts::timestamptz, 130, tstzrange(:starts::timestamptz, :ends::timestamptz), 'held', now() + interval '15 minutes', '{}', now()) ON CONFLICT DO NOTHING RETURNING id AS appointment \gset
INSERT INTO appointment_event (appointment_id, at, kind, actor_id, detail) VALUES (:appointment::uuid, now(), 'held', :account::uuid, '{}');
WITH added AS (INSERT INTO job (kind, payload, dedup_key, run_at, created_at) VALUES ('scheduling.expire_hold', to_jsonb(:appointment::text), 'bench-' || gen_random_uuid(), now() + interval '15 minutes', now()) ON CONFLICT (dedup_key) DO NOTHING RETURNING id) SELECT pg_notify('job', id::text) FROM added;
COMMIT;
