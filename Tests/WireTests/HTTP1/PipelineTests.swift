import Testing
import Wire

struct PipelineTests {
  @Test func `pipelined requests are read one after the other from one buffer`() throws {
    let bytes = latin1(
      "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
        + "GET /b HTTP/1.1\r\nHost: i\r\n\r\n"
        + "\r\nPOST /c HTTP/1.1\r\nHost: j\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
        + "GET /d HTTP/1.1\r\nHost: k\r\nConnection: close\r\n\r\n")
    var parser = HTTP1RequestParser()
    var head = RequestHead()
    var seen: [String] = []
    var rest = bytes
    while !rest.isEmpty {
      let length = try rest.withUnsafeBytes { try parser.parse($0, into: &head) }
      let headLength = try #require(length)
      seen.append(text(head.path, rest) + " " + (head.host.map { text($0, rest) } ?? "none"))
      var decoder = HTTP1BodyDecoder(framing: head.framing)
      var offset = headLength
      var event = HTTP1BodyDecoder.Event.needMore
      repeat {
        event = try rest.withUnsafeBytes { try decoder.next($0, &offset) }
      } while event != .end
      rest.removeFirst(offset)
    }
    #expect(seen == ["/a h", "/b i", "/c j", "/d k"])
    #expect(head.keepsAlive == false)
  }

  @Test func `fields keep their order, their spelling and their trimmed values`() throws {
    let bytes = latin1(
      "GET / HTTP/1.1\r\nhOsT: h\r\nX-Request-Id:\t a b \t\r\nX-Request-Id:c\r\nUnknown: \r\n\r\n")
    var parser = HTTP1RequestParser()
    var head = RequestHead()
    _ = try bytes.withUnsafeBytes { try parser.parse($0, into: &head) }
    var seen: [String] = []
    for index in 0..<head.fields.count {
      let field = head.fields[index]
      seen.append("\(text(field.name, bytes))=\(text(field.value, bytes)) \(field.known)")
    }
    #expect(
      seen == [
        "hOsT=h host", "X-Request-Id=a b xRequestID", "X-Request-Id=c xRequestID",
        "Unknown= other",
      ])
    let first = head.fields.first(.xRequestID)
    #expect(first.map { text($0.value, bytes) } == "a b")
    #expect(head.fields.first(.contentType) == nil)
  }

  @Test func `fields named by Connection are marked and no others`() throws {
    let bytes = latin1(
      "GET / HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nConnection: close, x-TWO\r\nX-Two: 2\r\n"
        + "X-Two-Three: 3\r\nTE: trailers\r\nConnection: x-one\r\nKeep-Alive: 5\r\n\r\n")
    var parser = HTTP1RequestParser()
    var head = RequestHead()
    _ = try bytes.withUnsafeBytes { try parser.parse($0, into: &head) }
    var named: [String] = []
    var dropped: [String] = []
    for index in 0..<head.fields.count {
      let field = head.fields[index]
      if field.isNamedByConnection { named.append(text(field.name, bytes)) }
      if field.isForThisHopOnly { dropped.append(text(field.name, bytes)) }
    }
    #expect(named == ["X-One", "X-Two"])
    #expect(dropped == ["X-One", "Connection", "X-Two", "TE", "Connection", "Keep-Alive"])
  }

  @Test func `a head used again says nothing of the head before`() throws {
    var parser = HTTP1RequestParser()
    var head = RequestHead()
    let first = latin1(
      "POST http://x/a?b HTTP/1.0\r\nA: b\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
    let second = latin1("GET /c HTTP/1.1\r\nHost: h\r\n\r\n")
    _ = try first.withUnsafeBytes { try parser.parse($0, into: &head) }
    let length = try second.withUnsafeBytes { try parser.parse($0, into: &head) }
    #expect(length == second.count)
    #expect(head.fields.count == 1)
    #expect(head.framing == .none)
    #expect(head.query.isEmpty == true)
    #expect(head.isHTTP10 == false)
    let host = head.host.map { text($0, second) }
    #expect(host == "h")
  }

  @Test func `a reset parser starts a new head`() throws {
    var parser = HTTP1RequestParser()
    var head = RequestHead()
    let half = latin1("GET / HTTP/1.1\r\nHost: h\r\nAbc")
    let whole = latin1("GET /c HTTP/1.1\r\nHost: h\r\n\r\n")
    let none = try half.withUnsafeBytes { try parser.parse($0, into: &head) }
    #expect(none == nil)
    parser.reset()
    let length = try whole.withUnsafeBytes { try parser.parse($0, into: &head) }
    #expect(length == whole.count)
  }
}
