package org.tandemdb.proxy.front;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tandemdb.entry.TypeRef;

/** Names of the types that clients declare by number: those that every server numbers alike. */
final class TypeOids {
  static final int BOOL = 16;
  static final int NAME = 19;
  static final int INT8 = 20;
  static final int INT2 = 21;
  static final int INT4 = 23;
  static final int TEXT = 25;
  static final int OID = 26;
  static final int JSON = 114;
  static final int XML = 142;
  static final int UNKNOWN = 705;
  static final int BPCHAR = 1042;
  static final int VARCHAR = 1043;

  private static final Map<Integer, TypeRef> NAMES =
      Map.ofEntries(
          name(BOOL, "bool"),
          name(17, "bytea"),
          name(NAME, "name"),
          name(INT8, "int8"),
          name(INT2, "int2"),
          name(INT4, "int4"),
          name(TEXT, "text"),
          name(OID, "oid"),
          name(JSON, "json"),
          name(XML, "xml"),
          name(199, "_json"),
          name(600, "point"),
          name(601, "lseg"),
          name(602, "path"),
          name(603, "box"),
          name(604, "polygon"),
          name(628, "line"),
          name(650, "cidr"),
          name(700, "float4"),
          name(701, "float8"),
          name(UNKNOWN, "unknown"),
          name(718, "circle"),
          name(774, "macaddr8"),
          name(790, "money"),
          name(829, "macaddr"),
          name(869, "inet"),
          name(1000, "_bool"),
          name(1001, "_bytea"),
          name(1003, "_name"),
          name(1005, "_int2"),
          name(1007, "_int4"),
          name(1009, "_text"),
          name(1014, "_bpchar"),
          name(1015, "_varchar"),
          name(1016, "_int8"),
          name(1021, "_float4"),
          name(1022, "_float8"),
          name(1028, "_oid"),
          name(BPCHAR, "bpchar"),
          name(VARCHAR, "varchar"),
          name(1082, "date"),
          name(1083, "time"),
          name(1114, "timestamp"),
          name(1115, "_timestamp"),
          name(1182, "_date"),
          name(1183, "_time"),
          name(1184, "timestamptz"),
          name(1185, "_timestamptz"),
          name(1186, "interval"),
          name(1187, "_interval"),
          name(1231, "_numeric"),
          name(1266, "timetz"),
          name(1560, "bit"),
          name(1562, "varbit"),
          name(1700, "numeric"),
          name(2950, "uuid"),
          name(2951, "_uuid"),
          name(3614, "tsvector"),
          name(3615, "tsquery"),
          name(3802, "jsonb"),
          name(3807, "_jsonb"),
          name(3904, "int4range"),
          name(3906, "numrange"),
          name(3908, "tsrange"),
          name(3910, "tstzrange"),
          name(3912, "daterange"),
          name(3926, "int8range"),
          name(4072, "jsonpath"));

  private TypeOids() {}

  private static Map.Entry<Integer, TypeRef> name(int oid, String name) {
    return Map.entry(oid, new TypeRef(name));
  }

  /** True of a type that has the same number everywhere, and of none (0). */
  static boolean isKnown(int oid) {
    return oid == 0 || NAMES.containsKey(oid);
  }

  /** {@link TypeRef#UNSPECIFIED} of one that is not known, or not declared. */
  static TypeRef type(int oid) {
    return NAMES.getOrDefault(oid, TypeRef.UNSPECIFIED);
  }

  static List<TypeRef> types(int[] oids) {
    List<TypeRef> types = new ArrayList<>(oids.length);
    for (int oid : oids) {
      types.add(type(oid));
    }
    return types;
  }
}
