-- refused: past Tandem
ALTER SUBSCRIPTION mysub SET PUBLICATION insert_only

-- refused: past Tandem
ALTER SUBSCRIPTION mysub DISABLE
