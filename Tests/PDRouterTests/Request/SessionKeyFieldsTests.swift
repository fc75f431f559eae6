import JSONFields
import Policies
import Testing
import Vocabulary
import Wire

@testable import PDRouter

struct SessionKeyFieldsTests {
  /// The key of a request with these header fields and this body; nil as the body is one that is
  /// not read.
  private func key(_ fields: String, _ body: String? = nil) throws -> String? {
    let text = "POST / HTTP/1.1\r\nhost: r\r\n\(fields)\r\n"
    var parser = HTTP1RequestParser()
    var head = RequestHead()
    return try withBytes(of: text) { bytes in
      #expect(try parser.parse(bytes, into: &head) == bytes.count)
      return try withBytes(of: body ?? "") { bodyBytes in
        let parsed = try body.map { _ in try JSONFields(validating: bodyBytes) }
        let key = SessionKeyFields.find(in: head, base: bytes, fields: parsed, of: bodyBytes)
        if let key { #expect(key.text.suffix(from: key.valueStart).elementsEqual(key.value)) }
        return key.map { String(decoding: $0.text, as: UTF8.self) }
      }
    }
  }

  @Test(arguments: [
    ("x-session-id: a\r\n", "header:x-session-id:a"), ("X-User-ID: a\r\n", "header:x-user-id:a"),
    ("X-TENANT-ID: a\r\n", "header:x-tenant-id:a"),
    ("x-correlation-id: a\r\n", "header:x-correlation-id:a"),
    ("x-request-id: a\r\n", "header:x-request-id:a"),
    ("X-Trace-Id: a\r\n", "header:x-trace-id:a"),
    ("x-session-id: \t a b \r\n", "header:x-session-id:a b"),
    ("x-session-id: Zoë\r\n", "header:x-session-id:Zoë"),
    ("x-session-id:\r\nx-session-id: b\r\n", "header:x-session-id:b"),
    ("x-session-id: a\r\nx-session-id: b\r\n", "header:x-session-id:a"),
    ("x-trace-ie: a\r\nx-session-ids: b\r\nsession-id: c\r\n", nil), ("", nil),
  ])
  func `a header field's value is taken as it is`(fields: String, wanted: String?) throws {
    #expect(try key(fields) == wanted)
  }

  @Test func `of several header fields the order is the baseline's, not that of arrival`() throws {
    let names = [
      "x-session-id", "x-user-id", "x-tenant-id", "x-correlation-id", "x-request-id", "x-trace-id",
    ]
    for first in names.indices {
      let present = names[first...]
      let ascending = present.map { "\($0): v\r\n" }.joined()
      let descending = present.reversed().map { "\($0): v\r\n" }.joined()
      #expect(try key(ascending) == "header:\(names[first]):v")
      #expect(try key(descending) == "header:\(names[first]):v")
    }
  }

  @Test(arguments: [
    (#"{"session_params":{"session_id":"a"},"user":"u","session_id":"s"}"#, "session:a"),
    (#"{"session_id":"s","user_id":"i","user":"u"}"#, "user:u"),
    (#"{"user_id":"i","session_id":"s"}"#, "session:s"), (#"{"user_id":"i"}"#, "user:i"),
    (#"{"user":7}"#, "user:7"), (#"{"user":-1.50e3}"#, "user:-1.50e3"),
    (#"{"session_params":{"session_id":42}}"#, "session:42"),
    (#"{"user":"","session_id":"s"}"#, "session:s"), (#"{"user":null,"user_id":1}"#, "user:1"),
    (#"{"user":["a"],"session_id":{},"user_id":true}"#, nil),
    (#"{"session_params":"a"}"#, nil), (#"{"session_params":{}}"#, nil),
    (#"{"session_params":{"session_id":""},"user":"u"}"#, "user:u"),
    (#"{"user":"a\"b\u00eb\\"}"#, #"user:a"bë\"#), (#"{"us\u0065r":"u"}"#, "user:u"),
    (#"{"user":"a","user":"b"}"#, "user:b"), ("{}", nil),
    // What the baseline's search for words takes for a user.
    (#"{"messages":[{"role":"user","content":"user: bob"}]}"#, nil),
    (#"{"metadata":{"user":"x"},"prompt":"'user': 'eve'"}"#, nil),
  ])
  func `without a header field the body's members say it`(body: String, wanted: String?) throws {
    #expect(try key("", body) == wanted)
  }

  @Test func `a header field comes before the body`() throws {
    #expect(try key("x-trace-id: t\r\n", #"{"user":"u"}"#) == "header:x-trace-id:t")
  }

  @Test func `a value of more than 4,096 bytes is passed over`() throws {
    let longest = String(repeating: "x", count: 4096)
    #expect(try key("x-user-id: \(longest)\r\n") == "header:x-user-id:" + longest)
    #expect(try key("x-user-id: \(longest)x\r\nx-trace-id: t\r\n") == "header:x-trace-id:t")
    #expect(try key("", #"{"user":"\#(longest)"}"#) == "user:" + longest)
    #expect(try key("", #"{"user":"\#(longest)x","user_id":1}"#) == "user:1")
  }

  @Test func `names repeated too often within the parameters name no session`() throws {
    let many = Array(repeating: #""session_id":"a""#, count: 300).joined(separator: ",")
    #expect(try key("", #"{"session_params":{\#(many)},"user_id":1}"#) == "user:1")
  }
}
