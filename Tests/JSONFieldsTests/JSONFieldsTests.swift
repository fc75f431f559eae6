import JSONFields
import Testing

struct JSONFieldsTests {
  /// What reading one integer gives.
  struct IntegerRow: Sendable {
    let text: String
    let value: Int?
  }

  static let integers: [IntegerRow] = [
    ("0", 0), ("-0", 0), ("0.0", 0), ("-0.0e9", 0), ("0e999999999999999999999", 0), ("1", 1),
    ("-1", -1),
    ("1.0", 1), ("1.000", 1), ("1.5", nil), ("1e0", 1), ("1e3", 1000), ("1E+3", 1000), ("10e-1", 1),
    ("1e-1", nil), ("1.5e1", 15), ("1.25e1", nil), ("1.25e2", 125), ("120e-1", 12), ("100.0", 100),
    ("9223372036854775807", .max), ("9223372036854775808", nil), ("-9223372036854775808", .min),
    ("-9223372036854775809", nil), ("18446744073709551616", nil), ("9223372036854775807.0", .max),
    ("92233720368547758070e-1", .max), ("1e18", 1_000_000_000_000_000_000), ("1e19", nil),
    ("1e20", nil), ("1e400", nil), ("-1e400", nil), ("1e-400", nil),
    ("1e99999999999999999999", nil),
    ("1e-99999999999999999999", nil), ("0.0001e4", 1), ("1000000000000000000000000e-24", 1),
    ("12345678901234567890123e1", nil),
    ("4096", 4096), ("true", nil), ("\"1\"", nil), ("null", nil), ("[1]", nil),
  ].map(IntegerRow.init)

  @Test(arguments: integers)
  func `an integer is read exactly or not at all`(_ row: IntegerRow) throws {
    let body = ExactBytes("{\"max_tokens\": \(row.text) }")
    let found = try JSONFields(validating: body.raw)
    #expect(found.integer(.maxTokens, in: body.raw) == row.value)
    #expect(found.integer(.minTokens, in: body.raw) == nil)
  }

  @Test(arguments: [
    ("\"\"", ""), ("\"abc\"", "abc"),
    ("\"a\\nb\\t\\r\\b\\f\\\\\\/\\\"\"", "a\nb\t\r\u{8}\u{C}\\/\""),
    ("\"\\u0041\\u00e9\\u65E5\"", "Aé日"), ("\"\\ud83d\\ude00!\"", "😀!"), ("\"日本\\n😀\"", "日本\n😀"),
    ("\"\\uFFFF\\u0000\"", "\u{FFFF}\u{0}"), ("1", nil), ("null", nil), ("[\"a\"]", nil),
  ])
  func `a string is read with its escapes undone`(_ raw: String, _ value: String?) throws {
    let body = ExactBytes("{\"model\":\(raw)}")
    let found = try JSONFields(validating: body.raw)
    #expect(found.string(.model, in: body.raw) == value)
    #expect(found.string(.user, in: body.raw) == nil)
  }

  @Test func `a truth value is read only from the literals`() throws {
    let body = "{\"stream\":true,\"echo\":false,\"n\":1,\"user\":\"true\",\"stop\":null}"
    let found = try fields(body.utf8).get()
    #expect(found.bool(.stream) == true)
    #expect(found.bool(.echo) == false)
    for key in [JSONFields.Key.n, .user, .stop, .model] { #expect(found.bool(key) == nil) }
  }

  @Test(arguments: [
    ("{}", JSONKind.object), ("[]", .array), ("\"\"", .string), ("-1", .number), ("true", .true),
    ("false", .false), ("null", .null),
  ])
  func `a span knows the kind and the bytes of the value`(_ raw: String, _ kind: JSONKind) throws {
    let body = " { \"a\" : [ \"model\" ] , \"model\" \n:\t\(raw) } "
    let found = try fields(body.utf8).get()
    #expect(found[.model]?.kind == kind)
    #expect(text(found[.model], of: body) == raw)
    #expect(found.range == 1..<body.utf8.count - 1)
  }

  @Test func `a name inside another object or string is no field of the body`() throws {
    let body = "{\"a\":{\"model\":1},\"b\":[{\"stream\":true}],\"c\":\"\\\"n\\\":1\"}"
    let found = try fields(body.utf8).get()
    for key in JSONFields.Key.allCases { #expect(found[key] == nil) }
  }

  @Test func `the last of repeated names counts, however it is spelt`() throws {
    let body = "{\"stream\":1,\"n\":2,\"\\u0073tream\":true,\"stream\":false}"
    let found = try fields(body.utf8).get()
    #expect(found.hasDuplicates)
    #expect(found.bool(.stream) == false)
    #expect(try fields("{\"x\":1,\"x\":2,\"n\":1}".utf8).get().hasDuplicates == false)
  }

  @Test func `more repeated names than the limit are refused`() throws {
    let limit = JSONFields.maximumDuplicateCount
    let pairs = Array(repeating: "\"n\":1", count: limit + 1)
    #expect(try fields("{\(pairs.joined(separator: ","))}".utf8).get().hasDuplicates)
    let more = "{\((pairs + ["\"n\":1"]).joined(separator: ","))}"
    guard case .failure(let error) = fields(more.utf8) else {
      Issue.record("taken")
      return
    }
    #expect(error == JSONError(.tooManyDuplicates, at: 1 + 6 * (limit + 1)))
  }

  @Test func `fields of a nested object have spans in the whole body`() throws {
    let text = "{\"n\":1,\"sampling_params\": {\"max_tokens\":7,\"n\":2 } ,\"rid\":\"r\"}"
    let body = ExactBytes(text)
    let found = try JSONFields(validating: body.raw)
    let nested = try #require(try found.nested(.samplingParams, in: body.raw))
    #expect(nested.integer(.maxTokens, in: body.raw) == 7)
    #expect(nested.integer(.n, in: body.raw) == 2)
    #expect(nested[.rid] == nil)
    #expect(nested.range == found[.samplingParams]?.range)
  }

  @Test func `there are no nested fields of what is absent or no object`() throws {
    let body = ExactBytes("{\"n\":1,\"tools\":[],\"stop\":null}")
    let found = try JSONFields(validating: body.raw)
    for key in [JSONFields.Key.n, .tools, .stop, .samplingParams] {
      let nested = try found.nested(key, in: body.raw)
      #expect(nested?.range == nil)
    }
  }

  @Test(arguments: [
    ("{\"kv_transfer_params\":{\"a\":1}}", "{\"a\":1}"), ("{}", nil),
    ("{\"a\":{\"kv_transfer_params\":1}}", nil),
    ("{\"kv_transfer_params\":1,\"b\":2,\"kv\\u005ftransfer_params\" : null }", "null"),
    ("{\"kv_transfer_paramz\":1}", nil),
  ])
  func `the last member of a name is found in an answer`(_ answer: String, _ raw: String?) throws {
    let body = ExactBytes(answer)
    #expect(try text(JSONFields.member("kv_transfer_params", of: body.raw), of: answer) == raw)
  }

  @Test(arguments: ["", "[]", "{\"kv_transfer_params\":1", "{\"kv_transfer_params\":1}}", "<html>"])
  func `an answer that is no valid object is refused`(_ answer: String) {
    let body = ExactBytes(answer)
    #expect(throws: JSONError.self) { try JSONFields.member("kv_transfer_params", of: body.raw) }
  }
}
