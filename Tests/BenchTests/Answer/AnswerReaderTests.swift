import Testing
import Vocabulary
import Wire

@testable import Bench

/// Answers over one connection, and the tally of what they bring.
@Suite struct AnswerReaderTests {
  private struct Reading {
    var progress: AnswerReader.Progress?
    var tally = AnswerTally(wantsText: true)
    var gaps: [Duration] = []
    var status = 0
    var body = ""
    var keepsAlive = false
  }

  /// Reads `pieces`, one every 10 ms.
  private static func read(_ pieces: [[UInt8]]) throws -> Reading {
    var reader = AnswerReader()
    reader.begin(.post)
    var reading = Reading()
    var now = Instant(nanoseconds: 0)
    for piece in pieces where !piece.isEmpty {
      now = now + .milliseconds(10)
      var tally = reading.tally
      reading.progress = try piece.withUnsafeBytes { bytes throws(WireError) in
        try reader.read(bytes) { event in
          if let gap = tally.take(event, at: now) { reading.gaps.append(gap) }
        }
      }
      reading.tally = tally
    }
    reading.status = reader.status
    reading.keepsAlive = reader.keepsAlive
    reading.body = String(decoding: reader.bodyBytes, as: UTF8.self)
    return reading
  }

  private static let chunks = [
    "data: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: {\"choic",
    "es\":[{\"text\":\"b\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":4}}\n\n",
    "data: [DONE]\n\n", "",
  ]
  private static let stream =
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/event-stream; "
    + "charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
    + chunks.map { String($0.utf8.count, radix: 16) + "\r\n" + $0 + "\r\n" }.joined()

  @Test func `a stream is read whole, split at every byte, and byte by byte`() throws {
    let bytes = Array(Self.stream.utf8)
    let ways =
      [[bytes], bytes.map { [$0] }]
      + (1..<bytes.count).map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
    for pieces in ways {
      let reading = try Self.read(pieces)
      #expect(reading.progress == .complete && reading.status == 200 && reading.keepsAlive)
      #expect(reading.tally.tokenEvents == 2 && reading.tally.isDone)
      #expect(reading.tally.usage?.prompt == 4 && reading.tally.text == "ab")
      #expect(reading.gaps.count == 1 && reading.tally.outputTokens == 2)
    }
    let slow = try Self.read(bytes.map { [$0] })
    #expect(slow.gaps.allSatisfy { $0 > .milliseconds(100) })
  }

  @Test func `an answer of another status keeps its body`() throws {
    let reading = try Self.read([
      Array("HTTP/1.1 503 X\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfull".utf8)
    ])
    #expect(reading.progress == .complete && reading.status == 503 && reading.body == "full")
    #expect(!reading.keepsAlive)
  }

  @Test func `more than was asked for, and what is no HTTP, is an error`() throws {
    let reading = try Self.read([
      Array("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP".utf8)
    ])
    #expect(reading.progress == .broken("more came than was asked for"))
    #expect(throws: WireError.self) { try Self.read([Array("SSH-2.0-x\r\n\r\n".utf8)]) }
  }

  @Test func `an answer without a length ends with its connection`() throws {
    var reader = AnswerReader()
    reader.begin(.post)
    for text in ["HTTP/1.1 200 OK\r\n\r\n", "body"] {
      let progress = try Array(text.utf8).withUnsafeBytes { bytes throws(WireError) in
        try reader.read(bytes) { _ in }
      }
      #expect(progress == .unfinished)
    }
    let isWhole = reader.readEnd() && reader.hasHead && !reader.isStream
    #expect(isWhole)
  }

  @Test func `a token without a text counts from the word that the answer ended`() {
    var tally = AnswerTally(wantsText: false)
    for text in [
      #"{"choices":[{"text":""}]}"#, #"{"choices":[{"text":"","finish_reason":"stop"}]}"#,
    ] {
      let gap = Array(text.utf8).withUnsafeBytes {
        tally.take($0, at: Instant(nanoseconds: 9))
      }
      #expect(gap == nil && tally.firstTokenAt == nil)
    }
    tally.end()
    #expect(tally.firstTokenAt == Instant(nanoseconds: 9) && tally.outputTokens == 1)
  }

  @Test(arguments: [
    (#"{"choices":[{"text":"a"}],"usage":{"completion_tokens":5}}"#, 5, nil),
    (#"{"choices":[{"message":{"content":"a"}}]}"#, 1, nil),
    (#"{"data":[]}"#, 0, "neither choices nor an error in the answer"),
    (#"{"error":{"message":"no"}}"#, 0, "no"),
  ])
  func `an answer that came whole is tallied`(_ body: String, _ tokens: Int, _ error: String?) {
    var tally = AnswerTally(wantsText: false)
    Array(body.utf8).withUnsafeBytes { tally.take(whole: $0) }
    #expect(tally.outputTokens == tokens && tally.error == error && tally.firstTokenAt == nil)
  }
}
