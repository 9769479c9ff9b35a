module app {
  requires java.sql;
  requires org.tandemdb.jdbc;
}
