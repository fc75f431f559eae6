import Testing
import Wire

/// Bytes of a body in some framing, and in words what comes of them: the body and what is left, or
/// `error <case>` or `incomplete`.
private struct BodyRow: Sendable, CustomTestStringConvertible {
  let text: String
  let outcome: String
  let framing: BodyFraming

  init(_ text: String, _ outcome: String, _ framing: BodyFraming = .chunked) {
    self.text = text
    self.outcome = outcome
    self.framing = framing
  }

  init(_ text: String, _ error: WireError) {
    self.init(text, "error \(error)")
  }

  var testDescription: String { String(text.prefix(80)).debugDescription }
}

private func outcome(
  _ bytes: [UInt8], cuts: [Int], _ framing: BodyFraming, _ limits: HTTP1Limits = HTTP1Limits()
) -> String {
  var decoder = HTTP1BodyDecoder(framing: framing, limits: limits)
  var body: [UInt8] = []
  var start = 0
  do {
    for cut in cuts + [bytes.count] {
      let piece = Array(bytes[start..<cut])
      start = cut
      var offset = 0
      reading: while true {
        let event = try piece.withUnsafeBytes { try decoder.next($0, &offset) }
        switch event {
        case .data(let range):
          guard !range.isEmpty, range.upperBound == offset else { return "bad range" }
          body += piece[range]
        case .end:
          return describe(body, Array(piece[offset...]) + bytes[cut...], decoder)
        case .needMore:
          guard offset == piece.count else { return "bytes left over" }
          break reading
        }
      }
    }
  } catch {
    return "error \(error)"
  }
  let isWhole = decoder.isCompleteAtEnd
  decoder.finish()
  guard decoder.isComplete == isWhole else { return "finish and isCompleteAtEnd disagree" }
  return isWhole ? describe(body, [], decoder) : "incomplete"
}

private func describe(_ body: [UInt8], _ rest: [UInt8], _ decoder: HTTP1BodyDecoder) -> String {
  var words = "'\(String(decoding: body, as: UTF8.self))'"
  if !rest.isEmpty { words += " then \(rest.count)" }
  if decoder.trailerCount > 0 { words += " trailers \(decoder.trailerCount)" }
  return words
}

private let counted: [BodyRow] = [
  BodyRow("", "''", .none),
  BodyRow("GET", "'' then 3", .none),
  BodyRow("", "''", .length(0)),
  BodyRow("GET", "'' then 3", .length(0)),
  BodyRow("abc", "'abc'", .length(3)),
  BodyRow("abcdef", "'abc' then 3", .length(3)),
  BodyRow("ab", "incomplete", .length(3)),
  BodyRow("", "incomplete", .length(3)),
  BodyRow("a\r\nb", "'a\r\nb'", .untilClose),
  BodyRow("", "''", .untilClose),
]

private let chunked: [BodyRow] = [
  BodyRow("0\r\n\r\n", "''"),
  BodyRow("000\r\n\r\nX", "'' then 1"),
  BodyRow("3\r\nabc\r\n0\r\n\r\n", "'abc'"),
  BodyRow("3\r\nabc\r\n0\r\n\r\nGET /", "'abc' then 5"),
  BodyRow(
    "4\r\nWiki\r\n6\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\n\r\n",
    "'Wikipedia in \r\n\r\nchunks.'"),
  BodyRow("a\r\n0123456789\r\n0\r\n\r\n", "'0123456789'"),
  BodyRow("A\r\n0123456789\r\n0\r\n\r\n", "'0123456789'"),
  BodyRow("0000000000000000000000001\r\na\r\n0\r\n\r\n", "'a'"),
  BodyRow("1;a\r\nx\r\n0\r\n\r\n", "'x'"),
  BodyRow("1;a=b;c=\"d e;\\\"\u{E4}\";f\r\nx\r\n0;z=9\r\n\r\n", "'x'"),
  BodyRow("0\r\nA: b\r\n\r\n", "'' trailers 1"),
  BodyRow("1\r\nx\r\n0\r\nA: b\r\nContent-Length: 5\r\n\r\nZ", "'x' then 1 trailers 2"),
  BodyRow("0\r\nA:\r\nB: \u{E4}\t\r\n\r\n", "'' trailers 2"),
  BodyRow("3\r\nabc\r\n0\r\n", "incomplete"),
  BodyRow("3\r\nabc\r\n0\r\n\r", "incomplete"),
  BodyRow("3\r\nabc\r\n", "incomplete"),
  BodyRow("3\r\nab", "incomplete"),
  BodyRow("7FFFFFFFFFFFFFFF\r\nab", "incomplete"),
]

private let refused: [BodyRow] = [
  BodyRow("\r\n", .invalidChunkSize),
  BodyRow("g\r\n", .invalidChunkSize),
  BodyRow("0x3\r\n", .invalidChunkSize),
  BodyRow("+3\r\n", .invalidChunkSize),
  BodyRow("-1\r\n", .invalidChunkSize),
  BodyRow(" 3\r\nabc", .invalidChunkSize),
  BodyRow("3 \r\nabc", .invalidChunkSize),
  BodyRow("3\t\r\nabc", .invalidChunkSize),
  BodyRow("3 ;a\r\nabc", .invalidChunkSize),
  BodyRow("1_0\r\n", .invalidChunkSize),
  BodyRow("3.0\r\n", .invalidChunkSize),
  BodyRow("\u{B2}\r\n", .invalidChunkSize),
  BodyRow(";a=b\r\n", .invalidChunkSize),
  BodyRow("8000000000000000\r\n", .invalidChunkSize),
  BodyRow("FFFFFFFFFFFFFFFF\r\n", .invalidChunkSize),
  BodyRow("10000000000000003\r\nabc\r\n", .invalidChunkSize),
  BodyRow("3\nabc\n", .bareLineFeed),
  BodyRow("3;a\nabc\r\n", .bareLineFeed),
  BodyRow("3\rabc", .bareCarriageReturn),
  BodyRow("3\r\r\nabc", .bareCarriageReturn),
  BodyRow("3;\r\nabc\r\n", .invalidChunkExtension),
  BodyRow("3; a\r\nabc\r\n", .invalidChunkExtension),
  BodyRow("3;=b\r\nabc\r\n", .invalidChunkExtension),
  BodyRow("3;a=\r\nabc\r\n", .invalidChunkExtension),
  BodyRow("3;a=b c\r\nabc\r\n", .invalidChunkExtension),
  BodyRow("3;a;\r\nabc\r\n", .invalidChunkExtension),
  BodyRow("3;a=\"b\r\nabc\r\n", .invalidChunkExtension),
  BodyRow("3;a=\"b\"c\r\nabc\r\n", .invalidChunkExtension),
  BodyRow("3;a==b\r\nabc\r\n", .invalidChunkExtension),
  BodyRow("3;\u{E4}\r\nabc\r\n", .invalidChunkExtension),
  BodyRow("3;a\u{0}\r\nabc\r\n", .controlCharacter),
  BodyRow("3;a=\"\u{1}\"\r\nabc\r\n", .controlCharacter),
  BodyRow("3\r\nabcd\r\n", .missingChunkEnd),
  BodyRow("3\r\nabc0\r\n\r\n", .missingChunkEnd),
  BodyRow("3\r\nabc\n0\r\n\r\n", .missingChunkEnd),
  BodyRow("3\r\nabc\rX", .bareCarriageReturn),
  BodyRow("3\r\nabc\r\r\n", .bareCarriageReturn),
  BodyRow("3\r\nabc\r\n\r\n", .invalidChunkSize),
  BodyRow("0\r\n A: b\r\n\r\n", .lineFolding),
  BodyRow("0\r\nA: b\r\n c\r\n\r\n", .lineFolding),
  BodyRow("0\r\nA : b\r\n\r\n", .whitespaceBeforeColon),
  BodyRow("0\r\n: b\r\n\r\n", .emptyFieldName),
  BodyRow("0\r\nA\r\n\r\n", .missingColon),
  BodyRow("0\r\nGET / HTTP/1.1\r\n", .whitespaceBeforeColon),
  BodyRow("0\r\nA(: b\r\n\r\n", .invalidFieldName),
  BodyRow("0\r\n\u{0}: b\r\n\r\n", .controlCharacter),
  BodyRow("0\r\nA: \u{0}\r\n\r\n", .controlCharacter),
  BodyRow("0\r\nA: b\n\r\n", .bareLineFeed),
  BodyRow("0\r\n\n", .bareLineFeed),
  BodyRow("0\r\nA: b\rc", .bareCarriageReturn),
  BodyRow("0\r\n\rX", .bareCarriageReturn),
]

struct BodyDecoderTests {
  @Test(arguments: counted + chunked + refused)
  private func `a body comes out the same however it is cut`(row: BodyRow) {
    check(latin1(row.text), row.framing, row.outcome)
  }

  @Test func `a chunk line of the largest size passes and one byte more does not`() {
    var limits = HTTP1Limits()
    limits.chunkExtensionBytes = 10
    check(latin1("1;23456789\r\nx\r\n0\r\n\r\n"), .chunked, "'x'", limits)
    check(latin1("1;234567890\r\nx\r\n0\r\n\r\n"), .chunked, "error chunkLineTooLong", limits)
    check(latin1("00000000001\r\nx\r\n0\r\n\r\n"), .chunked, "error chunkLineTooLong", limits)
  }

  @Test func `extensions of all chunks together have a limit`() {
    var limits = HTTP1Limits()
    limits.totalChunkExtensionBytes = 6
    check(latin1("1;a\r\nx\r\n1;b\r\ny\r\n0;c\r\n\r\n"), .chunked, "'xy'", limits)
    let error = "error chunkExtensionsTooLarge"
    check(latin1("1;a\r\nx\r\n1;b\r\ny\r\n0;cc\r\n\r\n"), .chunked, error, limits)
  }

  @Test func `trailers of the largest size pass and one byte more does not`() {
    var limits = HTTP1Limits()
    limits.trailerBytes = 8
    check(latin1("0\r\nA: bc\r\n\r\n"), .chunked, "error trailersTooLarge", limits)
    check(latin1("0\r\nA: b\r\n\r\n"), .chunked, "'' trailers 1", limits)
    limits.trailerBytes = 100
    limits.headerCount = 2
    check(latin1("0\r\nA:\r\nB:\r\n\r\n"), .chunked, "'' trailers 2", limits)
    check(latin1("0\r\nA:\r\nB:\r\nC:\r\n\r\n"), .chunked, "error tooManyFields", limits)
  }

  @Test func `an end stays an end`() throws {
    var decoder = HTTP1BodyDecoder(framing: .length(1))
    let bytes = latin1("ab")
    var offset = 0
    var events: [HTTP1BodyDecoder.Event] = []
    for _ in 0..<3 {
      events.append(try bytes.withUnsafeBytes { try decoder.next($0, &offset) })
    }
    #expect(events == [.data(0..<1), .end, .end])
    #expect(offset == 1)
    #expect(decoder.isComplete)
  }

  private func check(
    _ bytes: [UInt8], _ framing: BodyFraming, _ expected: String,
    _ limits: HTTP1Limits = HTTP1Limits()
  ) {
    #expect(outcome(bytes, cuts: Array(0...bytes.count), framing, limits) == expected)
    for cut in 0...bytes.count {
      #expect(outcome(bytes, cuts: [cut], framing, limits) == expected, "cut at \(cut)")
    }
  }
}
