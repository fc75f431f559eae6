import Testing
import Vocabulary

@testable import Simulation

@Suite struct EnginePartsTests {
  @Test(arguments: [
    "", " ", "a", "the quick brown fox", "  two  spaces ", "line\nline\r\n\n end", "x=1;y[2]",
    "1234567 89", "Grüße aus Köln", "日本語テキスト", "🙂 mixed 🙃\u{0}\u{1}", " apple apple",
    "<|user|>\nhi\n<|assistant|>\n",
  ])
  func `tokens give their text back`(text: String) {
    let tokens = EngineTokenizer.tokens(of: text)
    #expect(EngineTokenizer.text(of: tokens) == text)
    #expect(tokens.allSatisfy { $0 < EngineTokenizer.vocabularySize })
  }

  @Test func `random text gives itself back`() {
    var generator = SplitMix64(seed: 1)
    for _ in 0..<500 {
      let scalars = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
        Unicode.Scalar(UInt32.random(in: 0...0x7FF, using: &generator)) ?? " "
      }
      var text = ""
      text.unicodeScalars.append(contentsOf: scalars)
      #expect(EngineTokenizer.text(of: EngineTokenizer.tokens(of: text)) == text)
    }
  }

  @Test func `any token id has a text`() {
    var generator = SplitMix64(seed: 2)
    for _ in 0..<500 {
      _ = EngineTokenizer.text(of: [UInt32.random(in: 0 ... .max, using: &generator)])
    }
    #expect(EngineTokenizer.text(of: [0x0500_0000]) == "<83886080>")
    #expect(EngineTokenizer.text(of: EngineTokenizer.endOfSequence) == "")
  }

  @Test func `an answer read again has the same tokens, so turns share a prefix`() {
    let digest = TokenDigest(of: prompt(9))
    let ids = (0..<60).map { AnswerText.token(at: $0, choice: 0, of: digest) }
    let text = EngineTokenizer.text(of: ids)
    #expect(EngineTokenizer.tokens(of: text) == ids)
    let turn = ChatTemplate.render([.init(role: "user", text: "Hi there")])
    let next = ChatTemplate.render([
      .init(role: "user", text: "Hi there"), .init(role: "assistant", text: text),
      .init(role: "user", text: "More"),
    ])
    let tokens = EngineTokenizer.tokens(of: turn) + ids
    #expect(Array(EngineTokenizer.tokens(of: next).prefix(tokens.count)) == tokens)
  }

  @Test func `a digest of runs joined is the digest of the whole`() {
    let tokens = prompt(100)
    for cut in [0, 1, 16, 50, 99, 100] {
      var joined = TokenDigest(of: tokens[..<cut])
      joined.append(TokenDigest(of: tokens[cut...]))
      #expect(joined == TokenDigest(of: tokens))
    }
    var swapped = TokenDigest(of: tokens[50...])
    swapped.append(TokenDigest(of: tokens[..<50]))
    #expect(swapped != TokenDigest(of: tokens))
  }

  @Test func `one token changed anywhere changes the answer`() {
    let base = (0..<8).map { AnswerText.token(at: $0, choice: 0, of: TokenDigest(of: prompt(64))) }
    for place in 0..<64 {
      var tokens = prompt(64)
      tokens[place] ^= 1
      let digest = TokenDigest(of: tokens)
      #expect((0..<8).map { AnswerText.token(at: $0, choice: 0, of: digest) } != base)
    }
  }

  @Test func `a pool hands out the block freed longest ago and forgets its key`() {
    var pool = BlockPool(capacity: 3, blockTokens: 4)
    let blocks = (0..<3).map { _ in pool.allocate() }
    #expect(blocks == [1, 2, 3])
    #expect(pool.free == 0)
    for block in blocks { pool.publish(block, as: UInt64(block) * 10) }
    pool.release([2])
    pool.release([1, 3])
    #expect(pool.used == 0)
    #expect(pool.cached(20) == 2)
    #expect(pool.allocate() == 2)
    #expect(pool.cached(20) == nil)
    #expect(pool.cached(10) == 1)
    pool.hold(1)
    pool.hold(1)
    pool.release([1])
    #expect(pool.used == 2)
    #expect(pool.allocate() == 3)
  }

  @Test func `a freed block keeps its content until it is handed out again`() {
    var pool = BlockPool(capacity: 1, blockTokens: 4)
    let block = pool.allocate()
    pool.append(7, to: block)
    pool.release([block])
    #expect(pool.content(of: block) == TokenDigest(of: [7]))
    #expect(pool.allocate() == block)
    #expect(pool.content(of: block) == TokenDigest())
    #expect(pool.content(of: 2) == nil)
    #expect(pool.content(of: -1) == nil)
  }

  @Test func `random holds and releases account for every block`() {
    var pool = BlockPool(capacity: 20, blockTokens: 4)
    var held: [Int32] = []
    var generator = SplitMix64(seed: 9)
    for step in 0..<5000 {
      if Bool.random(using: &generator), pool.free > 0 {
        let block = pool.allocate()
        pool.publish(block, as: UInt64(step + 1))
        held.append(block)
      } else if let place = held.indices.randomElement(using: &generator) {
        pool.release([held.remove(at: place)])
      }
      #expect(pool.used == held.count)
      #expect(Set(held).count == held.count)
    }
  }

  @Test func `each misuse of an export has its own count`() {
    var exports = KVExports()
    let end = Instant.zero + .seconds(30)
    exports.add("used", blocks: [1], deadline: end)
    exports.noteRead("used", by: "a", blockCount: 1)
    exports.noteRead("used", by: "a", blockCount: 1)
    #expect(exports.counts.doubleUses == 0)
    exports.noteRead("used", by: "b", blockCount: 1)
    #expect(exports.counts.doubleUses == 1 && exports.counts.readsAfterFree == 0)
    #expect(exports.end("used", as: .consumed) == [1])
    #expect(exports.end("used", as: .consumed) == [])
    exports.noteRead("used", by: "c", blockCount: 0)
    #expect(exports.counts.doubleUses == 2 && exports.counts.readsAfterFree == 0)
    exports.noteRead("never", by: "c", blockCount: 2)
    #expect(exports.counts.unknownReads == 1 && exports.counts.readsAfterFree == 1)
    #expect(exports.counts.notificationsAfterExpiry == 1)
    exports.add("late", blocks: [2, 3], deadline: end)
    #expect(exports.pinnedBlocks == 2)
    exports.extend("late", to: end + .seconds(5))
    #expect(exports.nextExpiry == end + .seconds(5))
    #expect(exports.expire(at: end) == [])
    #expect(exports.expire(at: end + .seconds(5)) == [2, 3])
    exports.extend("late", to: end + .seconds(9))
    #expect(exports.counts.heartbeatsTooLate == 1 && exports.counts.expired == 1)
    #expect(exports.ending(of: "late") == .expired && exports.nextExpiry == .distantFuture)
  }

  static let sampleAsk = KVAsk(
    engineID: nil, name: "tx-\"1\"@d:2",
    target: EngineSequenceID(request: EngineRequestID(number: 7), choice: 2),
    consumerEngineID: "d", address: HostAndPort(host: "d", port: 5600), blockCount: 3)

  static let sampleWrite = KVWrite(
    engineID: "d", name: "n", target: sampleAsk.target,
    contents: [TokenDigest(of: [1, 2]), TokenDigest()])

  @Test(arguments: [SideChannelMessage.ask(sampleAsk), .write(sampleWrite)])
  func `a mutated message is read or refused, and an engine survives it`(
    message: SideChannelMessage
  ) {
    var bytes = ByteBuffer()
    message.write(to: &bytes)
    let base = Array(bytes.bytes)
    var generator = SplitMix64(seed: 5)
    var configuration = EngineConfiguration(engineID: "d")
    configuration.connector = .nixlPush
    var engine = EngineScheduler(configuration)
    var refused = 0
    for _ in 0..<3000 {
      var body = base
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<body.count, using: &generator)
        body[place] = UInt8.random(in: 32...126, using: &generator)
      }
      guard let read = body.withUnsafeBytes({ SideChannelMessage(json: $0) }) else {
        refused += 1
        continue
      }
      _ = engine.answer(read, now: .zero)
    }
    #expect(refused > 500 && refused < 3000)
    #expect(engine.exports.count == 0 && engine.pool.used == 0)
  }

  @Test func `recent names are a set that forgets the oldest`() {
    var names = RecentNames(limit: 3)
    for name in ["a", "b", "c"] { #expect(names.insert(name) == true) }
    let inserted = [names.insert("a"), names.insert("d")]
    #expect(inserted == [false, true])
    let removed = [names.remove("b"), names.remove("b"), names.remove("a")]
    #expect(removed == [true, false, false])
    let again = [names.insert("b"), names.insert("e")]
    #expect(again == [true, true])
    // The place of the first b is gone with it: the second one is younger than d.
    let kept = [names.remove("b"), names.remove("e")]
    #expect(kept == [true, true])
    for number in 0..<1000 {
      #expect(names.insert("\(number)") == true)
      #expect(names.remove("\(number - 2)") == (number >= 2))
    }
  }

  @Test func `an ask waits for its name until it is taken, given up or overdue`() {
    var meetings = KVMeetings()
    let soon = Instant.zero + .seconds(10)
    let ask = EnginePartsTests.sampleAsk
    #expect(meetings.wait(ask, until: soon, now: .zero) == true)
    #expect(meetings.wait(ask, until: soon, now: .zero) == true)
    let other = KVAsk(
      engineID: nil, name: ask.name, target: ask.target, consumerEngineID: "e",
      address: ask.address, blockCount: 1)
    #expect(meetings.wait(other, until: soon, now: .zero) == false)
    #expect(meetings.take(ask.name, now: soon) == other)
    #expect(meetings.take(ask.name, now: soon) == nil)
    _ = meetings.wait(ask, until: soon, now: .zero)
    meetings.giveUp(ask.name)
    #expect(meetings.count == 0)
    #expect(meetings.takeGivenUp(ask.name) == true)
    #expect(meetings.takeGivenUp(ask.name) == false)
    meetings.giveUp(ask.name)
    _ = meetings.wait(ask, until: soon, now: .zero)
    #expect(meetings.takeGivenUp(ask.name) == false)
    #expect(meetings.take(ask.name, now: soon + .seconds(1)) == nil)
    _ = meetings.wait(ask, until: soon, now: .zero)
    let late = KVAsk(
      engineID: nil, name: "late", target: ask.target, consumerEngineID: "e",
      address: ask.address, blockCount: 1)
    #expect(meetings.wait(late, until: .distantFuture, now: soon + .seconds(1)) == true)
    #expect(meetings.count == 1)
  }

  @Test(arguments: [
    SideChannelMessage.read(engineID: "e\"1", requestID: "r", blockIDs: [1, 22], consumer: "c/1"),
    .read(engineID: "", requestID: "", blockIDs: [], consumer: ""),
    .notice(requestID: "r\n", reason: .consumed), .notice(requestID: "r", reason: .released),
    .heartbeat(requestIDs: ["a", "b"]), .heartbeat(requestIDs: []),
    .read(engineID: nil, requestID: "r", blockIDs: [], consumer: "c"), .ask(sampleAsk),
    .write(sampleWrite),
  ])
  func `a side channel message survives its JSON, and no part of it is taken for another`(
    message: SideChannelMessage
  ) {
    var bytes = ByteBuffer()
    message.write(to: &bytes)
    #expect(SideChannelMessage(json: bytes.bytes) == message)
    for count in 0..<bytes.count {
      let part = UnsafeRawBufferPointer(rebasing: bytes.bytes[..<count])
      #expect(SideChannelMessage(json: part) == nil)
    }
  }

  @Test(arguments: [
    SideChannelReply.content([TokenDigest(of: [1, 2]), TokenDigest()]), .content([]), .done,
    .refused("no"),
  ])
  func `a side channel reply survives its JSON`(reply: SideChannelReply) {
    var bytes = ByteBuffer()
    reply.write(to: &bytes)
    #expect(SideChannelReply(json: bytes.bytes) == reply)
    let part = UnsafeRawBufferPointer(rebasing: bytes.bytes.dropLast())
    #expect(SideChannelReply(json: part) == nil)
  }

  @Test func `faults strike the next few, or some, as set`() throws {
    var faults = EngineFaults(seed: 4)
    try set(
      &faults,
      """
      [{"kind":"status","status":503,"body":"x","retry_after":2,"count":2},
       {"kind":"die","at":"after_tokens","tokens":3,"probability":0.25},
       {"kind":"refuse","count":1},{"kind":"slow","factor":2.5}]
      """)
    #expect(faults.slowFactor == 2.5)
    #expect(faults.drawConnection() == [.refuse])
    #expect(faults.drawConnection() == [])
    var statuses = 0
    var deaths = 0
    for _ in 0..<1000 {
      for kind in faults.drawRequest() {
        if kind == .status(503, body: "x", retryAfter: 2) { statuses += 1 }
        if kind == .die(.afterTokens(3)) { deaths += 1 }
      }
    }
    #expect(statuses == 2)
    #expect((200...300).contains(deaths))
    try set(&faults, "[]")
    #expect(faults.active.isEmpty && faults.slowFactor == 1)
  }

  @Test(arguments: [
    "", "3", "{}", "{\"kind\":\"dance\"}", "{\"kind\":\"die\"}", "[{\"kind\":\"hang\"},7]",
    "{\"kind\":\"hang\",\"count\":-1}", "{\"kind\":\"hang\",\"probability\":2}",
    "{\"kind\":\"slow\"}", "{\"kind\":\"lie\"}", "{\"kind\":\"lie\",\"as\":\"truth\"}",
    "{\"kind\":\"status\",\"status\":9}",
  ])
  func `an unreadable fault is refused and changes nothing`(body: String) {
    var faults = EngineFaults(seed: 4)
    faults.add(EngineFault(.malformed))
    #expect(throws: EngineRefusal.self) { try set(&faults, body) }
    #expect(faults.active.map(\.kind) == [.malformed])
  }

  private func set(_ faults: inout EngineFaults, _ body: String) throws {
    try Array(body.utf8).withUnsafeBytes { try faults.set(json: $0) }
  }
}
