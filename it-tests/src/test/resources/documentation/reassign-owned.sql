CREATE ROLE doc_old

CREATE ROLE doc_new

CREATE TABLE theirs (id int PRIMARY KEY)

ALTER TABLE theirs OWNER TO doc_old

REASSIGN OWNED BY doc_old TO doc_new

ALTER TABLE theirs OWNER TO CURRENT_USER

DROP ROLE doc_old, doc_new
