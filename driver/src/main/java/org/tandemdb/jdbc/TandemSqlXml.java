package org.tandemdb.jdbc;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.sql.SQLXML;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.stream.FactoryConfigurationError;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.transform.Result;
import javax.xml.transform.Source;
import javax.xml.transform.TransformerConfigurationException;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMResult;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.sax.SAXResult;
import javax.xml.transform.sax.SAXSource;
import javax.xml.transform.sax.SAXTransformerFactory;
import javax.xml.transform.sax.TransformerHandler;
import javax.xml.transform.stax.StAXResult;
import javax.xml.transform.stax.StAXSource;
import javax.xml.transform.stream.StreamResult;
import javax.xml.transform.stream.StreamSource;
import org.jspecify.annotations.Nullable;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * XML as text in memory, from a result or from a client. It is written once; what is read from it
 * is parsed without external entities and DOCTYPE, as the vendor's driver does. Not thread-safe.
 */
final class TandemSqlXml implements SQLXML {
  private @Nullable String text;
  private @Nullable Written written;
  private boolean started;
  private boolean freed;

  /** For a client to fill. */
  TandemSqlXml() {}

  /** From a result. */
  TandemSqlXml(@Nullable String text) {
    this.text = text;
    this.started = true;
  }

  private void checkFree() throws SQLException {
    if (freed) {
      throw new SQLException("This SQLXML object has already been freed.", "55000");
    }
  }

  private void begin() throws SQLException {
    checkFree();
    if (started) {
      throw new SQLException(
          "This SQLXML object has already been initialized, so you cannot manipulate it further.",
          "55000");
    }
    started = true;
  }

  private @Nullable String text() throws SQLException {
    checkFree();
    if (!started) {
      throw new SQLException(
          "This SQLXML object has not been initialized, so you cannot retrieve data from it.",
          "55000");
    }
    Written writer = written;
    return writer == null ? text : writer.text();
  }

  @Override
  public void free() {
    freed = true;
    text = null;
    written = null;
  }

  @Override
  public @Nullable String getString() throws SQLException {
    return text();
  }

  @Override
  public @Nullable InputStream getBinaryStream() throws SQLException {
    String now = text();
    return now == null ? null : new ByteArrayInputStream(now.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public @Nullable Reader getCharacterStream() throws SQLException {
    String now = text();
    return now == null ? null : new StringReader(now);
  }

  @Override
  public void setString(String value) throws SQLException {
    begin();
    text = value;
  }

  @Override
  public OutputStream setBinaryStream() throws SQLException {
    begin();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    written = () -> out.toString(StandardCharsets.UTF_8);
    return out;
  }

  @Override
  public Writer setCharacterStream() throws SQLException {
    begin();
    StringWriter out = new StringWriter();
    written = out::toString;
    return out;
  }

  @Override
  @SuppressWarnings("NullAway") // JDBC: null for SQL's NULL
  public <T extends Source> T getSource(@Nullable Class<T> sourceClass) throws SQLException {
    String now = text();
    if (now == null) {
      return null;
    }
    Class<?> wanted = sourceClass == null ? DOMSource.class : sourceClass;
    try {
      Source source;
      if (wanted == DOMSource.class) {
        source = new DOMSource(builders().newDocumentBuilder().parse(input(now)));
      } else if (wanted == SAXSource.class) {
        var reader = javax.xml.parsers.SAXParserFactory.newInstance();
        reader.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
        reader.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        reader.setNamespaceAware(true);
        source = new SAXSource(reader.newSAXParser().getXMLReader(), input(now));
      } else if (wanted == StreamSource.class) {
        source = new StreamSource(new StringReader(now));
      } else if (wanted == StAXSource.class) {
        XMLInputFactory factory = XMLInputFactory.newInstance();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        source = new StAXSource(factory.createXMLStreamReader(new StringReader(now)));
      } else {
        throw Refusals.invalid("Unknown XML Source class: " + wanted);
      }
      @SuppressWarnings("unchecked")
      T answer = (T) source;
      return answer;
    } catch (ParserConfigurationException
        | SAXException
        | java.io.IOException
        | XMLStreamException e) {
      throw new SQLException("Unable to decode xml data.", "22000", e);
    }
  }

  private static InputSource input(String text) {
    return new InputSource(new StringReader(text));
  }

  private static DocumentBuilderFactory builders() throws ParserConfigurationException {
    DocumentBuilderFactory builders = DocumentBuilderFactory.newInstance();
    builders.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
    builders.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    builders.setNamespaceAware(true);
    return builders;
  }

  @Override
  public <T extends Result> T setResult(@Nullable Class<T> resultClass) throws SQLException {
    Class<?> wanted = resultClass == null ? StreamResult.class : resultClass;
    Result result;
    if (wanted == StreamResult.class) {
      result = new StreamResult(setCharacterStream());
    } else if (wanted == StAXResult.class) {
      try {
        result =
            new StAXResult(
                XMLOutputFactory.newInstance().createXMLStreamWriter(setCharacterStream()));
      } catch (XMLStreamException | FactoryConfigurationError e) {
        throw new SQLException("Unable to create StAXResult for SQLXML", "55000", e);
      }
    } else if (wanted == DOMResult.class) {
      begin();
      DOMResult dom = new DOMResult();
      written = () -> serialized(dom);
      result = dom;
    } else if (wanted == SAXResult.class) {
      try {
        SAXTransformerFactory factory = (SAXTransformerFactory) SAXTransformerFactory.newInstance();
        TransformerHandler handler = factory.newTransformerHandler();
        handler.setResult(new StreamResult(setCharacterStream()));
        result = new SAXResult(handler);
      } catch (TransformerConfigurationException e) {
        throw new SQLException("Unable to create SAXResult for SQLXML.", "55000", e);
      }
    } else {
      throw Refusals.invalid("Unknown XML Result class: " + wanted);
    }
    @SuppressWarnings("unchecked")
    T answer = (T) result;
    return answer;
  }

  private static String serialized(DOMResult dom) throws SQLException {
    try {
      StringWriter out = new StringWriter();
      TransformerFactory factory = TransformerFactory.newInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.newTransformer().transform(new DOMSource(dom.getNode()), new StreamResult(out));
      return out.toString();
    } catch (TransformerException e) {
      throw new SQLException("Unable to convert DOMResult SQLXML data to a string.", "22000", e);
    }
  }

  /** What a client has written by now. */
  private interface Written {
    String text() throws SQLException;
  }
}
