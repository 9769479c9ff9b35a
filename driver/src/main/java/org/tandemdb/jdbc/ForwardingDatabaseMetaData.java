package org.tandemdb.jdbc;

import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.RowIdLifetime;
import java.sql.SQLException;

/** Mechanical delegation; what has behaviour is in {@link TandemDatabaseMetaData}. */
abstract class ForwardingDatabaseMetaData implements DatabaseMetaData {

  /** A question to the vendor's metadata. */
  interface Question<T> {
    T ask(DatabaseMetaData metaData) throws SQLException;
  }

  /** Asks on a link of the session. */
  abstract <T> T value(Question<T> question) throws SQLException;

  /** As {@link #value}, with the rows wrapped. */
  abstract ResultSet rows(Question<ResultSet> question) throws SQLException;

  @Override
  public boolean allProceduresAreCallable() throws SQLException {
    return value(m -> m.allProceduresAreCallable());
  }

  @Override
  public boolean allTablesAreSelectable() throws SQLException {
    return value(m -> m.allTablesAreSelectable());
  }

  @Override
  public boolean autoCommitFailureClosesAllResultSets() throws SQLException {
    return value(m -> m.autoCommitFailureClosesAllResultSets());
  }

  @Override
  public boolean dataDefinitionCausesTransactionCommit() throws SQLException {
    return value(m -> m.dataDefinitionCausesTransactionCommit());
  }

  @Override
  public boolean dataDefinitionIgnoredInTransactions() throws SQLException {
    return value(m -> m.dataDefinitionIgnoredInTransactions());
  }

  @Override
  public boolean doesMaxRowSizeIncludeBlobs() throws SQLException {
    return value(m -> m.doesMaxRowSizeIncludeBlobs());
  }

  @Override
  public boolean generatedKeyAlwaysReturned() throws SQLException {
    return value(m -> m.generatedKeyAlwaysReturned());
  }

  @Override
  public ResultSet getAttributes(
      String catalog, String schemaPattern, String typeNamePattern, String attributeNamePattern)
      throws SQLException {
    return rows(
        m -> m.getAttributes(catalog, schemaPattern, typeNamePattern, attributeNamePattern));
  }

  @Override
  public ResultSet getBestRowIdentifier(
      String catalog, String schema, String table, int scope, boolean nullable)
      throws SQLException {
    return rows(m -> m.getBestRowIdentifier(catalog, schema, table, scope, nullable));
  }

  @Override
  public String getCatalogSeparator() throws SQLException {
    return value(m -> m.getCatalogSeparator());
  }

  @Override
  public String getCatalogTerm() throws SQLException {
    return value(m -> m.getCatalogTerm());
  }

  @Override
  public ResultSet getCatalogs() throws SQLException {
    return rows(m -> m.getCatalogs());
  }

  @Override
  public ResultSet getClientInfoProperties() throws SQLException {
    return rows(m -> m.getClientInfoProperties());
  }

  @Override
  public ResultSet getColumnPrivileges(
      String catalog, String schema, String table, String columnNamePattern) throws SQLException {
    return rows(m -> m.getColumnPrivileges(catalog, schema, table, columnNamePattern));
  }

  @Override
  public ResultSet getColumns(
      String catalog, String schemaPattern, String tableNamePattern, String columnNamePattern)
      throws SQLException {
    return rows(m -> m.getColumns(catalog, schemaPattern, tableNamePattern, columnNamePattern));
  }

  @Override
  public ResultSet getCrossReference(
      String parentCatalog,
      String parentSchema,
      String parentTable,
      String foreignCatalog,
      String foreignSchema,
      String foreignTable)
      throws SQLException {
    return rows(
        m ->
            m.getCrossReference(
                parentCatalog,
                parentSchema,
                parentTable,
                foreignCatalog,
                foreignSchema,
                foreignTable));
  }

  @Override
  public int getDatabaseMajorVersion() throws SQLException {
    return value(m -> m.getDatabaseMajorVersion());
  }

  @Override
  public int getDatabaseMinorVersion() throws SQLException {
    return value(m -> m.getDatabaseMinorVersion());
  }

  @Override
  public String getDatabaseProductName() throws SQLException {
    return value(m -> m.getDatabaseProductName());
  }

  @Override
  public String getDatabaseProductVersion() throws SQLException {
    return value(m -> m.getDatabaseProductVersion());
  }

  @Override
  public int getDefaultTransactionIsolation() throws SQLException {
    return value(m -> m.getDefaultTransactionIsolation());
  }

  @Override
  public ResultSet getExportedKeys(String catalog, String schema, String table)
      throws SQLException {
    return rows(m -> m.getExportedKeys(catalog, schema, table));
  }

  @Override
  public String getExtraNameCharacters() throws SQLException {
    return value(m -> m.getExtraNameCharacters());
  }

  @Override
  public ResultSet getFunctionColumns(
      String catalog, String schemaPattern, String functionNamePattern, String columnNamePattern)
      throws SQLException {
    return rows(
        m -> m.getFunctionColumns(catalog, schemaPattern, functionNamePattern, columnNamePattern));
  }

  @Override
  public ResultSet getFunctions(String catalog, String schemaPattern, String functionNamePattern)
      throws SQLException {
    return rows(m -> m.getFunctions(catalog, schemaPattern, functionNamePattern));
  }

  @Override
  public String getIdentifierQuoteString() throws SQLException {
    return value(m -> m.getIdentifierQuoteString());
  }

  @Override
  public ResultSet getImportedKeys(String catalog, String schema, String table)
      throws SQLException {
    return rows(m -> m.getImportedKeys(catalog, schema, table));
  }

  @Override
  public ResultSet getIndexInfo(
      String catalog, String schema, String table, boolean unique, boolean approximate)
      throws SQLException {
    return rows(m -> m.getIndexInfo(catalog, schema, table, unique, approximate));
  }

  @Override
  public int getMaxBinaryLiteralLength() throws SQLException {
    return value(m -> m.getMaxBinaryLiteralLength());
  }

  @Override
  public int getMaxCatalogNameLength() throws SQLException {
    return value(m -> m.getMaxCatalogNameLength());
  }

  @Override
  public int getMaxCharLiteralLength() throws SQLException {
    return value(m -> m.getMaxCharLiteralLength());
  }

  @Override
  public int getMaxColumnNameLength() throws SQLException {
    return value(m -> m.getMaxColumnNameLength());
  }

  @Override
  public int getMaxColumnsInGroupBy() throws SQLException {
    return value(m -> m.getMaxColumnsInGroupBy());
  }

  @Override
  public int getMaxColumnsInIndex() throws SQLException {
    return value(m -> m.getMaxColumnsInIndex());
  }

  @Override
  public int getMaxColumnsInOrderBy() throws SQLException {
    return value(m -> m.getMaxColumnsInOrderBy());
  }

  @Override
  public int getMaxColumnsInSelect() throws SQLException {
    return value(m -> m.getMaxColumnsInSelect());
  }

  @Override
  public int getMaxColumnsInTable() throws SQLException {
    return value(m -> m.getMaxColumnsInTable());
  }

  @Override
  public int getMaxConnections() throws SQLException {
    return value(m -> m.getMaxConnections());
  }

  @Override
  public int getMaxCursorNameLength() throws SQLException {
    return value(m -> m.getMaxCursorNameLength());
  }

  @Override
  public int getMaxIndexLength() throws SQLException {
    return value(m -> m.getMaxIndexLength());
  }

  @Override
  public long getMaxLogicalLobSize() throws SQLException {
    return value(m -> m.getMaxLogicalLobSize());
  }

  @Override
  public int getMaxProcedureNameLength() throws SQLException {
    return value(m -> m.getMaxProcedureNameLength());
  }

  @Override
  public int getMaxRowSize() throws SQLException {
    return value(m -> m.getMaxRowSize());
  }

  @Override
  public int getMaxSchemaNameLength() throws SQLException {
    return value(m -> m.getMaxSchemaNameLength());
  }

  @Override
  public int getMaxStatementLength() throws SQLException {
    return value(m -> m.getMaxStatementLength());
  }

  @Override
  public int getMaxStatements() throws SQLException {
    return value(m -> m.getMaxStatements());
  }

  @Override
  public int getMaxTableNameLength() throws SQLException {
    return value(m -> m.getMaxTableNameLength());
  }

  @Override
  public int getMaxTablesInSelect() throws SQLException {
    return value(m -> m.getMaxTablesInSelect());
  }

  @Override
  public int getMaxUserNameLength() throws SQLException {
    return value(m -> m.getMaxUserNameLength());
  }

  @Override
  public String getNumericFunctions() throws SQLException {
    return value(m -> m.getNumericFunctions());
  }

  @Override
  public ResultSet getPrimaryKeys(String catalog, String schema, String table) throws SQLException {
    return rows(m -> m.getPrimaryKeys(catalog, schema, table));
  }

  @Override
  public ResultSet getProcedureColumns(
      String catalog, String schemaPattern, String procedureNamePattern, String columnNamePattern)
      throws SQLException {
    return rows(
        m ->
            m.getProcedureColumns(catalog, schemaPattern, procedureNamePattern, columnNamePattern));
  }

  @Override
  public String getProcedureTerm() throws SQLException {
    return value(m -> m.getProcedureTerm());
  }

  @Override
  public ResultSet getProcedures(String catalog, String schemaPattern, String procedureNamePattern)
      throws SQLException {
    return rows(m -> m.getProcedures(catalog, schemaPattern, procedureNamePattern));
  }

  @Override
  public ResultSet getPseudoColumns(
      String catalog, String schemaPattern, String tableNamePattern, String columnNamePattern)
      throws SQLException {
    return rows(
        m -> m.getPseudoColumns(catalog, schemaPattern, tableNamePattern, columnNamePattern));
  }

  @Override
  public int getResultSetHoldability() throws SQLException {
    return value(m -> m.getResultSetHoldability());
  }

  @Override
  public RowIdLifetime getRowIdLifetime() throws SQLException {
    return value(m -> m.getRowIdLifetime());
  }

  @Override
  public String getSQLKeywords() throws SQLException {
    return value(m -> m.getSQLKeywords());
  }

  @Override
  public int getSQLStateType() throws SQLException {
    return value(m -> m.getSQLStateType());
  }

  @Override
  public String getSchemaTerm() throws SQLException {
    return value(m -> m.getSchemaTerm());
  }

  @Override
  public ResultSet getSchemas() throws SQLException {
    return rows(m -> m.getSchemas());
  }

  @Override
  public ResultSet getSchemas(String catalog, String schemaPattern) throws SQLException {
    return rows(m -> m.getSchemas(catalog, schemaPattern));
  }

  @Override
  public String getSearchStringEscape() throws SQLException {
    return value(m -> m.getSearchStringEscape());
  }

  @Override
  public String getStringFunctions() throws SQLException {
    return value(m -> m.getStringFunctions());
  }

  @Override
  public ResultSet getSuperTables(String catalog, String schemaPattern, String tableNamePattern)
      throws SQLException {
    return rows(m -> m.getSuperTables(catalog, schemaPattern, tableNamePattern));
  }

  @Override
  public ResultSet getSuperTypes(String catalog, String schemaPattern, String typeNamePattern)
      throws SQLException {
    return rows(m -> m.getSuperTypes(catalog, schemaPattern, typeNamePattern));
  }

  @Override
  public String getSystemFunctions() throws SQLException {
    return value(m -> m.getSystemFunctions());
  }

  @Override
  public ResultSet getTablePrivileges(String catalog, String schemaPattern, String tableNamePattern)
      throws SQLException {
    return rows(m -> m.getTablePrivileges(catalog, schemaPattern, tableNamePattern));
  }

  @Override
  public ResultSet getTableTypes() throws SQLException {
    return rows(m -> m.getTableTypes());
  }

  @Override
  public ResultSet getTables(
      String catalog, String schemaPattern, String tableNamePattern, String[] types)
      throws SQLException {
    return rows(m -> m.getTables(catalog, schemaPattern, tableNamePattern, types));
  }

  @Override
  public String getTimeDateFunctions() throws SQLException {
    return value(m -> m.getTimeDateFunctions());
  }

  @Override
  public ResultSet getTypeInfo() throws SQLException {
    return rows(m -> m.getTypeInfo());
  }

  @Override
  public ResultSet getUDTs(
      String catalog, String schemaPattern, String typeNamePattern, int[] types)
      throws SQLException {
    return rows(m -> m.getUDTs(catalog, schemaPattern, typeNamePattern, types));
  }

  @Override
  public String getUserName() throws SQLException {
    return value(m -> m.getUserName());
  }

  @Override
  public ResultSet getVersionColumns(String catalog, String schema, String table)
      throws SQLException {
    return rows(m -> m.getVersionColumns(catalog, schema, table));
  }

  @Override
  public boolean isCatalogAtStart() throws SQLException {
    return value(m -> m.isCatalogAtStart());
  }

  @Override
  public boolean isReadOnly() throws SQLException {
    return value(m -> m.isReadOnly());
  }

  @Override
  public boolean locatorsUpdateCopy() throws SQLException {
    return value(m -> m.locatorsUpdateCopy());
  }

  @Override
  public boolean nullPlusNonNullIsNull() throws SQLException {
    return value(m -> m.nullPlusNonNullIsNull());
  }

  @Override
  public boolean nullsAreSortedAtEnd() throws SQLException {
    return value(m -> m.nullsAreSortedAtEnd());
  }

  @Override
  public boolean nullsAreSortedAtStart() throws SQLException {
    return value(m -> m.nullsAreSortedAtStart());
  }

  @Override
  public boolean nullsAreSortedHigh() throws SQLException {
    return value(m -> m.nullsAreSortedHigh());
  }

  @Override
  public boolean nullsAreSortedLow() throws SQLException {
    return value(m -> m.nullsAreSortedLow());
  }

  @Override
  public boolean othersDeletesAreVisible(int type) throws SQLException {
    return value(m -> m.othersDeletesAreVisible(type));
  }

  @Override
  public boolean othersInsertsAreVisible(int type) throws SQLException {
    return value(m -> m.othersInsertsAreVisible(type));
  }

  @Override
  public boolean othersUpdatesAreVisible(int type) throws SQLException {
    return value(m -> m.othersUpdatesAreVisible(type));
  }

  @Override
  public boolean ownDeletesAreVisible(int type) throws SQLException {
    return value(m -> m.ownDeletesAreVisible(type));
  }

  @Override
  public boolean ownInsertsAreVisible(int type) throws SQLException {
    return value(m -> m.ownInsertsAreVisible(type));
  }

  @Override
  public boolean ownUpdatesAreVisible(int type) throws SQLException {
    return value(m -> m.ownUpdatesAreVisible(type));
  }

  @Override
  public boolean storesLowerCaseIdentifiers() throws SQLException {
    return value(m -> m.storesLowerCaseIdentifiers());
  }

  @Override
  public boolean storesLowerCaseQuotedIdentifiers() throws SQLException {
    return value(m -> m.storesLowerCaseQuotedIdentifiers());
  }

  @Override
  public boolean storesMixedCaseIdentifiers() throws SQLException {
    return value(m -> m.storesMixedCaseIdentifiers());
  }

  @Override
  public boolean storesMixedCaseQuotedIdentifiers() throws SQLException {
    return value(m -> m.storesMixedCaseQuotedIdentifiers());
  }

  @Override
  public boolean storesUpperCaseIdentifiers() throws SQLException {
    return value(m -> m.storesUpperCaseIdentifiers());
  }

  @Override
  public boolean storesUpperCaseQuotedIdentifiers() throws SQLException {
    return value(m -> m.storesUpperCaseQuotedIdentifiers());
  }

  @Override
  public boolean supportsANSI92EntryLevelSQL() throws SQLException {
    return value(m -> m.supportsANSI92EntryLevelSQL());
  }

  @Override
  public boolean supportsANSI92FullSQL() throws SQLException {
    return value(m -> m.supportsANSI92FullSQL());
  }

  @Override
  public boolean supportsANSI92IntermediateSQL() throws SQLException {
    return value(m -> m.supportsANSI92IntermediateSQL());
  }

  @Override
  public boolean supportsAlterTableWithAddColumn() throws SQLException {
    return value(m -> m.supportsAlterTableWithAddColumn());
  }

  @Override
  public boolean supportsAlterTableWithDropColumn() throws SQLException {
    return value(m -> m.supportsAlterTableWithDropColumn());
  }

  @Override
  public boolean supportsBatchUpdates() throws SQLException {
    return value(m -> m.supportsBatchUpdates());
  }

  @Override
  public boolean supportsCatalogsInDataManipulation() throws SQLException {
    return value(m -> m.supportsCatalogsInDataManipulation());
  }

  @Override
  public boolean supportsCatalogsInIndexDefinitions() throws SQLException {
    return value(m -> m.supportsCatalogsInIndexDefinitions());
  }

  @Override
  public boolean supportsCatalogsInPrivilegeDefinitions() throws SQLException {
    return value(m -> m.supportsCatalogsInPrivilegeDefinitions());
  }

  @Override
  public boolean supportsCatalogsInProcedureCalls() throws SQLException {
    return value(m -> m.supportsCatalogsInProcedureCalls());
  }

  @Override
  public boolean supportsCatalogsInTableDefinitions() throws SQLException {
    return value(m -> m.supportsCatalogsInTableDefinitions());
  }

  @Override
  public boolean supportsColumnAliasing() throws SQLException {
    return value(m -> m.supportsColumnAliasing());
  }

  @Override
  public boolean supportsConvert() throws SQLException {
    return value(m -> m.supportsConvert());
  }

  @Override
  public boolean supportsConvert(int fromType, int toType) throws SQLException {
    return value(m -> m.supportsConvert(fromType, toType));
  }

  @Override
  public boolean supportsCoreSQLGrammar() throws SQLException {
    return value(m -> m.supportsCoreSQLGrammar());
  }

  @Override
  public boolean supportsCorrelatedSubqueries() throws SQLException {
    return value(m -> m.supportsCorrelatedSubqueries());
  }

  @Override
  public boolean supportsDataDefinitionAndDataManipulationTransactions() throws SQLException {
    return value(m -> m.supportsDataDefinitionAndDataManipulationTransactions());
  }

  @Override
  public boolean supportsDataManipulationTransactionsOnly() throws SQLException {
    return value(m -> m.supportsDataManipulationTransactionsOnly());
  }

  @Override
  public boolean supportsDifferentTableCorrelationNames() throws SQLException {
    return value(m -> m.supportsDifferentTableCorrelationNames());
  }

  @Override
  public boolean supportsExpressionsInOrderBy() throws SQLException {
    return value(m -> m.supportsExpressionsInOrderBy());
  }

  @Override
  public boolean supportsExtendedSQLGrammar() throws SQLException {
    return value(m -> m.supportsExtendedSQLGrammar());
  }

  @Override
  public boolean supportsFullOuterJoins() throws SQLException {
    return value(m -> m.supportsFullOuterJoins());
  }

  @Override
  public boolean supportsGetGeneratedKeys() throws SQLException {
    return value(m -> m.supportsGetGeneratedKeys());
  }

  @Override
  public boolean supportsGroupBy() throws SQLException {
    return value(m -> m.supportsGroupBy());
  }

  @Override
  public boolean supportsGroupByBeyondSelect() throws SQLException {
    return value(m -> m.supportsGroupByBeyondSelect());
  }

  @Override
  public boolean supportsGroupByUnrelated() throws SQLException {
    return value(m -> m.supportsGroupByUnrelated());
  }

  @Override
  public boolean supportsIntegrityEnhancementFacility() throws SQLException {
    return value(m -> m.supportsIntegrityEnhancementFacility());
  }

  @Override
  public boolean supportsLikeEscapeClause() throws SQLException {
    return value(m -> m.supportsLikeEscapeClause());
  }

  @Override
  public boolean supportsLimitedOuterJoins() throws SQLException {
    return value(m -> m.supportsLimitedOuterJoins());
  }

  @Override
  public boolean supportsMinimumSQLGrammar() throws SQLException {
    return value(m -> m.supportsMinimumSQLGrammar());
  }

  @Override
  public boolean supportsMixedCaseIdentifiers() throws SQLException {
    return value(m -> m.supportsMixedCaseIdentifiers());
  }

  @Override
  public boolean supportsMixedCaseQuotedIdentifiers() throws SQLException {
    return value(m -> m.supportsMixedCaseQuotedIdentifiers());
  }

  @Override
  public boolean supportsMultipleOpenResults() throws SQLException {
    return value(m -> m.supportsMultipleOpenResults());
  }

  @Override
  public boolean supportsMultipleResultSets() throws SQLException {
    return value(m -> m.supportsMultipleResultSets());
  }

  @Override
  public boolean supportsMultipleTransactions() throws SQLException {
    return value(m -> m.supportsMultipleTransactions());
  }

  @Override
  public boolean supportsNamedParameters() throws SQLException {
    return value(m -> m.supportsNamedParameters());
  }

  @Override
  public boolean supportsNonNullableColumns() throws SQLException {
    return value(m -> m.supportsNonNullableColumns());
  }

  @Override
  public boolean supportsOpenCursorsAcrossCommit() throws SQLException {
    return value(m -> m.supportsOpenCursorsAcrossCommit());
  }

  @Override
  public boolean supportsOpenCursorsAcrossRollback() throws SQLException {
    return value(m -> m.supportsOpenCursorsAcrossRollback());
  }

  @Override
  public boolean supportsOpenStatementsAcrossCommit() throws SQLException {
    return value(m -> m.supportsOpenStatementsAcrossCommit());
  }

  @Override
  public boolean supportsOpenStatementsAcrossRollback() throws SQLException {
    return value(m -> m.supportsOpenStatementsAcrossRollback());
  }

  @Override
  public boolean supportsOrderByUnrelated() throws SQLException {
    return value(m -> m.supportsOrderByUnrelated());
  }

  @Override
  public boolean supportsOuterJoins() throws SQLException {
    return value(m -> m.supportsOuterJoins());
  }

  @Override
  public boolean supportsPositionedDelete() throws SQLException {
    return value(m -> m.supportsPositionedDelete());
  }

  @Override
  public boolean supportsPositionedUpdate() throws SQLException {
    return value(m -> m.supportsPositionedUpdate());
  }

  @Override
  public boolean supportsRefCursors() throws SQLException {
    return value(m -> m.supportsRefCursors());
  }

  @Override
  public boolean supportsResultSetHoldability(int holdability) throws SQLException {
    return value(m -> m.supportsResultSetHoldability(holdability));
  }

  @Override
  public boolean supportsResultSetType(int type) throws SQLException {
    return value(m -> m.supportsResultSetType(type));
  }

  @Override
  public boolean supportsSavepoints() throws SQLException {
    return value(m -> m.supportsSavepoints());
  }

  @Override
  public boolean supportsSchemasInDataManipulation() throws SQLException {
    return value(m -> m.supportsSchemasInDataManipulation());
  }

  @Override
  public boolean supportsSchemasInIndexDefinitions() throws SQLException {
    return value(m -> m.supportsSchemasInIndexDefinitions());
  }

  @Override
  public boolean supportsSchemasInPrivilegeDefinitions() throws SQLException {
    return value(m -> m.supportsSchemasInPrivilegeDefinitions());
  }

  @Override
  public boolean supportsSchemasInProcedureCalls() throws SQLException {
    return value(m -> m.supportsSchemasInProcedureCalls());
  }

  @Override
  public boolean supportsSchemasInTableDefinitions() throws SQLException {
    return value(m -> m.supportsSchemasInTableDefinitions());
  }

  @Override
  public boolean supportsSelectForUpdate() throws SQLException {
    return value(m -> m.supportsSelectForUpdate());
  }

  @Override
  public boolean supportsSharding() throws SQLException {
    return value(m -> m.supportsSharding());
  }

  @Override
  public boolean supportsStatementPooling() throws SQLException {
    return value(m -> m.supportsStatementPooling());
  }

  @Override
  public boolean supportsStoredFunctionsUsingCallSyntax() throws SQLException {
    return value(m -> m.supportsStoredFunctionsUsingCallSyntax());
  }

  @Override
  public boolean supportsSubqueriesInComparisons() throws SQLException {
    return value(m -> m.supportsSubqueriesInComparisons());
  }

  @Override
  public boolean supportsSubqueriesInExists() throws SQLException {
    return value(m -> m.supportsSubqueriesInExists());
  }

  @Override
  public boolean supportsSubqueriesInIns() throws SQLException {
    return value(m -> m.supportsSubqueriesInIns());
  }

  @Override
  public boolean supportsSubqueriesInQuantifieds() throws SQLException {
    return value(m -> m.supportsSubqueriesInQuantifieds());
  }

  @Override
  public boolean supportsTableCorrelationNames() throws SQLException {
    return value(m -> m.supportsTableCorrelationNames());
  }

  @Override
  public boolean supportsTransactionIsolationLevel(int level) throws SQLException {
    return value(m -> m.supportsTransactionIsolationLevel(level));
  }

  @Override
  public boolean supportsTransactions() throws SQLException {
    return value(m -> m.supportsTransactions());
  }

  @Override
  public boolean supportsUnion() throws SQLException {
    return value(m -> m.supportsUnion());
  }

  @Override
  public boolean supportsUnionAll() throws SQLException {
    return value(m -> m.supportsUnionAll());
  }

  @Override
  public boolean usesLocalFilePerTable() throws SQLException {
    return value(m -> m.usesLocalFilePerTable());
  }

  @Override
  public boolean usesLocalFiles() throws SQLException {
    return value(m -> m.usesLocalFiles());
  }
}
