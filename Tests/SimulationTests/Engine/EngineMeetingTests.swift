import Simulation
import Testing
import Vocabulary

/// The dialects in which prefill writes as soon as it has finished and decode has asked.
@Suite struct EngineMeetingTests {
  private struct Pair {
    let fleet = EngineFleet()
    let p: EngineFleet.Member
    let d: EngineFleet.Member

    init(_ dialect: Dialect, change: (inout EngineConfiguration) -> Void = { _ in }) {
      p = fleet.add(port: 1) {
        $0.connector = dialect.connector
        $0.role = .prefill
        change(&$0)
      }
      d = fleet.add(port: 2) {
        $0.connector = dialect.connector
        $0.role = .decode
        change(&$0)
      }
    }

    func run(_ duration: Duration) { fleet.run(until: (fleet.now - .zero) + duration) }

    var isClean: Bool {
      p.core.pool.used == 0 && d.core.pool.used == 0 && p.isIdle && d.isIdle
    }
    var counts: KVExportCounts { p.core.exports.counts }
  }

  @Test(arguments: Dialect.meeting, [1, 16, 17, 108, 5000])
  func `prefill first: the text is that of one engine alone`(dialect: Dialect, length: Int) {
    let pair = Pair(dialect)
    _ = pair.fleet.submit(dialect.prefill(prompt(length)), to: pair.p)
    pair.run(.seconds(2))
    #expect(pair.p.core.exports.count == 1)
    let id = pair.fleet.submit(dialect.decode(prompt(length)), to: pair.d)
    pair.run(.seconds(2))
    #expect(pair.d.text(id) == reference(prompt(length), maxTokens: 9))
    #expect(pair.d.core.counters.externalTokens == length)
    #expect(pair.d.core.counters.computedPromptTokens == 0)
    #expect(pair.counts.consumed == 1 && pair.counts.misuses == 0 && pair.isClean)
  }

  @Test(arguments: Dialect.meeting, [1, 16, 17, 108, 5000])
  func `decode first: it waits, and the text is right`(dialect: Dialect, length: Int) {
    let pair = Pair(dialect)
    let id = pair.fleet.submit(dialect.decode(prompt(length)), to: pair.d)
    pair.run(.seconds(20))
    #expect(pair.d.text(id).isEmpty && pair.d.core.deferredCount == 1)
    _ = pair.fleet.submit(dialect.prefill(prompt(length)), to: pair.p)
    pair.run(.seconds(2))
    #expect(pair.d.text(id) == reference(prompt(length), maxTokens: 9))
    #expect(pair.counts.consumed == 1 && pair.counts.misuses == 0 && pair.isClean)
  }

  @Test(arguments: Dialect.meeting)
  func `many meetings at once keep apart`(dialect: Dialect) {
    let pair = Pair(dialect)
    var ids: [EngineRequestID] = []
    for number in 0..<12 {
      let tokens = prompt(100 + number, seed: UInt32(number + 1))
      let decode = dialect.decode(tokens, "m\(number)")
      if number.isMultiple(of: 2) {
        _ = pair.fleet.submit(dialect.prefill(tokens, "m\(number)"), to: pair.p)
      }
      ids.append(pair.fleet.submit(decode, to: pair.d))
      if !number.isMultiple(of: 2) {
        _ = pair.fleet.submit(dialect.prefill(tokens, "m\(number)"), to: pair.p)
      }
    }
    pair.run(.seconds(5))
    for (number, id) in ids.enumerated() {
      let tokens = prompt(100 + number, seed: UInt32(number + 1))
      #expect(pair.d.text(id) == reference(tokens, maxTokens: 9))
    }
    #expect(pair.counts.consumed == 12 && pair.counts.misuses == 0 && pair.isClean)
  }

  @Test(arguments: Dialect.meeting)
  func `decode asks only for what its own cache lacks`(dialect: Dialect) {
    let pair = Pair(dialect)
    let id = pair.fleet.submit(dialect.decode(prompt(100), "a"), to: pair.d)
    _ = pair.fleet.submit(dialect.prefill(prompt(100), "a"), to: pair.p)
    pair.run(.seconds(2))
    let again = pair.fleet.submit(dialect.decode(prompt(100), "b"), to: pair.d)
    _ = pair.fleet.submit(dialect.prefill(prompt(100), "b"), to: pair.p)
    pair.run(.seconds(2))
    #expect(pair.d.text(id) == pair.d.text(again) && !pair.d.text(id).isEmpty)
    #expect(pair.d.core.counters.externalTokens == 104 && pair.isClean)
  }

  @Test(arguments: Dialect.meeting)
  func `another prompt's KV gives its text and no error`(dialect: Dialect) {
    let pair = Pair(dialect)
    _ = pair.fleet.submit(dialect.prefill(prompt(100, seed: 2)), to: pair.p)
    let id = pair.fleet.submit(dialect.decode(prompt(100)), to: pair.d)
    pair.run(.seconds(2))
    #expect(pair.d.text(id) == reference(prompt(100, seed: 2), maxTokens: 9))
    #expect(pair.d.finishes.map(\.reason) == [.length])
  }

  @Test(arguments: Dialect.meeting)
  func `nobody comes: prefill keeps its blocks for exactly its time`(dialect: Dialect) throws {
    let pair = Pair(dialect)
    _ = pair.fleet.submit(dialect.prefill(prompt(100)), to: pair.p)
    pair.run(.milliseconds(20))
    #expect(pair.p.core.exports.pinnedBlocks == 7)
    let keep = pair.p.core.configuration.keepTime
    // The prompt took 12.5 ms.
    pair.fleet.run(until: keep + .microseconds(12_499))
    #expect(pair.p.core.exports.pinnedBlocks == 7)
    pair.fleet.run(until: keep + .microseconds(12_501))
    #expect(pair.counts.expired == 1 && pair.isClean)
  }

  @Test(arguments: Dialect.meeting)
  func `prefill never comes: decode waits for exactly its time and fails`(dialect: Dialect) {
    let pair = Pair(dialect)
    _ = pair.fleet.submit(dialect.decode(prompt(100)), to: pair.d)
    let wait = pair.d.core.configuration.waitTime
    pair.fleet.run(until: wait - .nanoseconds(1))
    #expect(pair.d.finishes.isEmpty)
    pair.fleet.run(until: wait)
    #expect(pair.d.finishes.map(\.reason) == [.error])
    #expect(pair.d.core.counters.failedTransfers == 1 && pair.isClean)
  }

  @Test(arguments: Dialect.meeting)
  func `prefill aborted before it finished: decode just goes on waiting`(dialect: Dialect) {
    let pair = Pair(dialect)
    let waiting = pair.fleet.submit(dialect.decode(prompt(8000)), to: pair.d)
    let id = pair.fleet.submit(dialect.prefill(prompt(8000)), to: pair.p)
    pair.run(.milliseconds(300))
    pair.fleet.abort(id, on: pair.p)
    #expect(pair.p.core.pool.used == 0)
    pair.run(.seconds(50))
    #expect(pair.d.finishes.isEmpty && pair.d.core.pool.used > 0)
    pair.fleet.abort(waiting, on: pair.d)
    #expect(pair.isClean && pair.counts.misuses == 0)
  }

  @Test(arguments: Dialect.meeting)
  func `decode aborted before prefill finished: nothing stays behind`(dialect: Dialect) {
    let pair = Pair(dialect)
    let id = pair.fleet.submit(dialect.decode(prompt(8000)), to: pair.d)
    _ = pair.fleet.submit(dialect.prefill(prompt(8000)), to: pair.p)
    pair.run(.milliseconds(300))
    pair.fleet.abort(id, on: pair.d)
    #expect(pair.d.core.pool.used == 0)
    pair.run(.seconds(2))
    #expect(pair.counts.released == 1 && pair.counts.misuses == 0 && pair.isClean)
  }

  @Test(arguments: Dialect.meeting)
  func `decode aborted while queued: prefill frees at once, if anybody tells it`(dialect: Dialect) {
    let pair = Pair(dialect) { $0.cost.maxRunning = 1 }
    var long = request(prompt(50, seed: 7), maxTokens: 900)
    long.ignoresEnd = true
    _ = pair.fleet.submit(long, to: pair.d)
    _ = pair.fleet.submit(dialect.prefill(prompt(100)), to: pair.p)
    let id = pair.fleet.submit(dialect.decode(prompt(100)), to: pair.d)
    pair.run(.seconds(1))
    #expect(pair.p.core.exports.pinnedBlocks == 7)
    pair.fleet.abort(id, on: pair.d)
    let isTold = dialect.connector.tellsPrefill
    #expect(pair.p.core.pool.used == (isTold ? 0 : 7) && pair.counts.released == (isTold ? 1 : 0))
  }

  @Test(arguments: Dialect.meeting)
  func `decode aborted during the transfer: both are free`(dialect: Dialect) {
    let pair = Pair(dialect) { $0.cost.transferBase = .seconds(1) }
    _ = pair.fleet.submit(dialect.prefill(prompt(100)), to: pair.p)
    let id = pair.fleet.submit(dialect.decode(prompt(100)), to: pair.d)
    pair.run(.milliseconds(500))
    #expect(pair.p.core.pool.used == 7 && pair.d.core.pool.used > 0)
    pair.fleet.abort(id, on: pair.d)
    #expect(pair.isClean && pair.counts.consumed == 1 && pair.counts.misuses == 0)
  }

  @Test(arguments: Dialect.meeting)
  func `a refused decode request frees prefill, finished or not`(dialect: Dialect) throws {
    for isFinished in [true, false] {
      let pair = Pair(dialect)
      _ = pair.fleet.submit(dialect.prefill(prompt(4000)), to: pair.p)
      pair.run(isFinished ? .seconds(1) : .milliseconds(100))
      let refused = dialect.decode(prompt(4000))
      pair.d.core.refuse(refused.kv, requestID: refused.requestID)
      pair.run(.seconds(2))
      guard dialect.connector.tellsPrefill else {
        #expect(pair.p.core.exports.count == 1)
        continue
      }
      #expect(pair.counts.released == 1 && pair.isClean)
      #expect(pair.counts.notificationsAfterExpiry == 0)
    }
  }

  @Test(arguments: Dialect.meeting)
  func `a decode engine that is gone when written to frees prefill`(dialect: Dialect) {
    for isRestarted in [false, true] {
      let pair = Pair(dialect)
      _ = pair.fleet.submit(dialect.decode(prompt(100)), to: pair.d)
      pair.run(.seconds(1))
      pair.fleet.kill(port: 2)
      if isRestarted { _ = pair.fleet.add(port: 2) { $0.engineID = "another" } }
      _ = pair.fleet.submit(dialect.prefill(prompt(100)), to: pair.p)
      pair.run(.seconds(1))
      #expect(pair.p.core.pool.used == 0 && pair.p.isIdle)
      #expect(pair.counts.writesToGone == (isRestarted ? 1 : 0))
      #expect(pair.p.core.counters.failedTransfers == (isRestarted ? 0 : 1))
      #expect(pair.counts.misuses == 0)
    }
  }

  @Test(arguments: Dialect.meeting)
  func `a decode engine that dies during the transfer leaves prefill to its time`(dialect: Dialect)
  {
    let pair = Pair(dialect) { $0.cost.transferBase = .seconds(1) }
    _ = pair.fleet.submit(dialect.prefill(prompt(100)), to: pair.p)
    _ = pair.fleet.submit(dialect.decode(prompt(100)), to: pair.d)
    pair.run(.milliseconds(500))
    pair.fleet.kill(port: 2)
    pair.fleet.run(until: pair.p.core.configuration.keepTime)
    #expect(pair.p.core.exports.pinnedBlocks == 7)
    pair.run(.seconds(1))
    #expect(pair.counts.expired == 1 && pair.p.isIdle)
  }

  @Test(arguments: Dialect.meeting, [true, false])
  func `a prefill engine that is gone or another fails the request, or is replaced`(
    dialect: Dialect, recomputes: Bool
  ) {
    let pair = Pair(dialect) { $0.loadFailurePolicy = recomputes ? .recompute : .fail }
    pair.fleet.kill(port: 1)
    let id = pair.fleet.submit(dialect.decode(prompt(100)), to: pair.d)
    pair.run(.seconds(1))
    #expect(pair.d.finishes.map(\.reason) == [recomputes ? .length : .error])
    #expect(pair.d.text(id) == (recomputes ? reference(prompt(100), maxTokens: 9) : ""))
    #expect(pair.d.core.counters.failedTransfers == 1 && pair.d.isIdle)
  }

  @Test(arguments: Dialect.meeting)
  func `a name asked for again after it was consumed is a double use`(dialect: Dialect) {
    let pair = Pair(dialect)
    _ = pair.fleet.submit(dialect.prefill(prompt(100)), to: pair.p)
    _ = pair.fleet.submit(dialect.decode(prompt(100)), to: pair.d)
    pair.run(.seconds(2))
    #expect(pair.counts.misuses == 0)
    let again = pair.fleet.submit(dialect.decode(prompt(100, seed: 3)), to: pair.d)
    pair.run(.seconds(2))
    #expect(pair.counts.doubleUses == 1 && pair.counts.readsAfterFree == 1)
    #expect(pair.d.text(again).isEmpty)
  }

  @Test(arguments: Dialect.meeting)
  func `two decode requests of one name are a double use`(dialect: Dialect) {
    let pair = Pair(dialect)
    _ = pair.fleet.submit(dialect.decode(prompt(100)), to: pair.d)
    _ = pair.fleet.submit(dialect.decode(prompt(100)), to: pair.d)
    pair.run(.seconds(1))
    #expect(pair.counts.doubleUses == 1)
  }

  @Test(arguments: Dialect.meeting)
  func `two prefills of one name are a double use, and one is left to its time`(dialect: Dialect) {
    let pair = Pair(dialect)
    for _ in 0..<2 { _ = pair.fleet.submit(dialect.prefill(prompt(100)), to: pair.p) }
    pair.run(.seconds(1))
    #expect(pair.counts.doubleUses == 1 && pair.p.core.exports.count == 2)
    _ = pair.fleet.submit(dialect.decode(prompt(100)), to: pair.d)
    pair.run(.seconds(1))
    #expect(pair.counts.consumed == 1 && pair.p.core.exports.count == 1)
  }

  @Test(arguments: Dialect.meeting)
  func `a name asked for after its time is counted and never served`(dialect: Dialect) {
    let pair = Pair(dialect)
    _ = pair.fleet.submit(dialect.prefill(prompt(100)), to: pair.p)
    pair.run(pair.p.core.configuration.keepTime + .seconds(1))
    let id = pair.fleet.submit(dialect.decode(prompt(100)), to: pair.d)
    pair.run(.seconds(5))
    #expect(pair.counts.lateReads == 1 && pair.counts.readsAfterFree == 1)
    #expect(pair.d.text(id).isEmpty && pair.d.core.deferredCount == 1)
  }

  @Test(arguments: Dialect.meeting)
  func `a name given up and asked for anew is served`(dialect: Dialect) {
    let pair = Pair(dialect)
    let first = pair.fleet.submit(dialect.decode(prompt(100)), to: pair.d)
    pair.run(.seconds(1))
    pair.fleet.abort(first, on: pair.d)
    let second = pair.fleet.submit(dialect.decode(prompt(100)), to: pair.d)
    pair.run(.seconds(1))
    _ = pair.fleet.submit(dialect.prefill(prompt(100)), to: pair.p)
    pair.run(.seconds(1))
    #expect(pair.d.text(second) == reference(prompt(100), maxTokens: 9))
    // Where nobody gives a name up, it has been used twice.
    #expect(pair.counts.misuses == (dialect.connector.tellsPrefill ? 0 : 1) && pair.isClean)
  }

  @Test(arguments: Dialect.meeting)
  func `a longer prompt than was prefilled fails and kills nobody`(dialect: Dialect) {
    let pair = Pair(dialect)
    _ = pair.fleet.submit(dialect.prefill(prompt(60)), to: pair.p)
    _ = pair.fleet.submit(dialect.decode(prompt(108)), to: pair.d)
    pair.run(.seconds(2))
    #expect(pair.d.finishes.map(\.reason) == [.error] && !pair.d.isDead && pair.isClean)
  }
}
