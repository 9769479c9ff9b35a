CREATE CONVERSION from_latin1 FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8

ALTER CONVERSION from_latin1 RENAME TO latin1_to_unicode

ALTER CONVERSION latin1_to_unicode OWNER TO joe

DROP CONVERSION latin1_to_unicode
