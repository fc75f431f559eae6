internal import Vocabulary
internal import Wire

/// What the wire costs: one head, one body, one stream at a time, everything in memory.
///
/// Each entry says how many bytes one iteration reads. Nothing here allocates after the first
/// iteration.
func wireBenchmarks() -> [(name: String, bytes: Int, run: (_ iterations: Int) -> Void)] {
  let small = WireSample.smallRequest
  let large = WireSample.largeRequest
  let answer = WireSample.answer
  let chunks = WireSample.chunks
  let stream = WireSample.stream
  return [
    ("request head, 3 fields", small.count, { parseRequest(small, $0) }),
    ("request head, 17 fields", large.count, { parseRequest(large, $0) }),
    ("response head, 5 fields", answer.count, { parseResponse(answer, $0) }),
    ("chunked body, 32 chunks of 200 B", chunks.count, { decodeChunks(chunks, $0) }),
    ("event stream, 32 events of 200 B", stream.count, { scanStream(stream, $0) }),
    ("copy 17 fields", large.count, { copyFields(large, $0) }),
  ]
}

/// The inputs.
private enum WireSample {
  static let smallRequest =
    Array(
      "GET /v1/models HTTP/1.1\r\nHost: router.example:8080\r\n".utf8)
    + Array("User-Agent: curl/8.5.0-0123456789\r\nAccept: */*_0123456789\r\n\r\n".utf8)

  static let largeRequest = Array(
    """
    POST /v1/chat/completions HTTP/1.1\r
    Host: router.example:8080\r
    Accept: application/json\r
    Accept-Encoding: gzip, deflate\r
    Connection: keep-alive\r
    User-Agent: OpenAI/Python 1.99.9\r
    X-Stainless-Lang: python\r
    X-Stainless-Package-Version: 1.99.9\r
    X-Stainless-OS: Linux\r
    X-Stainless-Arch: x64\r
    X-Stainless-Runtime: CPython\r
    X-Stainless-Runtime-Version: 3.12.3\r
    Authorization: Bearer sk-0123456789abcdef0123456789abcdef\r
    X-Stainless-Async: false\r
    x-stainless-retry-count: 0\r
    x-stainless-read-timeout: 600\r
    Content-Type: application/json\r
    Content-Length: 512\r
    \r

    """.utf8)

  static let answer = Array(
    """
    HTTP/1.1 200 OK\r
    date: Sat, 01 Jan 2022 00:00:00 GMT\r
    server: uvicorn\r
    content-type: text/event-stream; charset=utf-8\r
    x-request-id: 0123456789abcdef\r
    transfer-encoding: chunked\r
    \r

    """.utf8)

  static let event = event(padding: 200)

  static let stream = Array(repeating: event, count: 32).flatMap { $0 }

  static let chunks: [UInt8] =
    Array(repeating: Array("c8\r\n".utf8) + event + Array("\r\n".utf8), count: 32).flatMap { $0 }
    + Array("0\r\n\r\n".utf8)

  private static func event(padding size: Int) -> [UInt8] {
    let head =
      #"data: {"id":"chatcmpl-0123","object":"chat.completion.chunk","created":1700000000,"#
      + #""model":"tiny","choices":[{"index":0,"delta":{"content":""#
    let tail = #""},"logprobs":null,"finish_reason":null}]}"# + "\n\n"
    let filler = String(repeating: "x", count: size - head.utf8.count - tail.utf8.count)
    return Array((head + filler + tail).utf8)
  }
}

private func parseRequest(_ bytes: [UInt8], _ iterations: Int) {
  var parser = HTTP1RequestParser()
  var head = RequestHead()
  bytes.withUnsafeBytes { base in
    for _ in 0..<iterations {
      let length = try? parser.parse(base, into: &head)
      precondition(length == bytes.count)
    }
  }
}

private func parseResponse(_ bytes: [UInt8], _ iterations: Int) {
  var parser = HTTP1ResponseParser()
  var head = ResponseHead()
  bytes.withUnsafeBytes { base in
    for _ in 0..<iterations {
      let length = try? parser.parse(base, into: &head)
      precondition(length == bytes.count)
    }
  }
}

private func decodeChunks(_ bytes: [UInt8], _ iterations: Int) {
  bytes.withUnsafeBytes { base in
    for _ in 0..<iterations {
      var decoder = HTTP1BodyDecoder(framing: .chunked)
      var offset = 0
      while case .data = try? decoder.next(base, &offset) {}
      precondition(decoder.isComplete)
    }
  }
}

private func scanStream(_ bytes: [UInt8], _ iterations: Int) {
  var scanner = ServerSentEventScanner()
  bytes.withUnsafeBytes { base in
    for _ in 0..<iterations {
      let summary = scanner.scan(base)
      precondition(summary.tokenEvents == 32)
    }
  }
}

private func copyFields(_ bytes: [UInt8], _ iterations: Int) {
  var parser = HTTP1RequestParser()
  var head = RequestHead()
  var buffer = ByteBuffer(capacity: 4096)
  bytes.withUnsafeBytes { base in
    let length = try? parser.parse(base, into: &head)
    precondition(length == bytes.count)
    for _ in 0..<iterations {
      buffer.removeAll()
      for index in 0..<head.fields.count {
        let field = head.fields[index]
        if !field.isForThisHopOnly { buffer.appendField(copying: field, from: base) }
      }
    }
  }
}
