import Testing
import Vocabulary
import Wire

struct HeadMemoTests {
  /// Reads heads one after the other, as one connection brings them, and tells of each whether it
  /// was read anew, and what it says.
  private struct Requests: ~Copyable {
    var parser = HTTP1RequestParser()
    var head = RequestHead()
    var kept = ByteBuffer()
    var memo = HeadMemo()

    mutating func read(_ text: String) -> String {
      let bytes = latin1(text)
      let before = memo.edition
      do {
        let length = try bytes.withUnsafeBytes { bytes in
          try parser.parse(bytes, into: &head, keeping: &kept, memo: &memo)
        }
        guard let length else { return "incomplete" }
        let isSame = kept.bytes.elementsEqual(bytes[..<length])
        return (memo.edition == before ? "known" : "new") + " \(length) \(head.framing)"
          + (isSame ? "" : " other bytes")
      } catch {
        parser.reset()
        return "error \(error)"
      }
    }
  }

  private struct Answers: ~Copyable {
    var parser = HTTP1ResponseParser(requestMethod: .post)
    var head = ResponseHead()
    var kept = ByteBuffer()
    var memo = HeadMemo()

    mutating func read(_ text: String, to method: HTTPMethod = .post) -> String {
      let bytes = latin1(text)
      let before = memo.edition
      parser.reset(requestMethod: method)
      do {
        let length = try bytes.withUnsafeBytes { bytes in
          try parser.parse(bytes, into: &head, keeping: &kept, memo: &memo)
        }
        guard let length else { return "incomplete" }
        return (memo.edition == before ? "known" : "new") + " \(length) \(head.framing)"
      } catch {
        return "error \(error)"
      }
    }
  }

  private static func post(_ length: String, id: String = "abc", more: String = "") -> String {
    "POST /v1/x HTTP/1.1\r\nHost: h\r\nX-Request-Id: \(id)\r\n\(more)Content-Length: \(length)\r\n"
      + "Accept: */*\r\n\r\n"
  }

  @Test func `a head that differs in its length and identifier alone is known`() {
    var requests = Requests()
    #expect(requests.read(HeadMemoTests.post("120")) == "new 85 length(120)")
    #expect(requests.read(HeadMemoTests.post("120")) == "known 85 length(120)")
    #expect(requests.read(HeadMemoTests.post("345", id: "x z")) == "known 85 length(345)")
    #expect(requests.read(HeadMemoTests.post("120") + "and a body") == "known 85 length(120)")
    #expect(requests.read(HeadMemoTests.post("000")) == "known 85 length(0)")
  }

  @Test func `a head that differs elsewhere, or in the size of a hole, is read anew`() {
    let first = HeadMemoTests.post("120")
    let others = [
      HeadMemoTests.post("1200"), HeadMemoTests.post("12"), HeadMemoTests.post("120", id: "ab"),
      HeadMemoTests.post("120", more: "A: b\r\n"), first.replacing("/v1/x", with: "/v1/y"),
      first.replacing("Host: h", with: "Host: i"), first.replacing("POST", with: "PUSH"),
      first.replacing("Accept: */*", with: "Accept: /**"),
    ]
    for other in others {
      var requests = Requests()
      #expect(requests.read(first).hasPrefix("new"))
      #expect(requests.read(other).hasPrefix("new"), "\(other)")
      #expect(requests.read(other).hasPrefix("known"), "\(other)")
      #expect(requests.read(first).hasPrefix("new"))
    }
  }

  @Test func `what no parser takes in a hole is no repetition`() {
    let rows: [(head: String, outcome: String)] = [
      (HeadMemoTests.post("1x0"), "error invalidContentLength"),
      (HeadMemoTests.post("+20"), "error invalidContentLength"),
      (HeadMemoTests.post("1 0"), "error invalidContentLength"),
      (HeadMemoTests.post("120", id: "a\u{0}c"), "error controlCharacter"),
      (HeadMemoTests.post("120", id: "a\u{7F}c"), "error controlCharacter"),
      (HeadMemoTests.post("120", id: "a\nc"), "error bareLineFeed"),
      (HeadMemoTests.post("120", id: "a\rc"), "error bareCarriageReturn"),
      // The value is shorter than the hole, or there is none.
      (HeadMemoTests.post("120", id: " bc"), "new 85 length(120)"),
      (HeadMemoTests.post("120", id: "ab\t"), "new 85 length(120)"),
      (HeadMemoTests.post("120", id: "   "), "new 85 length(120)"),
      (HeadMemoTests.post("12 "), "new 85 length(12)"),
    ]
    for row in rows {
      var requests = Requests()
      #expect(requests.read(HeadMemoTests.post("120")) == "new 85 length(120)")
      #expect(requests.read(row.head) == row.outcome, "\(row.head)")
      #expect(requests.read(HeadMemoTests.post("120")) == "new 85 length(120)", "\(row.head)")
    }
  }

  @Test func `a head that waits for 100 Continue, or has many holes, is never known`() {
    let rows = [
      HeadMemoTests.post("120", more: "Expect: 100-continue\r\n"),
      HeadMemoTests.post("120", more: "X-Request-Id: a\r\nX-Request-Id: b\r\n"),
      HeadMemoTests.post("120", more: "traceparent:\r\n"),
    ]
    for row in rows {
      var requests = Requests()
      #expect(requests.read(row).hasPrefix("new"))
      #expect(requests.read(row).hasPrefix("new"), "\(row)")
    }
  }

  @Test func `a length of any count of digits is read, and known with as many digits`() {
    for digits in 1...18 {
      let (nines, ones) = (
        String(repeating: "9", count: digits), String(repeating: "1", count: digits)
      )
      let size = HeadMemoTests.post(nines).utf8.count
      var requests = Requests()
      #expect(requests.read(HeadMemoTests.post(nines)) == "new \(size) length(\(nines))")
      #expect(requests.read(HeadMemoTests.post(ones)) == "known \(size) length(\(ones))")
      #expect(requests.read(HeadMemoTests.post(ones)) == "known \(size) length(\(ones))")
      #expect(requests.read(HeadMemoTests.post(ones + "0")).hasPrefix("new"))
      #expect(requests.read(HeadMemoTests.post(nines)).hasPrefix("new"))
    }
  }

  @Test func `whatever one byte is changed to, the head means what it means to a fresh parser`() {
    let first = HeadMemoTests.post("120", id: "a c", more: "Connection: B\r\nB: c\r\n")
    let bytes = Array(first.unicodeScalars)
    for place in bytes.indices {
      for change in ["\u{0}", "\t", "\n", "\r", " ", "0", "9", ":", "B", "x", "\u{7F}", "\u{FF}"] {
        var changed = bytes
        changed[place] = Unicode.Scalar(change).unsafelyUnwrapped
        var text = String.UnicodeScalarView()
        text.append(contentsOf: changed)
        var fresh = Requests()
        var second = Requests()
        _ = second.read(first)
        let outcome = second.read(String(text))
        let expected = fresh.read(String(text))
        #expect(outcome.replacing("known", with: "new") == expected, "\(place) \(change)")
        // And what was known before is not mixed up with it.
        #expect(
          second.read(first).replacing("known", with: "new") == "new \(bytes.count) length(120)")
      }
    }
  }

  @Test func `a request line that can be passed on as it is is told from others`() {
    let rows: [(line: String, isPlain: Bool)] = [
      ("GET / HTTP/1.1", true), ("POST /v1/x?a=b HTTP/1.1", true), ("OPTIONS * HTTP/1.1", true),
      ("PURGE /a HTTP/1.1", true), ("GET / HTTP/1.0", false), ("GET /a? HTTP/1.1", false),
      ("GET http://h/a HTTP/1.1", false), ("GET http://h HTTP/1.1", false),
    ]
    var requests = Requests()
    for row in rows + rows.reversed() {
      for _ in 0..<2 {
        _ = requests.read("\(row.line)\r\nHost: h\r\n\r\n")
        let plain = requests.head.plainLine.of(requests.kept.bytes)
        let text = String(decoding: plain, as: UTF8.self)
        #expect(text == (row.isPlain ? "\(row.line)\r\n" : ""))
      }
    }
    _ = requests.read("GET ")
    #expect(requests.read("GET / HTTP/1.0\r\n\r\n").hasPrefix("new"))
    #expect(requests.head.plainLine.isEmpty)
  }

  @Test func `a head that comes in pieces is read, and known from then on`() {
    let head = HeadMemoTests.post("120")
    for cut in 0..<head.unicodeScalars.count {
      var requests = Requests()
      #expect(requests.read(head).hasPrefix("new"))
      #expect(requests.read(String(head.unicodeScalars.prefix(cut))) == "incomplete")
      #expect(requests.read(head).hasPrefix("new"), "\(cut)")
      #expect(requests.read(head).hasPrefix("known"), "\(cut)")
    }
  }

  @Test func `an answer is known by all but its date and length, and never one without a body`() {
    func answer(_ status: Int, _ date: String, _ length: String) -> String {
      "HTTP/1.1 \(status) OK\r\ndate: \(date)\r\ncontent-length: \(length)\r\n\r\n"
    }
    var answers = Answers()
    #expect(answers.read(answer(200, "Mon", "10")) == "new 50 length(10)")
    #expect(answers.read(answer(200, "Tue", "99")) == "known 50 length(99)")
    #expect(answers.read(answer(200, "Tue", "99"), to: .head) == "new 50 none")
    #expect(answers.read(answer(200, "Tue", "99")) == "new 50 length(99)")
    #expect(answers.read(answer(500, "Tue", "99")) == "new 50 length(99)")
    #expect(answers.read(answer(304, "Tue", "99")) == "new 50 none")
    #expect(answers.read(answer(304, "Tue", "99")) == "new 50 none")
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    #expect(answers.read(chunked) == "new 47 chunked")
    #expect(answers.read(chunked) == "known 47 chunked")
    let endless = "HTTP/1.1 200 OK\r\n\r\n"
    #expect(answers.read(endless) == "new 19 untilClose")
    #expect(answers.read(endless) == "new 19 untilClose")
  }

  @Test func `lines are found once and copied again for the heads that repeat them`() throws {
    var requests = Requests()
    var lines = FieldLines()
    for (number, length) in ["120", "345", "678"].enumerated() {
      _ = requests.read(HeadMemoTests.post(length, more: "B: c\r\n"))
      var copy = ByteBuffer()
      let isKnown = lines.areKnown(requests.memo, kind: 3)
      #expect(isKnown == (number > 0))
      if isKnown {
        copy.append(upTo: lines.byteCount) { lines.copy(from: requests.kept.bytes, to: &$0) }
      } else {
        lines.begin(requests.memo, kind: 3)
        for place in 0..<requests.head.fields.count {
          let field = requests.head.fields[place]
          if field.known == .contentLength || field.known == .host { continue }
          lines.append(field, from: requests.kept.bytes, to: &copy)
        }
        lines.end(from: requests.kept.bytes, to: &copy)
      }
      let isOther = lines.areKnown(requests.memo, kind: 2)
      #expect(!isOther)
      let text = String(decoding: copy.bytes, as: UTF8.self)
      #expect(text == "X-Request-Id: abc\r\nB: c\r\nAccept: */*\r\n")
    }
  }

  @Test func `lines that are written anew, or lie in many places, are not remembered`() {
    for more in ["B:c\r\n", (0..<8).map { "B: c\r\nHost-\($0): d\r\n" }.joined()] {
      var requests = Requests()
      var lines = FieldLines()
      _ = requests.read(HeadMemoTests.post("120", more: more))
      var copy = ByteBuffer()
      lines.begin(requests.memo, kind: 0)
      for place in 0..<requests.head.fields.count {
        let field = requests.head.fields[place]
        if field.name.length == 6 || field.known == .host { continue }
        lines.append(field, from: requests.kept.bytes, to: &copy)
      }
      lines.end(from: requests.kept.bytes, to: &copy)
      let isKnown = lines.areKnown(requests.memo, kind: 0)
      #expect(!isKnown)
    }
  }
}
