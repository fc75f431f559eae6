import JSONFields
import Testing
import Vocabulary

struct ValidDocumentTests {
  static let documents: [String] = [
    "{}", "[]", "\"\"", "0", "-0", "1", "-1", "true", "false", "null", " {} ",
    "\t\r\n[\t\r\n]\t\r\n",
    "{\"a\":1}", "{\"\":1}", "{\"a\":{}}", "{\"a\":[]}", "[[]]", "[{}]", "[[],[]]", "[{},{}]",
    "{\"a\":{\"b\":{\"c\":[1,[2,[3]]]}}}", "[1,2,3]", "[ 1 , 2 , 3 ]", "{ \"a\" : 1 , \"b\" : 2 }",
    "{\"a\":1,\"a\":2}", "[null,true,false]", "[\"a\",\"b\"]", "[1.5]", "[-1.5]", "[0.0]", "[-0.0]",
    "[1e1]", "[1E1]", "[1e+1]", "[1e-1]", "[0e0]", "[0E+0]", "[1.25e-17]", "[1e400]", "[1e-400]",
    "[123456789012345678901234567890]", "[0.123456789012345678901234567890]", "[-123.456E-78]",
    "\"a\"", "\"\\\"\"", "\"\\\\\"", "\"\\/\"", "\"\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\u001f\"",
    "\"\\u00e9\"", "\"\\u00E9\"", "\"\\uD834\\uDD1E\"", "\"\\ud800\\udc00\"", "\"\\udbff\\udfff\"",
    "\"\\uD7FF\"", "\"\\uE000\"", "\"\\uFFFF\"", "\"\\uFEFF\"", "\"\\\\u12\"", "\"\\\\\\\"\"",
    "\"/\"", "\"\u{7F}\"", "\"é\"", "\"ß\u{80}\u{7FF}\"", "\"\u{800}\u{FFFF}\"", "\"日本語\"",
    "\"\u{D7FF}\u{E000}\"", "\"\u{10000}\u{10FFFF}\"", "\"😀😀😀\"", "\"a😀b日c\u{E9}d\"",
    "\"\u{FEFF}\"", "\"\u{2028}\u{2029}\"", "{\"日本\":\"語\"}", "{\"a\\u0062\":1}",
    "{\"\\\"\":\"\\\"\"}",
    "\"{}[],:\"", "[\"]\"]", "{\"}\":\"{\"}", "[1,[2,{\"a\":[3]}],4]", "\"exactly 8\"",
    "\"1234567\"",
    "\"0123456789abcdef0123456789abcdef\"", "        1        ", "[                    1]",
    "{\"a\":\"\\\\\\\\\\\\\\\\\"}", "[\"\",\"\",\"\"]", "[-0,-0.0,-0e1]", "[100,10,1]",
    "[1, 22, 333]",
    "[12345678,123456789,1234567890123456789012]", "[1,0,2]", "[5,-5,5.5,5e5,5]", "[7,\"a\",8]",
    "[7 , 8 ,9]", "[1,\n2,  3,\t4]", "{\"a\": 1, \"b\": [1, 2], \"c\":  3}", "[99999,100000,[1],2]",
    "{\"n\":null,\"t\":true,\"f\":false}", "[{\"a\":[]},{\"b\":[{}]}]", "\"a\\u0020b\"",
  ]

  @Test(arguments: documents)
  func `a valid document is taken`(_ document: String) {
    #expect(refusal(document.utf8) == nil)
  }

  @Test(arguments: documents)
  func `a valid document is taken as a field and its span covers it`(_ document: String) throws {
    let body = "{\"x\":0,\"input\":\(document),\"y\":1}"
    let found = try fields(body.utf8).get()
    let trimmed = document.trimmingJSONSpace()
    #expect(text(found[.input], of: body) == trimmed)
    #expect(found.range == 0..<body.utf8.count)
  }

  @Test(arguments: documents)
  func `a valid document cut anywhere is refused unless what is left is valid`(
    _ document: String
  ) {
    let body = Array("{\"model\":\(document)}".utf8)
    for end in 0..<body.count {
      #expect(refusal(body[..<end]) != nil)
    }
  }

  @Test(arguments: [
    "{", "[", "\"", "[1", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "[1,", "tru", "-",
  ])
  func `a document that ends early says so at its end`(_ document: String) {
    #expect(refusal(document.utf8) == JSONError(.unexpectedEnd, at: document.utf8.count))
  }

  @Test func `strings of every length end where their quote is`() throws {
    for length in 0..<70 {
      for filler in ["a", "é", "日", "😀", "\\n", "\\u00e9"] {
        let value = "\"\(String(repeating: filler, count: length))\""
        for padding in ["", " ", "             "] {
          let body = "{\"text\":\(value)\(padding)}"
          #expect(try text(fields(body.utf8).get()[.text], of: body) == value)
        }
      }
    }
  }

  @Test func `nesting is taken up to the limit and refused above it`() {
    for depth in [1, 2, 63, 64, 65, 127, 128, 129, 1023, 1024] {
      let arrays = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      let objects =
        String(repeating: "{\"a\":", count: depth - 1) + "{}"
        + String(repeating: "}", count: depth - 1)
      for document in [arrays, objects] {
        #expect(refusal(document.utf8, depth: depth) == nil)
        if depth > 1 { #expect(refusal(document.utf8, depth: depth - 1)?.kind == .tooDeep) }
      }
      if depth > 1 {
        #expect(throws: JSONError.self) { try fields(objects.utf8, depth: depth - 1).get() }
      }
      #expect(throws: Never.self) { try fields(objects.utf8, depth: depth).get() }
    }
  }

  @Test(arguments: 0..<20)
  func `mixed containers close in their own order and in no other`(_ seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    let kinds = (0..<200).map { _ in Bool.random(using: &random) }
    let open = kinds.map { $0 ? "{\"a\":" : "[1," }.joined()
    var closers = kinds.reversed().map { UInt8(ascii: $0 ? "}" : "]") }
    #expect(refusal(Array("\(open)0".utf8) + closers, depth: 200) == nil)
    for level in closers.indices {
      let right = closers[level]
      closers[level] = UInt8(ascii: right == UInt8(ascii: "}") ? "]" : "}")
      let error = refusal(Array("\(open)0".utf8) + closers, depth: 200)
      #expect(error == JSONError(.unexpectedByte, at: open.utf8.count + 1 + level))
      closers[level] = right
    }
  }

  @Test func `a million open brackets are refused at the limit`() {
    let brackets = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
    #expect(refusal(brackets) == JSONError(.tooDeep, at: 128))
  }
}

extension String {
  /// Without white space (RFC 8259) at both ends.
  func trimmingJSONSpace() -> String {
    let space: Set<Character> = [" ", "\t", "\n", "\r", "\r\n"]
    return String(drop { space.contains($0) }.reversed().drop { space.contains($0) }.reversed())
  }
}
