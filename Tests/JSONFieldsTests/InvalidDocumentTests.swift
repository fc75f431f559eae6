import JSONFields
import Testing

struct InvalidDocumentTests {
  /// A refused document, and where and why.
  struct Row: Sendable, CustomTestStringConvertible {
    let bytes: [UInt8]
    let error: JSONError

    init(_ text: String, _ kind: JSONError.Kind, at offset: Int) {
      self.init(bytes: Array(text.utf8), kind, at: offset)
    }

    init(bytes: [UInt8], _ kind: JSONError.Kind, at offset: Int) {
      self.bytes = bytes
      error = JSONError(kind, at: offset)
    }

    var testDescription: String { String(decoding: bytes, as: UTF8.self) }
  }

  static let structure: [Row] = [
    Row("", .empty, at: 0), Row(" ", .empty, at: 0), Row("\n\t\r ", .empty, at: 0),
    Row("{}{}", .trailingBytes, at: 2), Row("{} x", .trailingBytes, at: 3),
    Row("1 2", .trailingBytes, at: 2), Row("[]]", .trailingBytes, at: 2),
    Row("{}}", .trailingBytes, at: 2), Row("nullx", .trailingBytes, at: 4),
    Row("{},", .trailingBytes, at: 2), Row("{}\u{0}", .trailingBytes, at: 2),
    Row("\"a\"\"b\"", .trailingBytes, at: 3), Row("{}//", .trailingBytes, at: 2),
    Row("[1,]", .unexpectedByte, at: 3), Row("[,1]", .unexpectedByte, at: 1),
    Row("[,]", .unexpectedByte, at: 1), Row("[1,,2]", .unexpectedByte, at: 3),
    Row("[1 2]", .unexpectedByte, at: 3), Row("[1:2]", .unexpectedByte, at: 2),
    Row("[10,20,]", .unexpectedByte, at: 7), Row("[10,20,,30]", .unexpectedByte, at: 7),
    Row("[10,20, ]", .unexpectedByte, at: 8), Row("[10,20 30]", .unexpectedByte, at: 7),
    Row("[10,20,030]", .invalidNumber, at: 8), Row("[10,20x,30]", .unexpectedByte, at: 6),
    Row("[10,20,}", .unexpectedByte, at: 7), Row("[10, 20:30]", .unexpectedByte, at: 7),
    Row("[1}", .unexpectedByte, at: 2), Row("{]", .unexpectedByte, at: 1),
    Row("{\"a\"]", .unexpectedByte, at: 4), Row("{\"a\":1]", .unexpectedByte, at: 6),
    Row("{\"a\":1,}", .unexpectedByte, at: 7), Row("{,}", .unexpectedByte, at: 1),
    Row("{\"a\":1,,\"b\":2}", .unexpectedByte, at: 7), Row("{\"a\"}", .unexpectedByte, at: 4),
    Row("{\"a\":}", .unexpectedByte, at: 5), Row("{:1}", .unexpectedByte, at: 1),
    Row("{\"a\" 1}", .unexpectedByte, at: 5), Row("{\"a\"::1}", .unexpectedByte, at: 5),
    Row("{\"a\",1}", .unexpectedByte, at: 4), Row("{a:1}", .unexpectedByte, at: 1),
    Row("{'a':1}", .unexpectedByte, at: 1), Row("{1:1}", .unexpectedByte, at: 1),
    Row("{null:1}", .unexpectedByte, at: 1), Row("{[]:1}", .unexpectedByte, at: 1),
    Row("{\"a\":1 \"b\":2}", .unexpectedByte, at: 7), Row("]", .unexpectedByte, at: 0),
    Row("}", .unexpectedByte, at: 0), Row(",", .unexpectedByte, at: 0),
    Row(":", .unexpectedByte, at: 0), Row("'a'", .unexpectedByte, at: 0),
    Row("[{\"a\":1,}]", .unexpectedByte, at: 8), Row("[[1],]", .unexpectedByte, at: 5),
    Row("{\"a\":[1,{\"b\":2]}}", .unexpectedByte, at: 14), Row("/**/{}", .unexpectedByte, at: 0),
    Row("{/**/}", .unexpectedByte, at: 1), Row("[1]a", .trailingBytes, at: 3),
    Row("\u{C}1", .unexpectedByte, at: 0), Row("[\u{B}1]", .unexpectedByte, at: 1),
    Row("[\u{A0}1]", .unexpectedByte, at: 1), Row("\u{0}", .unexpectedByte, at: 0),
    Row("{\"a\u{0}\":1}", .controlCharacter, at: 3), Row("\u{FEFF}{}", .byteOrderMark, at: 0),
    Row(" \u{FEFF}{}", .unexpectedByte, at: 1), Row("{}\u{FEFF}", .trailingBytes, at: 2),
  ]

  static let scalars: [Row] = [
    Row("01", .invalidNumber, at: 1), Row("-01", .invalidNumber, at: 2),
    Row("00", .invalidNumber, at: 1), Row("-", .unexpectedEnd, at: 1),
    Row("[-]", .invalidNumber, at: 2), Row("[--1]", .invalidNumber, at: 2),
    Row("[+1]", .unexpectedByte, at: 1), Row("[.5]", .unexpectedByte, at: 1),
    Row("[1.]", .invalidNumber, at: 3), Row("[-.5]", .invalidNumber, at: 2),
    Row("[1.e1]", .invalidNumber, at: 3), Row("[1e]", .invalidNumber, at: 3),
    Row("[1e+]", .invalidNumber, at: 4), Row("[1e-]", .invalidNumber, at: 4),
    Row("[1ee1]", .invalidNumber, at: 3), Row("[1e1.5]", .unexpectedByte, at: 4),
    Row("[1.2.3]", .unexpectedByte, at: 4), Row("[0x1]", .unexpectedByte, at: 2),
    Row("[1_000]", .unexpectedByte, at: 2), Row("[1a]", .unexpectedByte, at: 2),
    Row("[- 1]", .invalidNumber, at: 2), Row("[0e]", .invalidNumber, at: 3),
    Row("[1 .5]", .unexpectedByte, at: 3), Row("[\u{FF11}]", .unexpectedByte, at: 1),
    Row("NaN", .unexpectedByte, at: 0), Row("Infinity", .unexpectedByte, at: 0),
    Row("[-Infinity]", .invalidNumber, at: 2), Row("[-NaN]", .invalidNumber, at: 2),
    Row("nan", .invalidLiteral, at: 1), Row("inf", .unexpectedByte, at: 0),
    Row("tru", .unexpectedEnd, at: 3), Row("[tru]", .invalidLiteral, at: 4),
    Row("[truE]", .invalidLiteral, at: 4), Row("[True]", .unexpectedByte, at: 1),
    Row("[nul]", .invalidLiteral, at: 4), Row("[NULL]", .unexpectedByte, at: 1),
    Row("[fals]", .invalidLiteral, at: 5), Row("[falsey]", .unexpectedByte, at: 6),
    Row("[undefined]", .unexpectedByte, at: 1), Row("[nulll]", .unexpectedByte, at: 5),
  ]

  static let strings: [Row] = [
    Row("\"", .unexpectedEnd, at: 1), Row("\"abc", .unexpectedEnd, at: 4),
    Row("\"12345678", .unexpectedEnd, at: 9), Row("\"a\\", .unexpectedEnd, at: 3),
    Row("\"\\\"", .unexpectedEnd, at: 3), Row("\"\\x41\"", .invalidEscape, at: 2),
    Row("\"\\a\"", .invalidEscape, at: 2), Row("\"\\'\"", .invalidEscape, at: 2),
    Row("\"\\0\"", .invalidEscape, at: 2), Row("\"\\ \"", .invalidEscape, at: 2),
    Row("\"\\N\"", .invalidEscape, at: 2), Row("\"\\U0041\"", .invalidEscape, at: 2),
    Row("\"\\u\"", .invalidEscape, at: 3), Row("\"\\u0\"", .invalidEscape, at: 4),
    Row("\"\\u00\"", .invalidEscape, at: 5), Row("\"\\u000\"", .invalidEscape, at: 6),
    Row("\"\\u000g\"", .invalidEscape, at: 6), Row("\"\\u+001\"", .invalidEscape, at: 3),
    Row("\"\\u{41}\"", .invalidEscape, at: 3), Row("\"\\u00", .unexpectedEnd, at: 5),
    Row("\"\\ud800\"", .loneSurrogate, at: 1), Row("\"\\udc00\"", .loneSurrogate, at: 1),
    Row("\"\\udfff\"", .loneSurrogate, at: 1), Row("\"\\uDBFFx\"", .loneSurrogate, at: 1),
    Row("\"\\ud800\\ud800\"", .loneSurrogate, at: 1), Row("\"\\ud800\\n\"", .loneSurrogate, at: 1),
    Row("\"\\ud800\\u0041\"", .loneSurrogate, at: 1),
    Row("\"\\udc00\\ud800\"", .loneSurrogate, at: 1),
    Row("\"\\ud800\\u00\"", .invalidEscape, at: 11),
    Row("\"\\ud800\\ue000\"", .loneSurrogate, at: 1),
    Row("\"a\nb\"", .controlCharacter, at: 2), Row("\"a\tb\"", .controlCharacter, at: 2),
    Row("\"\u{1F}\"", .controlCharacter, at: 1), Row("\"12345678\u{1}\"", .controlCharacter, at: 9),
    Row("\"é\u{0}\"", .controlCharacter, at: 3), Row("{\"a\n\":1}", .controlCharacter, at: 3),
  ]

  /// Ill-formed UTF-8 (RFC 3629 section 4), each put into a string.
  static let encodings: [[UInt8]] = [
    [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x20], [0xC2, 0xC2], [0xDF, 0xC0],
    [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xE0, 0xA0], [0xE1, 0x80], [0xE1, 0x80, 0x20],
    [0xE1, 0x20, 0x80], [0xE1, 0x80, 0xC0], [0xED, 0xA0, 0x80], [0xED, 0xAF, 0xBF],
    [0xED, 0xB0, 0x80],
    [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x90, 0x80],
    [0xF0, 0x90, 0x80, 0x20], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
    [0xF7, 0xBF, 0xBF, 0xBF], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80],
    [0xFE], [0xFF], [0xFF, 0xFE], [0xE9], [0xF1, 0x80, 0x80, 0xC0], [0xF3, 0xC0, 0x80, 0x80],
  ]

  @Test(arguments: structure + scalars + strings)
  func `an invalid document is refused with its reason and place`(_ row: Row) {
    #expect(refusal(row.bytes) == row.error)
    #expect(throws: row.error) { try fields(row.bytes).get() }
  }

  @Test(arguments: encodings)
  func `ill-formed UTF-8 is refused wherever it stands in a string`(_ sequence: [UInt8]) {
    for lead in 0..<20 {
      for trail in [0, 1, 2, 3, 9] {
        let body =
          [UInt8(ascii: "\"")] + Array(repeating: UInt8(ascii: "a"), count: lead) + sequence
          + Array(repeating: UInt8(ascii: "b"), count: trail) + [UInt8(ascii: "\"")]
        #expect(refusal(body) == JSONError(.invalidUTF8, at: lead + 1))
      }
    }
  }

  @Test func `every scalar is taken and agrees with the decoder of the standard library`() {
    for lead in UInt8(0x80)...0xFF {
      for second in stride(from: UInt8(0x70), through: 0xD0, by: 1) {
        for tail in [[], [0x80], [0x80, 0x80], [0xBF, 0xBF], [0x41, 0x80]] as [[UInt8]] {
          let sequence = [lead, second] + tail
          let isValid = String(validating: sequence, as: UTF8.self) != nil
          let body = [UInt8(ascii: "\"")] + sequence + [UInt8(ascii: "\"")]
          #expect((refusal(body) == nil) == isValid, "\(sequence)")
        }
      }
    }
  }

  @Test(arguments: ["[]", "1", "\"{}\"", "null", " [{}] ", "true"])
  func `a valid document that is no object is refused after validation`(_ document: String) {
    #expect(throws: JSONError.notAnObject) { try fields(document.utf8).get() }
    #expect(JSONError.notAnObject.message == "The body must be a JSON object.")
  }

  @Test func `a message names the reason and the place without the client's bytes`() {
    #expect(
      refusal("{\"secret\" 1}".utf8)?.message
        == "The body is not valid JSON: an unexpected byte at byte 10.")
    #expect(refusal([])?.message == "The body is empty; a JSON object is required.")
  }
}
