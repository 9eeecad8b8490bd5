-- Until its address is proved, an account may be a stranger's: it gets no factors, no phone and no further addresses. So the main address
-- is a proved one wherever there is a proved one; accounts from before that rule are brought to it.
DELETE FROM account_email p WHERE p.is_primary AND p.verified_at IS NULL
    AND EXISTS (SELECT FROM account_email o WHERE o.account_id = p.account_id AND o.verified_at IS NOT NULL);
UPDATE account_email SET is_primary = true, becomes_primary = false WHERE id IN (
    SELECT DISTINCT ON (o.account_id) o.id FROM account_email o
    WHERE o.verified_at IS NOT NULL AND NOT EXISTS (SELECT FROM account_email p WHERE p.account_id = o.account_id AND p.is_primary)
    ORDER BY o.account_id, o.verified_at, o.id);

-- The password is long enough to stand without a second factor (NIST SP 800-63B-4). Nobody can tell from a hash: it is noted when the
-- password is chosen, and for older ones when it is next typed.
ALTER TABLE account ADD COLUMN password_stands_alone boolean NOT NULL DEFAULT false;
