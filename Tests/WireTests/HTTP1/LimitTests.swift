import Testing
import Wire

struct LimitTests {
  private func limits(_ change: (inout HTTP1Limits) -> Void) -> HTTP1Limits {
    var limits = HTTP1Limits()
    change(&limits)
    return limits
  }

  @Test func `a head of the largest size passes and one byte more does not`() {
    let limits = limits { $0.headBytes = 200 }
    for (size, outcome) in [(200, "GET / host=h none keep"), (201, "error headTooLarge")] {
      let frame = "GET / HTTP/1.1\r\nHost: h\r\nA: \r\n\r\n"
      let filler = String(repeating: "x", count: size - frame.utf8.count)
      let bytes = latin1("GET / HTTP/1.1\r\nHost: h\r\nA: \(filler)\r\n\r\n")
      for prefixes in cuts(bytes.count) {
        #expect(requestOutcome(bytes, prefixes: prefixes, limits: limits) == outcome)
      }
    }
  }

  @Test func `a head that cannot end in time is refused when the limit is reached`() {
    let limits = limits { $0.headBytes = 64 }
    let bytes = latin1("GET / HTTP/1.1\r\nHost: " + String(repeating: "h", count: 100))
    #expect(requestOutcome(bytes, prefixes: Array(0...63), limits: limits) == "incomplete")
    #expect(requestOutcome(bytes, prefixes: Array(0...64), limits: limits) == "error headTooLarge")
  }

  @Test func `bytes of a body do not count against the head`() {
    let limits = limits { $0.headBytes = 60 }
    let body = String(repeating: "b", count: 500)
    let bytes = latin1("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\n\(body)")
    for prefixes in cuts(bytes.count) {
      #expect(
        requestOutcome(bytes, prefixes: prefixes, limits: limits)
          .hasPrefix("POST / host=h length(500) keep"))
    }
  }

  @Test func `a start line of the largest size passes and one byte more does not`() {
    let limits = limits { $0.startLineBytes = 100 }
    for (size, passes) in [(99, true), (100, true), (101, false), (150, false)] {
      let filler = String(repeating: "x", count: size - "GET / HTTP/1.1".utf8.count)
      for start in ["", "\r\n"] {
        let bytes = latin1("\(start)GET /\(filler) HTTP/1.1\r\nHost: h\r\n\r\n")
        let outcome = passes ? "GET /\(filler) host=h none keep" : "error startLineTooLong"
        for prefixes in cuts(bytes.count) {
          #expect(requestOutcome(bytes, prefixes: prefixes, limits: limits) == outcome)
        }
      }
    }
  }

  @Test func `a status line over the limit is refused`() {
    let limits = limits { $0.startLineBytes = 40 }
    let bytes = latin1("HTTP/1.1 200 " + String(repeating: "x", count: 28) + "\r\n\r\n")
    for prefixes in cuts(bytes.count) {
      #expect(
        responseOutcome(bytes, prefixes: prefixes, limits: limits) == "error startLineTooLong")
    }
  }

  @Test func `as many fields as allowed pass and one more does not`() {
    let limits = limits { $0.headerCount = 5 }
    for (count, outcome) in [(5, "GET / host=h none keep"), (6, "error tooManyFields")] {
      let more = String(repeating: "A: b\r\n", count: count - 1)
      let bytes = latin1("GET / HTTP/1.1\r\nHost: h\r\n\(more)\r\n")
      for prefixes in cuts(bytes.count) {
        #expect(requestOutcome(bytes, prefixes: prefixes, limits: limits) == outcome)
      }
    }
  }

  @Test func `as many connection options as allowed pass and one more does not`() {
    let limits = limits { $0.connectionOptions = 3 }
    let rows = [
      ("a, b, keep-alive, c", "GET / host=h none keep"),
      ("a, b, c, d", "error tooManyConnectionOptions"),
      ("a, b\r\nConnection: c, d", "error tooManyConnectionOptions"),
    ]
    for (options, outcome) in rows {
      let bytes = latin1("GET / HTTP/1.1\r\nHost: h\r\nConnection: \(options)\r\n\r\n")
      #expect(requestOutcome(bytes, prefixes: [bytes.count], limits: limits) == outcome)
    }
  }

  @Test func `the default limits take a head of sixty kilobytes in a hundred fields`() {
    let fields = (0..<100).map { "A\($0): " + String(repeating: "x", count: 600) + "\r\n" }.joined()
    let bytes = latin1("GET / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
    #expect(bytes.count > 60_000 && bytes.count < 65_536)
    #expect(requestOutcome(bytes, prefixes: [bytes.count]) == "GET / host=h none keep")
  }
}
