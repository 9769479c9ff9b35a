package org.tandemdb.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PgLexerTest {
  private static List<String> lex(String sql, boolean questions) throws SqlSyntaxException {
    Tokens tokens = PgLexer.lex(sql, questions);
    List<String> out = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      out.add(tokens.kind(i) + ":" + sql.substring(tokens.start(i), tokens.end(i)));
    }
    return out;
  }

  private static List<String> lex(String sql) throws SqlSyntaxException {
    return lex(sql, false);
  }

  @Test
  void stringsOfEveryKindAreOneToken() throws SqlSyntaxException {
    assertThat(lex("'a''b' E'c\\'d' U&'\\0061' B'01' x'1F' n'z' $$e'f$$ $t$g$$h$t$"))
        .containsExactly(
            "STRING:'a''b'",
            "STRING:E'c\\'d'",
            "STRING:U&'\\0061'",
            "STRING:B'01'",
            "STRING:x'1F'",
            "STRING:n'z'",
            "STRING:$$e'f$$",
            "STRING:$t$g$$h$t$");
    assertThat(lex("'a' \n 'b'")).containsExactly("STRING:'a' \n 'b'");
    assertThat(lex("'a\\' 'b'")).containsExactly("STRING:'a\\'", "STRING:'b'");
  }

  @Test
  void commentsNestAndAreSkipped() throws SqlSyntaxException {
    assertThat(lex("1/* a /* ' */ b */2 -- ' ;\n3"))
        .containsExactly("NUMBER:1", "NUMBER:2", "NUMBER:3");
  }

  @Test
  void questionMarksAreParametersOnlyForJdbc() throws SqlSyntaxException {
    assertThat(lex("j ? $1")).containsExactly("WORD:j", "OPERATOR:?", "PARAMETER:$1");
    assertThat(lex("j ??| ? '?'", true))
        .containsExactly("WORD:j", "OPERATOR:??|", "PARAMETER:?", "STRING:'?'");
    assertThat(PgLexer.lex("j ??| ?", true).text(1)).isEqualTo("?|");
  }

  @Test
  void operatorsEndAsTheServerEndsThem() throws SqlSyntaxException {
    assertThat(lex("a<-1")).containsExactly("WORD:a", "OPERATOR:<", "OPERATOR:-", "NUMBER:1");
    assertThat(lex("a*-1")).containsExactly("WORD:a", "OPERATOR:*", "OPERATOR:-", "NUMBER:1");
    assertThat(lex("a@-1")).containsExactly("WORD:a", "OPERATOR:@-", "NUMBER:1");
    assertThat(lex("a->>'b'::text"))
        .containsExactly("WORD:a", "OPERATOR:->>", "STRING:'b'", "PUNCTUATION:::", "WORD:text");
    assertThat(lex("a+--b\n1")).containsExactly("WORD:a", "OPERATOR:+", "NUMBER:1");
  }

  @Test
  void wordsAreLowerCaseAndQuotedOnesAsWritten() throws SqlSyntaxException {
    Tokens tokens = PgLexer.lex("SeLeCT \"A\"\"b\" ÄB a$1", false);

    assertThat(tokens.text(0)).isEqualTo("select");
    assertThat(tokens.text(1)).isEqualTo("A\"b");
    assertThat(tokens.text(2)).isEqualTo("Äb");
    assertThat(tokens.text(3)).isEqualTo("a$1");
  }

  @Test
  void statementsEndAtSemicolonsOutsideOfBrackets() throws SqlSyntaxException {
    List<Tokens> statements = PgLexer.lex(" a ';' ; ; (b ; c) ; $$;$$ -- ;\n;", false).statements();

    assertThat(statements.stream().map(Tokens::sql)).containsExactly("a ';'", "(b ; c)", "$$;$$");
  }

  @Test
  void malformedTextIsRefusedWithItsPlace() {
    assertThatThrownBy(() -> lex("a 'b")).hasMessageContaining("character 3");
    assertThatThrownBy(() -> lex("a \"b")).hasMessageContaining("character 3");
    assertThatThrownBy(() -> lex("/* /* */")).hasMessageContaining("character 1");
    assertThatThrownBy(() -> lex("$a$ $b$")).hasMessageContaining("character 1");
    assertThatThrownBy(() -> lex("1a")).hasMessageContaining("junk");
    assertThatThrownBy(() -> lex("\"\"")).hasMessageContaining("empty");
    assertThatThrownBy(() -> lex("a \\ b")).hasMessageContaining("character 3");
    assertThatThrownBy(() -> lex("$1 ?", true)).hasMessageContaining("there is no parameter $1");
  }

  @Test
  void theFingerprintForgetsValuesAndNothingElse() throws SqlSyntaxException {
    String one = PgLexer.lex("SELECT 'a', 1 FROM \"T\" -- x", false).fingerprint();

    assertThat(PgLexer.lex("select  'bcd',27 from \"T\"", false).fingerprint()).isEqualTo(one);
    assertThat(PgLexer.lex("select 'a', 1 from t", false).fingerprint()).isNotEqualTo(one);
    assertThat(PgLexer.lex("select 'a', $1 from \"T\"", false).fingerprint()).isNotEqualTo(one);
  }
}
