import Testing
import Vocabulary

@testable import PDRouter

private let role =
  #"data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"# + "\n\n"
private let usage = #"data: {"id":"c","choices":[],"usage":{"total_tokens":3}}"# + "\n\n"
private let done = "data: [DONE]\n\n"
private let failure = #"data: {"error":{"message":"out of memory","code":500}}"# + "\n\n"

private func token(_ text: String) -> String {
  #"data: {"id":"c","choices":[{"index":0,"delta":{"content":"\#(text)"}}]}"# + "\n\n"
}

/// What a relay let through, the way `Request` uses it.
final class Flow {
  private var relay: AnswerRelay
  /// Each send with everything that left by it.
  var sends: [String] = []
  var firstTokenSend: Int?
  var failure: AnswerRelay.Failure?
  var isFailure: Bool { failure != nil }
  var sent: String { sends.joined() }
  var hasBegun: Bool { relay.hasBegun }
  var acceptsEvent: Bool { relay.acceptsEvent }
  var heldCount: Int { relay.held.count }
  var tokenEvents: Int { relay.tokenEvents }
  var sawDone: Bool { relay.sawDone }
  var passedError: AnswerRelay.ErrorEvent? { relay.passedError }

  init(_ mode: AnswerRelay.Mode, limit: Int = 64 * 1024, join: PrefillUsage? = nil) {
    relay = AnswerRelay(mode: mode, limit: limit)
    relay.reset(mode: mode, join: join)
  }

  func take(_ piece: some Sequence<UInt8>) {
    guard failure == nil else { return }
    Array(piece).withUnsafeBytes { bytes in
      let decision = relay.take(bytes)
      if decision.hasFirstToken { firstTokenSend = sends.count }
      if let part = decision.sends {
        sends.append(relay.held.text + String(decoding: bytes[part], as: UTF8.self))
        relay.didSendHeld()
        relay.keep(UnsafeRawBufferPointer(rebasing: bytes[part.upperBound...]))
      } else if decision.failure == nil {
        relay.keep(bytes)
      }
      failure = decision.failure
    }
  }

  /// Takes `text` in pieces of `size` bytes.
  func take(_ text: String, by size: Int) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      take(rest.prefix(size))
      rest = rest.dropFirst(size)
    }
  }

  func reset() {
    relay.reset(mode: .events)
    sends = []
  }

  /// The answer has ended: what is held follows.
  func end() {
    guard failure == nil else { return }
    failure = relay.finish()
    guard failure == nil else { return }
    if !relay.held.isEmpty { sends.append(relay.held.text) }
    relay.didSendHeld()
  }
}

struct AnswerRelayEventTests {
  private let stream = role + token("Hel") + ": note\n\n" + token("lo") + usage + done

  @Test func `cut at every place, bytes stay in order and every send ends an event`() {
    let bytes = Array(stream.utf8)
    for cut in 0...bytes.count {
      let flow = Flow(.events)
      flow.take(bytes[..<cut])
      flow.take(bytes[cut...])
      #expect(flow.sent == stream, "cut at \(cut)")
      #expect(flow.sends.allSatisfy { $0.hasSuffix("\n\n") }, "cut at \(cut)")
      #expect(flow.acceptsEvent && flow.heldCount == 0)
      #expect(flow.tokenEvents == 2 && flow.sawDone)
    }
  }

  @Test(arguments: [1, 2, 3, 7, 64])
  func `in small pieces, bytes stay in order and every send ends an event`(size: Int) {
    let flow = Flow(.events)
    flow.take(stream, by: size)
    #expect(flow.sent == stream)
    #expect(flow.sends.allSatisfy { $0.hasSuffix("\n\n") })
    #expect(flow.sends.count == (size == 1 ? 5 : flow.sends.count))
    #expect(flow.firstTokenSend == 0)
  }

  @Test(arguments: ["\r\n", "\r", "\n"])
  func `any line end serves`(end: String) {
    let text = stream.replacing("\n", with: end)
    for size in 1...5 {
      let flow = Flow(.events)
      flow.take(text, by: size)
      flow.end()
      #expect(flow.sent == text)
      #expect(flow.tokenEvents == 2)
    }
  }

  @Test func `a chunk with a role only is held until a token comes`() {
    let flow = Flow(.events)
    flow.take(role.utf8)
    #expect(flow.sends.isEmpty && !flow.hasBegun && flow.firstTokenSend == nil)
    flow.take(token("a").utf8)
    #expect(flow.sends == [role + token("a")])
    #expect(flow.hasBegun && flow.firstTokenSend == 0)
  }

  @Test func `an error event before the first token is the engine's failure, and nothing is sent`()
  {
    let bytes = Array((role + failure).utf8)
    for cut in 0...bytes.count {
      let flow = Flow(.events)
      flow.take(bytes[..<cut])
      flow.take(bytes[cut...])
      #expect(flow.isFailure && flow.sends.isEmpty, "cut at \(cut)")
    }
  }

  @Test func `an error event after the first token was sent is passed on and remembered`() {
    let flow = Flow(.events)
    flow.take(token("a").utf8)
    flow.take((failure + done).utf8)
    #expect(flow.failure == nil && flow.sent == token("a") + failure + done)
    #expect(flow.passedError == .engine)
  }

  @Test func `an error event that comes with the first token is a failure while nothing is sent`() {
    let flow = Flow(.events)
    flow.take((role + token("a") + failure + done).utf8)
    #expect(flow.failure == .errorEvent && flow.sends.isEmpty && flow.tokenEvents == 0)
  }

  @Test(arguments: ["400", "\"404\"", "422", "499"])
  func `an error event that blames the request is passed on, before a token as after`(
    code: String
  ) {
    let refusal = #"data: {"error":{"message":"too long","code":\#(code)}}"# + "\n\n"
    let bytes = Array((role + refusal + done).utf8)
    for cut in 0...bytes.count {
      let flow = Flow(.events)
      flow.take(bytes[..<cut])
      flow.take(bytes[cut...])
      #expect(flow.failure == nil && flow.sent == role + refusal + done, "cut at \(cut)")
      #expect(flow.passedError == nil && flow.tokenEvents == 0)
    }
    let late = Flow(.events)
    late.take(token("a").utf8)
    late.take(refusal.utf8)
    #expect(late.sent == token("a") + refusal && late.passedError == .client)
  }

  @Test func `a stream that ends before any token is sent when it says so`() {
    let flow = Flow(.events)
    flow.take((role + done).utf8)
    #expect(flow.sent == role + done)
  }

  @Test func `beyond its limit a relay sends what it has, and no event of ours may follow`() {
    let flow = Flow(.events, limit: 100)
    let long = "data: {\"id\":\"" + String(repeating: "x", count: 300)
    flow.take(long.utf8)
    #expect(flow.sent == long && flow.hasBegun)
    #expect(!flow.acceptsEvent)
    flow.take("\",\"choices\":[]}\n\n".utf8)
    #expect(flow.acceptsEvent)
  }

  @Test func `a relay never holds more than its limit`() {
    var generator = SplitMix64(seed: 11)
    for _ in 0..<200 {
      let flow = Flow(.events, limit: 64)
      var text = ""
      for _ in 0..<20 {
        let isToken = generator.next() % 3 == 0
        let size = Int(generator.next() % 90)
        let body = String(repeating: "y", count: size)
        let piece = isToken ? token(body) : (generator.next() % 2 == 0 ? body : "\n\n")
        text += piece
        flow.take(piece.utf8)
        #expect(flow.heldCount <= 64)
      }
      flow.end()
      #expect(flow.isFailure || flow.sent == text)
    }
  }

  @Test func `seeded garbage comes out as it went in`() {
    var generator = SplitMix64(seed: 5)
    let alphabet = Array("data: {}[]\"choices:,\n\r[DONE] event id".utf8)
    for _ in 0..<300 {
      let flow = Flow(.events, limit: 256)
      var all: [UInt8] = []
      for _ in 0..<12 {
        let piece = (0..<Int(generator.next() % 40)).map { _ in
          alphabet[Int(generator.next() % UInt64(alphabet.count))]
        }
        all += piece
        flow.take(piece)
      }
      flow.end()
      #expect(flow.isFailure || Array(flow.sent.utf8) == all)
    }
  }

  @Test func `a relay that is reset has forgotten the other answer`() {
    let flow = Flow(.events)
    flow.take((token("a") + "data: rest").utf8)
    flow.reset()
    #expect(flow.heldCount == 0 && !flow.hasBegun && flow.tokenEvents == 0)
    flow.take(role.utf8)
    #expect(flow.sends.isEmpty)
  }
}

struct AnswerRelayWholeTests {
  @Test func `an opaque answer flows from its first byte`() {
    let flow = Flow(.opaque)
    flow.take("abc".utf8)
    flow.take("def".utf8)
    #expect(flow.sends == ["abc", "def"] && !flow.acceptsEvent)
  }

  @Test func `a whole answer is held until it ends`() {
    let flow = Flow(.whole)
    flow.take("abc".utf8)
    flow.take("def".utf8)
    #expect(flow.sends.isEmpty && !flow.hasBegun)
    flow.end()
    #expect(flow.sent == "abcdef")
  }

  @Test func `a whole answer beyond the limit flows`() {
    let flow = Flow(.whole, limit: 5)
    flow.take("abc".utf8)
    flow.take("defg".utf8)
    #expect(flow.sends == ["abcdefg"])
    flow.take("hij".utf8)
    flow.end()
    #expect(flow.sent == "abcdefghij")
  }

  @Test func `a piece as large as the limit is still held, one byte more is not`() {
    let flow = Flow(.whole, limit: 4)
    flow.take("abcd".utf8)
    #expect(flow.sends.isEmpty)
    flow.take("e".utf8)
    #expect(flow.sends == ["abcde"])
  }
}
