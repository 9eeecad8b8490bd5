-- Counts the places given in the lists of revocations: which list is filled now is known without counting credentials.
CREATE SEQUENCE credential_place_seq MINVALUE 0 START 0;
DO $$
BEGIN
    PERFORM setval(
        'credential_place_seq',
        coalesce(max(status_list), 0) * 65536::bigint
            + count(*) FILTER (WHERE status_list = (SELECT max(status_list) FROM credential)),
        false)
    FROM credential;
END $$;
