package org.tandemdb.proxy.front;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.tandemdb.entry.TypeRef;
import org.tandemdb.entry.Value;
import org.tandemdb.plan.Plan;
import org.tandemdb.proxy.front.ParameterValues.Parameter;
import org.tandemdb.proxy.pg.Call;
import org.tandemdb.proxy.pg.Calls;
import org.tandemdb.proxy.pg.Meaning;
import org.tandemdb.proxy.pg.NettyLink;
import org.tandemdb.proxy.pg.Results;

/**
 * Asks the server for the text of parameters that the client has sent in a binary form which is not
 * known here, and for the names of types that are the database's own. In the statement's own
 * transaction, so under the same settings.
 */
final class BinaryTexts {
  private BinaryTexts() {}

  /** True if the log holds a parameter that is not plain. */
  static boolean isNeeded(Plan.Write plan, Statement statement) {
    if (!(plan.template() instanceof Plan.Template.Verbatim verbatim)
        || verbatim.slots().stream().noneMatch(Plan.Slot.Parameter.class::isInstance)) {
      return false;
    }
    return ParameterValues.parameters(statement).stream().anyMatch(p -> !p.isPlain());
  }

  /**
   * All parameters, as the log holds them.
   *
   * @param types as the server has understood them
   */
  static CompletionStage<List<Value>> ask(NettyLink link, Statement statement, int[] types) {
    StringBuilder sql = new StringBuilder("SELECT ");
    for (int i = 0; i < types.length; i++) {
      sql.append(i == 0 ? "" : ", ")
          .append("CAST($")
          .append(i + 1)
          .append(" AS pg_catalog.text), pg_catalog.format_type(")
          .append(types[i])
          .append(", NULL)");
    }
    Call call =
        new Call(
            sql.toString(),
            types,
            false,
            Meaning.NONE,
            statement.parameters(),
            new int[0],
            "",
            0,
            false,
            2 * types.length,
            false);
    List<Value> values = new ArrayList<>();
    List<Parameter> parameters = ParameterValues.parameters(statement);
    Results results =
        new RowsOnly(
            row -> {
              for (int i = 0; i < types.length; i++) {
                boolean declared = parameters.get(i).binary() || parameters.get(i).type() != 0;
                TypeRef type =
                    !declared
                        ? TypeRef.UNSPECIFIED
                        : TypeOids.isKnown(types[i])
                            ? TypeOids.type(types[i])
                            : new TypeRef(String.valueOf(row.get(2 * i + 1)));
                values.add(Value.ofText(type, row.get(2 * i)));
              }
            });
    return Calls.run(link, call, results).thenApply(result -> values);
  }
}
