package org.tandemdb.it.fuzz;

import java.util.List;

/** Settings that change what later statements mean, and some that may not be changed. */
final class SessionSetting implements Kind {
  @Override
  public List<Step> make(Scene scene) {
    return List.of(
        new Step(
            "set",
            scene
                .dice()
                .pick(
                    "SET TIME ZONE 'Asia/Tokyo'",
                    "SET TIME ZONE 'America/St_Johns'",
                    "SET LOCAL TIME ZONE '-03'",
                    "RESET timezone",
                    "SET search_path = public, pg_catalog",
                    "SET search_path = pg_catalog, public",
                    "SET DateStyle = 'SQL, DMY'",
                    "SET IntervalStyle = 'sql_standard'",
                    "SET extra_float_digits = -3",
                    "SET bytea_output = 'escape'",
                    "SET session_replication_role = replica",
                    "SET work_mem = '4MB'",
                    "SET enable_seqscan = off",
                    "SET standard_conforming_strings = off")));
  }
}
