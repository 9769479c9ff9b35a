package org.tandemdb.jdbc;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What an application can see of the driver, and what the driver may see of the engine. */
class ShapeTest {
  private static final JavaClasses DRIVER =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("/replication/"))
          .withImportOption(location -> !location.contains("tandem-replication"))
          .importPackages("org.tandemdb.jdbc");

  @Test
  void applicationsSeeTheDriverTheDataSourcesCopyAndNotificationsAndNothingElse() {
    classes()
        .that()
        .areTopLevelClasses()
        .and()
        .arePublic()
        .should()
        .be(TandemDriver.class)
        .orShould()
        .be(TandemDataSource.class)
        .orShould()
        .be(TandemConnectionPoolDataSource.class)
        .orShould()
        .be(TandemXADataSource.class)
        .orShould()
        .be(CopyApi.class)
        .orShould()
        .be(NotificationApi.class)
        .check(DRIVER);
    classes().should().resideInAPackage("org.tandemdb.jdbc").check(DRIVER);
  }

  @Test
  void theirMethodsSpeakTheLanguageOfThePlatform() {
    methods()
        .that()
        .arePublic()
        .and()
        .areDeclaredInClassesThat(
            belongToAnyOf(
                TandemDriver.class,
                TandemDataSource.class,
                TandemConnectionPoolDataSource.class,
                TandemXADataSource.class,
                CopyApi.class,
                NotificationApi.class))
        .should()
        .haveRawReturnType(resideOutsideOfPackages("org.tandemdb..", "org.postgresql.."))
        .check(DRIVER);
  }

  /**
   * What is the vendor's is reached through JDBC alone, or another database could not follow.
   * {@code ParameterText} reads the vendor's own parameter class, which an application may pass.
   */
  @Test
  void theDriverKnowsNoVendor() {
    noClasses()
        .that()
        .doNotHaveSimpleName("ParameterText")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("org.postgresql..", "io.netty..", "org.tandemdb.backend.pg.."))
        .check(DRIVER);
  }

  /** One engine per cluster and JVM: {@link EngineRegistry} is the one allowed piece. */
  @Test
  void nothingThatChangesIsStaticButTheRegistry() {
    fields().that().areStatic().should().beFinal().check(DRIVER);
    fields()
        .that()
        .areStatic()
        .should()
        .notHaveRawType(
            resideInAnyPackage("java.util.concurrent..", "com.github.benmanes.caffeine.."))
        .check(DRIVER);
    fields()
        .that()
        .haveRawType(EngineRegistry.class)
        .and()
        .areStatic()
        .should()
        .beDeclaredIn(TandemDriver.class)
        .check(DRIVER);
  }
}
