import Testing
import Vocabulary
import Wire

/// What a scanner said of a whole stream, with offsets in the stream.
private struct StreamReport: Equatable {
  var events = 0
  var tokenEvents = 0
  var firstTokenEventEnd: Int?
  var lastBoundary: Int?
  var isDone = false
  var isError = false
  var isAtBoundary = true
}

private func report(_ bytes: [UInt8], cuts: [Int]) -> StreamReport {
  var scanner = ServerSentEventScanner()
  var report = StreamReport()
  var start = 0
  for cut in cuts + [bytes.count] {
    let summary = bytes[start..<cut].withUnsafeBytes { scanner.scan($0) }
    report.events += summary.events
    report.tokenEvents += summary.tokenEvents
    if let end = summary.firstTokenEventEnd {
      #expect(report.firstTokenEventEnd == nil, "the first token was reported twice")
      report.firstTokenEventEnd = start + end
    }
    if let boundary = summary.lastBoundary { report.lastBoundary = start + boundary }
    report.isDone = report.isDone || summary.sawDone
    report.isError = report.isError || summary.sawError
    start = cut
  }
  report.isAtBoundary = scanner.isAtBoundary
  return report
}

/// A chat stream, its lines ended by `lineEnd`, with the offset after its first token.
private func stream(_ lineEnd: String) -> (bytes: [UInt8], firstTokenEnd: Int) {
  func event(_ data: String) -> String { "data: \(data)\(lineEnd)\(lineEnd)" }
  let head =
    ": hello\(lineEnd)\(lineEnd)" + event(StreamSample.role) + event(StreamSample.chat("a"))
  let rest =
    event(StreamSample.chat("b")) + event(StreamSample.chat("c\\n")) + event(StreamSample.finish)
    + event(StreamSample.usage) + event("[DONE]")
  return (latin1(head + rest), latin1(head).count)
}

struct ServerSentEventScannerTests {
  @Test(arguments: ["\n", "\r\n", "\r"])
  func `a stream is read the same cut at any one place`(lineEnd: String) {
    let (bytes, firstTokenEnd) = stream(lineEnd)
    let whole = report(bytes, cuts: [])
    #expect(
      whole
        == StreamReport(
          events: 7, tokenEvents: 4, firstTokenEventEnd: firstTokenEnd,
          lastBoundary: bytes.count, isDone: true))
    for cut in 0...bytes.count {
      var cutReport = report(bytes, cuts: [cut])
      // A CRLF cut in two has ended its line with the CR.
      if cut == firstTokenEnd - 1, lineEnd == "\r\n" {
        #expect(cutReport.firstTokenEventEnd == firstTokenEnd - 1)
        cutReport.firstTokenEventEnd = firstTokenEnd
      }
      #expect(cutReport == whole, "cut at \(cut)")
    }
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `a stream is read the same byte by byte`(lineEnd: String) {
    let (bytes, _) = stream(lineEnd)
    var single = report(bytes, cuts: Array(0..<bytes.count))
    let whole = report(bytes, cuts: [])
    single.firstTokenEventEnd = whole.firstTokenEventEnd
    #expect(single == whole)
  }

  @Test func `line ends of every kind may be mixed`() {
    let text = "data: a\r\n\ndata: b\n\r\ndata: c\r\rdata: d\n\n\n\r\n"
    let whole = report(latin1(text), cuts: [])
    #expect(whole.events == 4)
    #expect(whole.lastBoundary == latin1(text).count)
    for cut in 0...latin1(text).count {
      #expect(report(latin1(text), cuts: [cut]).events == 4)
    }
  }

  @Test func `a CRLF cut in two ends one line, not two`() {
    let bytes = latin1("data: a\r\ndata: b\r\n\r\n")
    let cut = report(bytes, cuts: [8])
    #expect(cut.events == 1)
    #expect(cut.lastBoundary == bytes.count)
  }

  @Test func `an unfinished event is no boundary`() {
    for text in ["d", "data: x", "data: x\n", "data: x\r\n", "data: x\n\ndata", "data: x\n\n:"] {
      #expect(report(latin1(text), cuts: []).isAtBoundary == false, "\(text)")
    }
    for text in ["", "\n", "data: x\n\n", "data: x\r\n\r", "data: x\r\n\r\n"] {
      #expect(report(latin1(text), cuts: []).isAtBoundary, "\(text)")
    }
    #expect(report(latin1("data: x\n\ndata: y\n"), cuts: []).lastBoundary == 9)
  }

  @Test func `an event larger than what is kept still counts once`() {
    let long = String(repeating: "x", count: 3 * ServerSentEventScanner.keptByteLimit)
    let token = latin1("data: " + StreamSample.chat(long) + "\n\n")
    let opening = latin1(
      "event: response.created\ndata: {\"response\":{\"instructions\":\"\(long)\"}}\n\n")
    let steps = Array(stride(from: 0, to: token.count, by: 1000))
    #expect(report(token, cuts: steps).tokenEvents == 1)
    #expect(report(token, cuts: []).tokenEvents == 1)
    let created = report(opening, cuts: Array(stride(from: 0, to: opening.count, by: 1000)))
    #expect(created.events == 1)
    #expect(created.tokenEvents == 0)
  }

  @Test func `what follows a long event is judged by itself`() {
    let long = String(repeating: "x", count: 2 * ServerSentEventScanner.keptByteLimit)
    let bytes = latin1("data: \(StreamSample.chat(long))\n\ndata: [DONE]\n\n")
    let cut = report(bytes, cuts: Array(stride(from: 0, to: bytes.count, by: 700)))
    #expect(cut.events == 2)
    #expect(cut.isDone)
  }

  @Test func `a usage chunk or an error after tokens is no token`() {
    let tokens = (0..<5).map { "data: \(StreamSample.chat("t\($0)"))\n\n" }.joined()
    for (last, isError) in [(StreamSample.usage, false), (StreamSample.error, true)] {
      let found = report(latin1(tokens + "data: \(last)\n\n"), cuts: [])
      #expect(found.events == 6)
      #expect(found.tokenEvents == 5)
      #expect(found.isError == isError)
    }
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `the place where an aborted event begins is told wherever the stream is cut`(
    lineEnd: String
  ) {
    let before = ["data: \(StreamSample.chat("a"))", "data: \(StreamSample.chat("b"))"]
      .map { $0 + lineEnd + lineEnd }.joined()
    let abort = StreamSample.finish.replacing("\"stop\"", with: "\"abort\"")
    let bytes = latin1(
      before + "data: \(abort)\(lineEnd)\(lineEnd)data: [DONE]\(lineEnd)\(lineEnd)")
    for cut in 0...bytes.count {
      var scanner = ServerSentEventScanner()
      var starts: [Int] = []
      for (offset, piece) in [(0, bytes[..<cut]), (cut, bytes[cut...])] {
        let summary = piece.withUnsafeBytes { scanner.scan($0) }
        if let start = summary.abortStart { starts.append(offset + start) }
      }
      #expect(starts == [latin1(before).count], "cut at \(cut)")
    }
  }

  @Test(arguments: 0..<10)
  func `garbage is read the same however it is cut`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let alphabet = latin1("\r\n\r\ndata: {\"choices\":[]},event\\x[DONE]\u{0}\u{FF}")
    for _ in 0..<100 {
      var bytes = stream("\r\n").bytes
      for _ in 0..<Int.random(in: 1..<40, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[place] = alphabet.randomElement(using: &generator)!
      }
      let cuts = (0..<6).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
      var cut = report(bytes, cuts: cuts)
      let whole = report(bytes, cuts: [])
      // A CRLF cut in two ends one byte earlier; nothing else may differ.
      if let end = cut.firstTokenEventEnd, end + 1 == whole.firstTokenEventEnd {
        cut.firstTokenEventEnd = end + 1
      }
      #expect(cut == whole)
    }
  }
}
