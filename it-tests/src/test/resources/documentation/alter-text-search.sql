CREATE TEXT SEARCH DICTIONARY my_dict (TEMPLATE = snowball, language = russian, stopwords = russian)

ALTER TEXT SEARCH DICTIONARY my_dict (StopWords = english)

ALTER TEXT SEARCH DICTIONARY my_dict (language = dutch, StopWords)

ALTER TEXT SEARCH DICTIONARY my_dict (dummy)

CREATE TEXT SEARCH CONFIGURATION my_config (COPY = english)

ALTER TEXT SEARCH CONFIGURATION my_config ALTER MAPPING REPLACE english_stem WITH my_dict

ALTER TEXT SEARCH CONFIGURATION my_config ADD MAPPING FOR tag WITH simple

CREATE TEXT SEARCH PARSER my_parser (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype)

ALTER TEXT SEARCH PARSER my_parser RENAME TO your_parser

CREATE TEXT SEARCH TEMPLATE my_template (lexize = dsimple_lexize)

ALTER TEXT SEARCH TEMPLATE my_template RENAME TO your_template

DROP TEXT SEARCH TEMPLATE your_template

DROP TEXT SEARCH PARSER your_parser

DROP TEXT SEARCH CONFIGURATION my_config

DROP TEXT SEARCH DICTIONARY my_dict
