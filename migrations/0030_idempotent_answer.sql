-- Commands are idempotent by the keys of the rows they write; answers were never kept.
DROP TABLE idempotent_answer;
