package org.tandemdb.it.fuzz;

import java.util.List;

/** A kind of statements. */
interface Kind {
  /** The statements, which belong together; empty if the schema has nothing for them. */
  List<Step> make(Scene scene);
}
