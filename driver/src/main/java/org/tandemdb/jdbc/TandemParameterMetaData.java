package org.tandemdb.jdbc;

import java.sql.ParameterMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Parameters as the server described them; holds no connection. */
final class TandemParameterMetaData implements ParameterMetaData {
  private final List<Parameter> parameters;

  private record Parameter(
      int type,
      String typeName,
      String className,
      int mode,
      int precision,
      int scale,
      boolean signed,
      int nullable) {}

  private TandemParameterMetaData(List<Parameter> parameters) {
    this.parameters = parameters;
  }

  static TandemParameterMetaData copyOf(ParameterMetaData vendor) throws SQLException {
    List<Parameter> copy = new ArrayList<>();
    for (int i = 1; i <= vendor.getParameterCount(); i++) {
      copy.add(
          new Parameter(
              vendor.getParameterType(i),
              vendor.getParameterTypeName(i),
              vendor.getParameterClassName(i),
              vendor.getParameterMode(i),
              vendor.getPrecision(i),
              vendor.getScale(i),
              vendor.isSigned(i),
              vendor.isNullable(i)));
    }
    return new TandemParameterMetaData(List.copyOf(copy));
  }

  private Parameter at(int index) throws SQLException {
    if (index < 1 || index > parameters.size()) {
      throw Refusals.invalid(
          "The parameter index is out of range: "
              + index
              + ", number of parameters: "
              + parameters.size()
              + ".");
    }
    return parameters.get(index - 1);
  }

  @Override
  public int getParameterCount() {
    return parameters.size();
  }

  @Override
  public int isNullable(int param) throws SQLException {
    return at(param).nullable();
  }

  @Override
  public boolean isSigned(int param) throws SQLException {
    return at(param).signed();
  }

  @Override
  public int getPrecision(int param) throws SQLException {
    return at(param).precision();
  }

  @Override
  public int getScale(int param) throws SQLException {
    return at(param).scale();
  }

  @Override
  public int getParameterType(int param) throws SQLException {
    return at(param).type();
  }

  @Override
  public String getParameterTypeName(int param) throws SQLException {
    return at(param).typeName();
  }

  @Override
  public String getParameterClassName(int param) throws SQLException {
    return at(param).className();
  }

  @Override
  public int getParameterMode(int param) throws SQLException {
    return at(param).mode();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    if (isWrapperFor(type)) {
      return type.cast(this);
    }
    throw Refusals.noUnwrap(type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return type.isInstance(this) && Wrappers.mayBeSeen(type);
  }
}
