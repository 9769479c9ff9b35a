package org.tandemdb;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tandemdb.backend.JdbcLink;
import org.tandemdb.backend.ServerError;
import org.tandemdb.catalog.PgCatalogLoader;

/**
 * Holds the packages to the one way their dependencies go. A new edge is a decision: it is made
 * here, in {@link #EDGES}, or not at all.
 */
class ShapeTest {
  private static final String ROOT = "org.tandemdb.";

  /** What each room may enter besides itself. A name stands for its sub-packages too. */
  private static final Map<String, Set<String>> EDGES = new LinkedHashMap<>();

  static {
    EDGES.put("entry", Set.of());
    EDGES.put("env", Set.of());
    EDGES.put("error", Set.of());
    EDGES.put("sql", Set.of());
    EDGES.put("catalog", Set.of("entry", "sql"));
    EDGES.put("plan", Set.of("entry", "catalog", "sql"));
    EDGES.put("listen", Set.of());
    EDGES.put("log", Set.of("entry", "env", "error"));
    EDGES.put("backend", Set.of("entry", "env", "error", "catalog", "sql"));
    EDGES.put("session", Set.of("entry", "error", "plan", "log", "backend"));
    EDGES.put("commit", Set.of("entry", "env", "log", "backend"));
    EDGES.put("apply", Set.of("entry", "env", "log", "backend"));
    EDGES.put("cluster", Set.of("entry", "env", "error", "log", "backend", "commit", "apply"));
    EDGES.put("config", Set.of("entry", "error", "session"));
    EDGES.put(
        "engine",
        Set.of(
            "entry", "env", "error", "catalog", "plan", "log", "backend", "session", "commit",
            "apply", "cluster", "config"));
    EDGES.put("metrics", Set.of("engine", "cluster", "entry"));
  }

  private static final JavaClasses ENGINE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(
              location ->
                  !location.contains("/sql/parser/generated/")
                      && !location.contains("/log/schema/"))
          .importPackages("org.tandemdb");

  @Test
  void everyRoomIsInTheTable() {
    Set<String> found = new TreeSet<>();
    for (JavaClass type : ENGINE) {
      found.add(type.getPackageName().substring(ROOT.length()).split("\\.", 2)[0]);
    }
    assertThat(found).containsExactlyInAnyOrderElementsOf(EDGES.keySet());
  }

  static Stream<Arguments> rooms() {
    return EDGES.entrySet().stream().map(e -> arguments(e.getKey(), e.getValue()));
  }

  @ParameterizedTest
  @MethodSource("rooms")
  void aRoomEntersOnlyThoseBelowIt(String room, Set<String> below) {
    String[] allowed =
        Stream.concat(Stream.of(room), below.stream())
            .map(name -> ROOT + name + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(ROOT + room + "..")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("org.tandemdb..").and(resideOutsideOfPackages(allowed)))
        .check(ENGINE);
  }

  @Test
  void roomsDependOnEachOtherInOneDirection() {
    slices().matching(ROOT + "(*)..").should().beFreeOfCycles().check(ENGINE);
  }

  /** An application that has no Micrometer must not need it. */
  @Test
  void onlyTheBinderKnowsMicrometer() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName(ROOT + "metrics.TandemMetrics")
        .and()
        .haveNameNotMatching(ROOT.replace(".", "\\.") + "metrics\\.TandemMetrics\\$.*")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.micrometer..")
        .check(ENGINE);
  }

  /** Another database brings its own: nobody but who assembles an engine names PostgreSQL's. */
  @Test
  void onlyAssemblyKnowsWhichDatabaseItIs() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + "backend.pg..", ROOT + "engine.pg..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(ROOT + "backend.pg..", ROOT + "engine.pg..")
        .check(ENGINE);
  }

  /**
   * Elsewhere a backend is verbs. {@code JdbcLink} is JDBC's own joint, {@code ServerError} the one
   * place that reads a SQLState, {@code PgCatalogLoader} reads PostgreSQL's catalog.
   */
  @Test
  void jdbcStaysWhereLinksAreMade() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + "backend.pg..", ROOT + "engine.pg..")
        .and(not(belongToAnyOf(JdbcLink.class, ServerError.class, PgCatalogLoader.class)))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.sql..", "javax.sql..")
        .check(ENGINE);
  }

  /** {@code BackendUrl} reads a URL as the driver does, or the two would differ about a server. */
  @Test
  void theVendorsDriverStaysBehindItsLinks() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + "backend.pg..")
        .and()
        .doNotHaveFullyQualifiedName(ROOT + "config.BackendUrl")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.postgresql..")
        .check(ENGINE);
  }

  @Test
  void theEngineKnowsNoNetworkLibraryAndNoWeb() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.netty..", "java.net.http..", "com.sun.net.httpserver..")
        .check(ENGINE);
  }

  /** Calcite's tree stays in the room that parses: what leaves it are facts. */
  @Test
  void theParsersLibraryStaysInItsRoom() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + "sql..", ROOT + "plan..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.calcite..")
        .check(ENGINE);
  }

  /** Two engines in one JVM share nothing that changes. */
  @Test
  void nothingThatChangesIsStatic() {
    fields().that().areStatic().should().beFinal().check(ENGINE);
    fields()
        .that()
        .areStatic()
        .should()
        .notHaveRawType(
            resideInAnyPackage("java.util.concurrent..", "com.github.benmanes.caffeine..")
                .or(assignableTo(Executor.class)))
        .check(ENGINE);
  }

  @Test
  void classesAreFinalOrMeantToBeImplemented() {
    classes()
        .that()
        .areTopLevelClasses()
        .and()
        .areNotInterfaces()
        .and()
        .areNotEnums()
        .should()
        .haveModifier(JavaModifier.FINAL)
        .check(ENGINE);
  }
}
