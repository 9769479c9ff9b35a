CREATE GROUP staff

ALTER GROUP staff ADD USER karl, john

ALTER GROUP staff DROP USER karl

ALTER GROUP staff RENAME TO workers

DROP GROUP workers
