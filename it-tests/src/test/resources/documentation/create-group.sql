CREATE GROUP doc_group

DROP GROUP doc_group
