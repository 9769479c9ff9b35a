package org.tandemdb.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.beans.IntrospectionException;
import java.beans.Introspector;
import java.beans.PropertyDescriptor;
import java.sql.DriverPropertyInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.tandemdb.config.Setting;
import org.tandemdb.config.SettingType;
import org.tandemdb.config.TandemUrl;

/** What tools and pools are told, and can set, is what is declared in {@link Setting}. */
@SuppressWarnings("NullAway") // a null from the driver fails the test
final class TandemDataSourceTest {
  private static final List<String> NOT_SETTINGS =
      List.of("class", "connection", "logWriter", "loginTimeout", "parentLogger", "url");

  @Test
  void theDataSourceHasAPropertyForEverySettingOfAUrlAndNoOther() throws IntrospectionException {
    assertThat(properties().keySet().stream().filter(name -> !NOT_SETTINGS.contains(name)))
        .containsExactlyInAnyOrderElementsOf(
            TandemUrl.settings().stream().map(Setting::property).toList());
  }

  @Test
  void eachPropertySetsItsSettingAndPasswordsAreNotShown() throws Exception {
    Map<String, PropertyDescriptor> all = properties();
    for (Setting setting : TandemUrl.settings()) {
      TandemDataSource source = new TandemDataSource();
      PropertyDescriptor property = all.get(setting.property());
      property.getWriteMethod().invoke(source, "value of " + setting.key());
      if (setting.type() == SettingType.SECRET) {
        assertThat(property.getReadMethod()).as(setting.key()).isNull();
      } else {
        assertThat(property.getReadMethod().invoke(source)).isEqualTo("value of " + setting.key());
      }
      assertThat(source.given())
          .containsExactly(Map.entry(setting.key(), "value of " + setting.key()));
    }
  }

  private static Map<String, PropertyDescriptor> properties() throws IntrospectionException {
    return Arrays.stream(Introspector.getBeanInfo(TandemDataSource.class).getPropertyDescriptors())
        .collect(Collectors.toMap(PropertyDescriptor::getName, Function.identity()));
  }

  @Test
  void theDriverDescribesWhatAUrlMayHold() {
    String url =
        "jdbc:tandem:[jdbc:postgresql://a/x?user=t]?log=/tmp/l&consistency=eventual&password=hidden";
    Properties given = new Properties();
    given.setProperty("mark_limit", "7s");
    given.setProperty("tandem_password", "hidden");
    Map<String, DriverPropertyInfo> told = told(url, given);
    assertThat(told.keySet())
        .containsExactlyInAnyOrderElementsOf(
            TandemUrl.settings().stream().map(Setting::key).toList());
    assertThat(told.values()).allSatisfy(info -> assertThat(info.description).isNotBlank());
    assertThat(told.values()).noneSatisfy(info -> assertThat(info.value).contains("hidden"));
    assertThat(told.get("log").value).isEqualTo("/tmp/l");
    assertThat(told.get("log").required).isTrue();
    assertThat(told.get("consistency").value).isEqualTo("eventual");
    assertThat(told.get("consistency").choices).contains("strong", "session");
    assertThat(told.get("commit").choices).containsExactly("durable", "applied");
    assertThat(told.get("commit").value).isEqualTo("durable");
    assertThat(told.get("mark_limit").value).isEqualTo("7s");
    assertThat(told.get("user").required).isFalse();
  }

  @Test
  void aUrlThatIsStillBeingTypedIsDescribedToo() {
    assertThat(told("jdbc:tandem:[jdbc:postg", new Properties()).get("log").required).isTrue();
    assertThat(told("jdbc:tandem:config:/x.yaml#shop", new Properties()).get("log").required)
        .isFalse();
    assertThat(new TandemDriver().getPropertyInfo(null, null)).isNotEmpty();
  }

  private static Map<String, DriverPropertyInfo> told(String url, Properties given) {
    return Arrays.stream(new TandemDriver().getPropertyInfo(url, given))
        .collect(Collectors.toMap(info -> info.name, Function.identity()));
  }
}
