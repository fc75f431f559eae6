import JSONFields
import Testing
import Vocabulary

struct JSONValueTests {
  @Test func `a document is walked by name, by index and in order`() throws {
    let text = """
      { "id": "x\\n1", "choices": [ {"index": 0, "t": [1, 2.5, -3e2]}, {}, null ], "ok": true,
        "id": "y" , "e\\u0061": {} }
      """
    let bytes = ExactBytes(text)
    let root = try JSONValue(validating: bytes.raw)
    #expect(root.kind == .object)
    #expect(root["id"]?.string == "y")
    #expect(root.member(named: "ea")?.kind == .object)
    #expect(root["absent"] == nil)
    #expect(root["choices"]?[0]?["t"]?.elements.map(\.double) == [1, 2.5, -300])
    #expect(root["choices"]?[0]?["t"]?[2]?.integer == -300)
    #expect(root["choices"]?[2]?.isNull == true)
    #expect(root["choices"]?[3] == nil)
    #expect(root["choices"]?[-1] == nil)
    #expect(root["ok"]?.bool == true)
    #expect(root.members.map(\.name) == ["id", "choices", "ok", "id", "ea"])
    #expect(root.members.first { _ in true }?.value.string == "x\n1")
  }

  @Test(arguments: ["{}", "[]", " { } ", "[ ]", "1", "\"ab\"", "null"])
  func `what has no entries gives none`(_ text: String) throws {
    let bytes = ExactBytes(text)
    let value = try JSONValue(validating: bytes.raw)
    #expect(value.elements.map(\.kind).isEmpty)
    #expect(value.members.map(\.name).isEmpty)
    #expect(value["a"] == nil)
    #expect(value[0] == nil)
  }

  @Test(arguments: [
    ("1", 1.0), ("-0.5", -0.5), ("1e3", 1000), ("1e400", nil), ("-1e400", nil), ("1e-400", 0),
    ("0.1", 0.1), ("123456789012345678901234567890", 1.2345678901234568e29), ("true", nil),
    ("\"1\"", nil),
  ])
  func `a double is the nearest one or none`(_ text: String, _ value: Double?) throws {
    let bytes = ExactBytes(text)
    #expect(try JSONValue(validating: bytes.raw).double == value)
  }

  @Test func `raw bytes and range are those of the value`() throws {
    let text = "{\"a\": [1, {\"b\":2}] }"
    let bytes = ExactBytes(text)
    let value = try #require(try JSONValue(validating: bytes.raw)["a"])
    #expect(String(decoding: value.raw, as: UTF8.self) == "[1, {\"b\":2}]")
    #expect(value.rawRange == 6..<18)
    let again = JSONValue(at: value.span, of: bytes.raw)
    #expect(again[1]?["b"]?.integer == 2)
  }

  @Test(arguments: [
    ("", "\"\""), ("abc", "\"abc\""), ("a\"b\\c/", "\"a\\\"b\\\\c/\""), ("日本😀é", "\"日本😀é\""),
    ("\n\r\t\u{8}\u{C}\u{0}\u{1F}\u{7F}", "\"\\n\\r\\t\\b\\f\\u0000\\u001f\u{7F}\""),
    (
      "long enough for several words\nand more of them",
      "\"long enough for several words\\nand more of them\""
    ),
  ])
  func `a string is written with the escapes it needs`(_ text: String, _ json: String) throws {
    var buffer = ByteBuffer()
    buffer.append(jsonString: text)
    #expect(contents(buffer) == json)
    #expect(try JSONValue(validating: buffer.bytes).string == text)
  }

  @Test func `every scalar survives writing and reading`() throws {
    var scalars = String.UnicodeScalarView()
    for value in stride(from: UInt32(0), to: 0x110000, by: 1)
    where value < 0x3000 || value % 61 == 0 {
      if let scalar = Unicode.Scalar(value) { scalars.append(scalar) }
    }
    let text = String(scalars)
    var buffer = ByteBuffer()
    buffer.append(jsonString: text)
    #expect(try JSONValue(validating: buffer.bytes).string == text)
  }

  @Test func `ill-formed bytes are written as replacement characters`() throws {
    let bytes = ExactBytes([0x61, 0xFF, 0xC3, 0xA9, 0xE2, 0x82, 0x62, 0xF0])
    var buffer = ByteBuffer()
    buffer.append(jsonString: bytes.raw)
    #expect(contents(buffer) == "\"a\u{FFFD}é\u{FFFD}\u{FFFD}b\u{FFFD}\"")
  }
}
