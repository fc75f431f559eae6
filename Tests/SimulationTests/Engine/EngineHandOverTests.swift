import Simulation
import Testing
import Vocabulary

@Suite struct EngineHandOverTests {
  /// Prefills on `engine` at the fleet's time and gives the parameters its answer carried.
  private func prefill(
    _ fleet: EngineFleet, _ engine: EngineFleet.Member, _ prompt: [UInt32], id: String = "r"
  ) throws -> KVParameters {
    let accepted = fleet.submit(
      request(prompt, maxTokens: 1, kv: .prefill, id: id), to: engine)
    fleet.run(until: (fleet.now - .zero) + .seconds(2))
    return try #require(engine.kv(accepted))
  }

  @Test(arguments: [1, 5, 15, 16, 17, 32, 108, 1000, 5000])
  func `a hand-over gives the text of one engine alone`(length: Int) throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2)
    let kv = try prefill(fleet, p, prompt(length))
    let id = fleet.submit(request(prompt(length), maxTokens: 20, kv: kv), to: d)
    fleet.run(until: .seconds(20))
    #expect(d.text(id) == reference(prompt(length), maxTokens: 20))
    #expect(!d.text(id).isEmpty)
    #expect(d.core.counters.externalTokens == length)
    #expect(d.core.counters.computedPromptTokens == 0)
    #expect(p.core.exports.counts.misuses == 0)
    #expect(p.core.exports.counts.consumed == 1)
    #expect(p.core.pool.used == 0 && d.core.pool.used == 0)
    #expect(p.core.isIdle && d.core.isIdle)
  }

  @Test func `engines with different block contents order agree after other work`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2)
    for seed in 2...9 {
      _ = fleet.submit(request(prompt(300, seed: UInt32(seed)), maxTokens: 9), to: p)
      _ = fleet.submit(request(prompt(77, seed: UInt32(seed)), maxTokens: 9), to: d)
    }
    let kv = try prefill(fleet, p, prompt(333))
    let id = fleet.submit(request(prompt(333), maxTokens: 12, kv: kv), to: d)
    fleet.run(until: .seconds(20))
    #expect(d.text(id) == reference(prompt(333), maxTokens: 12))
  }

  @Test func `the parameters have every field of a measured answer`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 5601)
    let kv = try prefill(fleet, p, prompt(108), id: "abc")
    #expect(kv.doRemotePrefill && !kv.doRemoteDecode)
    #expect(kv.blockIDs?.count == 7)
    #expect(kv.tokenCount == 108 && kv.cachedTokens == 0)
    #expect(kv.requestID?.hasPrefix("cmpl-abc-0-") == true)
    #expect(kv.requestID?.utf8.count == "cmpl-abc-0-".utf8.count + 8)
    var bytes = ByteBuffer()
    kv.write(to: &bytes)
    let text = String(decoding: bytes.bytes, as: UTF8.self)
    let id = try #require(kv.requestID)
    #expect(
      text == "{\"do_remote_prefill\":true,\"do_remote_decode\":false,"
        + "\"remote_block_ids\":[[1,2,3,4,5,6,7]],\"remote_engine_id\":\"engine-5601\","
        + "\"remote_request_id\":\"\(id)\",\"remote_host\":\"127.0.0.1\",\"remote_port\":5601,"
        + "\"tp_size\":1,\"dcp_size\":1,\"pp_size\":1,\"remote_num_tokens\":108,"
        + "\"remote_blocks_expiry_time\":null,\"transfer_mode\":\"pull\","
        + "\"remote_prefill_cached_tokens\":0}")
    let again = KVParameters(json: bytes.bytes)
    #expect(again == kv)
  }

  @Test func `a handle of another prompt gives wrong text and no error`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2)
    let other = try prefill(fleet, p, prompt(100, seed: 2))
    let id = fleet.submit(request(prompt(100), maxTokens: 12, kv: other), to: d)
    fleet.run(until: .seconds(20))
    #expect(d.finishes.map(\.reason) == [.length])
    #expect(d.text(id) != reference(prompt(100), maxTokens: 12))
    #expect(d.text(id) == reference(prompt(100, seed: 2), maxTokens: 12))
  }

  @Test func `a prompt shorter than the prefilled one gives wrong text`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2)
    let kv = try prefill(fleet, p, prompt(108))
    let id = fleet.submit(request(Array(prompt(108).prefix(60)), maxTokens: 12, kv: kv), to: d)
    fleet.run(until: .seconds(20))
    #expect(d.text(id) != reference(Array(prompt(108).prefix(60)), maxTokens: 12))
    #expect(d.text(id) != reference(prompt(108), maxTokens: 12))
    #expect(d.death == nil)
  }

  @Test func `a prompt with more blocks than were prefilled kills the decode engine`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2)
    let kv = try prefill(fleet, p, prompt(60))
    _ = fleet.submit(request(prompt(108), maxTokens: 12, kv: kv), to: d)
    fleet.run(until: .seconds(3))
    #expect(d.death?.contains("AssertionError") == true)
    #expect(d.core.isDead && d.core.nextWake == nil)
    fleet.run(until: .seconds(60))
    #expect(p.core.exports.counts.expired == 1 && p.core.pool.used == 0)
  }

  @Test func `remote prefill without block ids kills the decode engine`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2)
    var kv = try prefill(fleet, p, prompt(60))
    kv.blockIDs = nil
    _ = fleet.submit(request(prompt(60), kv: kv), to: d)
    fleet.run(until: .seconds(3))
    #expect(d.isDead)
  }

  @Test(arguments: ["request id", "host", "port", "engine id"])
  func `a handle without its address hangs the request, and its abort kills`(missing: String)
    throws
  {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2)
    var kv = try prefill(fleet, p, prompt(60))
    switch missing {
    case "request id": kv.requestID = nil
    case "host": kv.host = nil
    case "port": kv.port = nil
    default: kv.engineID = nil
    }
    let id = fleet.submit(request(prompt(60), kv: kv), to: d)
    let well = fleet.submit(request(prompt(60, seed: 3), maxTokens: 4), to: d)
    fleet.run(until: .seconds(500))
    #expect(d.text(id).isEmpty && !d.text(well).isEmpty)
    #expect(d.core.deferredCount == 1 && !d.core.isDead)
    fleet.abort(id, on: d)
    #expect(d.death?.contains("KeyError") == true)
  }

  @Test func `a handle used by a second request is counted as double use`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2)
    let e = fleet.add(port: 3)
    let kv = try prefill(fleet, p, prompt(100))
    _ = fleet.submit(request(prompt(100), maxTokens: 2, kv: kv), to: d)
    fleet.run(until: .seconds(4))
    #expect(p.core.exports.counts.doubleUses == 0)
    // The freed blocks go to another prompt before the second use: its text is that prompt's.
    for seed in 10...14 {
      _ = fleet.submit(request(prompt(8000, seed: UInt32(seed)), maxTokens: 1), to: p)
    }
    fleet.run(until: .seconds(20))
    let second = fleet.submit(request(prompt(100), maxTokens: 9, kv: kv), to: e)
    fleet.run(until: .seconds(30))
    #expect(p.core.exports.counts.doubleUses == 1)
    #expect(p.core.exports.counts.readsAfterFree == 1)
    #expect(p.core.exports.counts.notificationsAfterExpiry == 1)
    #expect(e.finishes.map(\.reason) == [.length] && !e.text(second).isEmpty)
  }

  @Test func `a handle read after its lease is counted, and wrong once blocks are reused`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1) { configuration in
      configuration.cost.kvTokens = 1024
      configuration.maxModelLength = 1024
    }
    let d = fleet.add(port: 2)
    let kv = try prefill(fleet, p, prompt(100))
    fleet.run(until: .seconds(33))
    #expect(p.core.exports.counts.expired == 1 && p.core.exports.pinnedBlocks == 0)
    _ = fleet.submit(request(prompt(1000, seed: 9), maxTokens: 1), to: p)
    fleet.run(until: .seconds(35))
    let id = fleet.submit(request(prompt(100), maxTokens: 9, kv: kv), to: d)
    fleet.run(until: .seconds(40))
    #expect(p.core.exports.counts.lateReads == 1)
    #expect(p.core.exports.counts.readsAfterFree == 1)
    #expect(p.core.exports.counts.notificationsAfterExpiry == 1)
    #expect(d.finishes.map(\.reason) == [.length])
    #expect(d.text(id) != reference(prompt(100), maxTokens: 9))
  }

  @Test func `an orphaned prefill is freed exactly when its lease ends`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let id = fleet.submit(request(prompt(100), maxTokens: 1, kv: .prefill), to: p)
    fleet.run(until: .seconds(1))
    let done = try #require(p.times(id).last)
    #expect(p.core.exports.pinnedBlocks == 7 && p.core.pool.used == 7)
    fleet.run(until: done + .seconds(30) - .nanoseconds(1))
    #expect(p.core.exports.pinnedBlocks == 7)
    fleet.run(until: done + .seconds(30))
    #expect(p.core.exports.pinnedBlocks == 0 && p.core.pool.used == 0)
    #expect(p.core.exports.counts.expired == 1)
  }

  @Test func `a request queued on a full decode engine keeps its lease by heartbeats`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2) { $0.cost.maxRunning = 1 }
    var long = request(prompt(50, seed: 7), maxTokens: 8000)
    long.ignoresEnd = true
    let blocker = fleet.submit(long, to: d)
    let kv = try prefill(fleet, p, prompt(100))
    let id = fleet.submit(request(prompt(100), maxTokens: 5, kv: kv), to: d)
    fleet.run(until: .seconds(45))
    #expect(d.text(id).isEmpty)
    #expect(p.core.exports.count == 1 && p.core.exports.counts.expired == 0)
    fleet.abort(blocker, on: d)
    fleet.run(until: .seconds(47))
    #expect(d.text(id) == reference(prompt(100), maxTokens: 5))
    #expect(p.core.exports.counts.misuses == 0 && p.core.exports.counts.consumed == 1)
  }

  @Test func `heartbeats come every sixth of the lease and end with the read`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2) { $0.cost.maxRunning = 1 }
    var long = request(prompt(50, seed: 7), maxTokens: 8000)
    long.ignoresEnd = true
    let blocker = fleet.submit(long, to: d)
    let kv = try prefill(fleet, p, prompt(100))
    _ = fleet.submit(request(prompt(100), maxTokens: 5, kv: kv), to: d)
    fleet.run(until: .seconds(13))
    let beats = d.log.compactMap { entry in
      if case .heartbeat = entry.event { (entry.at - .zero).inSeconds } else { nil as Double? }
    }
    #expect(beats == [2, 7, 12])
    fleet.abort(blocker, on: d)
    fleet.run(until: .seconds(60))
    let count = d.log.count { if case .heartbeat = $0.event { true } else { false } }
    #expect(count == 3)
  }

  @Test func `an abort in the queue releases the exporter's blocks at once`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2) { $0.cost.maxRunning = 1 }
    var long = request(prompt(50, seed: 7), maxTokens: 4000)
    long.ignoresEnd = true
    _ = fleet.submit(long, to: d)
    let kv = try prefill(fleet, p, prompt(100))
    let id = fleet.submit(request(prompt(100), kv: kv), to: d)
    fleet.run(until: (fleet.now - .zero) + .milliseconds(1))
    #expect(p.core.exports.pinnedBlocks == 7)
    fleet.abort(id, on: d)
    #expect(p.core.exports.pinnedBlocks == 0 && p.core.exports.counts.released == 1)
    #expect(p.core.exports.counts.misuses == 0)
    // A read after that release is seen.
    _ = fleet.submit(request(prompt(100), maxTokens: 1, kv: kv), to: fleet.add(port: 3))
    fleet.run(until: .seconds(9))
    #expect(p.core.exports.counts.readsAfterRelease == 1)
  }

  @Test func `an abort during the read frees both engines`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2) { $0.cost.transferBase = .seconds(1) }
    let kv = try prefill(fleet, p, prompt(100))
    let id = fleet.submit(request(prompt(100), kv: kv), to: d)
    fleet.run(until: (fleet.now - .zero) + .milliseconds(500))
    #expect(d.core.pool.used > 0 && p.core.pool.used == 7)
    fleet.abort(id, on: d)
    #expect(d.core.pool.used == 0 && p.core.pool.used == 0)
    #expect(d.core.isIdle && p.core.exports.counts.misuses == 0)
  }

  @Test func `an abort on the prefill engine pins nothing`() {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let id = fleet.submit(request(prompt(8000), maxTokens: 1, kv: .prefill), to: p)
    fleet.run(until: .milliseconds(300))
    #expect(p.core.pool.used > 0)
    fleet.abort(id, on: p)
    fleet.run(until: .seconds(2))
    #expect(p.core.pool.used == 0 && p.core.exports.count == 0 && p.finishes.isEmpty)
  }

  @Test func `a refused decode request frees with the next step when its notice waits`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2) { $0.noticeWaitsForStep = true }
    let kv = try prefill(fleet, p, prompt(100))
    d.core.refuse(kv)
    fleet.run(until: .seconds(10))
    #expect(p.core.exports.pinnedBlocks == 7)
    _ = fleet.submit(request(prompt(10), maxTokens: 1), to: d)
    fleet.run(until: .seconds(11))
    #expect(p.core.exports.pinnedBlocks == 0 && p.core.exports.counts.released == 1)
  }

  @Test func `an abort after the last step frees, unless the answer was written`() throws {
    for isWritten in [false, true] {
      let fleet = EngineFleet()
      let p = fleet.add(port: 1)
      let id = fleet.submit(request(prompt(100), maxTokens: 1, kv: .prefill), to: p)
      if isWritten {
        fleet.run(until: .seconds(1))
      } else {
        fleet.now = .zero + .seconds(1)
      }
      fleet.abort(id, on: p)
      #expect(p.core.pool.used == (isWritten ? 7 : 0))
      #expect(p.core.exports.counts.released == (isWritten ? 0 : 1))
      #expect(p.core.counters.aborted == (isWritten ? 0 : 1))
    }
  }

  @Test(arguments: [true, false])
  func `a prefill engine that is gone fails the request or is replaced`(recomputes: Bool) throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2) { $0.loadFailurePolicy = recomputes ? .recompute : .fail }
    let kv = try prefill(fleet, p, prompt(100))
    _ = fleet.add(port: 1) { $0.engineID = "restarted" }
    let id = fleet.submit(request(prompt(100), maxTokens: 6, kv: kv), to: d)
    fleet.run(until: .seconds(9))
    #expect(d.finishes.map(\.reason) == [recomputes ? .length : .error])
    #expect(d.text(id) == (recomputes ? reference(prompt(100), maxTokens: 6) : ""))
    #expect(d.core.counters.failedTransfers == 1 && d.core.pool.used == 0)
    #expect(d.isIdle)
  }

  @Test func `two choices of a prefill give one handle and leak the other`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    var two = request(prompt(100), maxTokens: 1, kv: .prefill, id: "x")
    two.n = 2
    let id = fleet.submit(two, to: p)
    fleet.run(until: .seconds(2))
    let kv = try #require(p.kv(id))
    #expect(kv.requestID?.hasPrefix("1_cmpl-x-0-") == true)
    #expect(p.core.exports.count == 2)
    let d = fleet.add(port: 2)
    _ = fleet.submit(request(prompt(100), maxTokens: 3, kv: kv), to: d)
    fleet.run(until: .seconds(60))
    #expect(p.core.exports.counts.consumed == 1 && p.core.exports.counts.expired == 1)
  }

  @Test func `several choices on the decode side share one handle rightly`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2)
    let kv = try prefill(fleet, p, prompt(100))
    var three = request(prompt(100), maxTokens: 7, kv: kv)
    three.n = 3
    let id = fleet.submit(three, to: d)
    var alone = three
    alone.kv = nil
    let e = fleet.add(port: 3)
    let right = fleet.submit(alone, to: e)
    fleet.run(until: .seconds(9))
    for choice in 0..<3 {
      #expect(d.text(id, choice: choice) == e.text(right, choice: choice))
    }
    #expect(d.text(id, choice: 0) != d.text(id, choice: 1))
    #expect(p.core.exports.counts.misuses == 0)
  }

  @Test func `a batch of prompts carries the first one's handle, and the second answer is wrong`()
    throws
  {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2)
    var batch = EngineRequest(requestID: "b", prompts: [prompt(60), prompt(60, seed: 2)])
    batch.maxTokens = 1
    batch.kv = .prefill
    let first = fleet.submit(batch, to: p)
    fleet.run(until: .seconds(1))
    let kv = try #require(p.kv(first))
    #expect(kv.requestID?.hasPrefix("cmpl-b-0-") == true)
    batch.maxTokens = 8
    batch.kv = kv
    let second = fleet.submit(batch, to: d)
    fleet.run(until: .seconds(5))
    #expect(d.text(second, choice: 0) == reference(prompt(60), maxTokens: 8))
    #expect(d.text(second, choice: 1) != reference(prompt(60, seed: 2), maxTokens: 8))
    fleet.run(until: .seconds(60))
    #expect(p.core.exports.counts.expired == 1 && p.core.pool.used == 0)
  }

  @Test func `cached tokens are what the prefill engine says it found`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2)
    _ = try prefill(fleet, p, prompt(100), id: "warm")
    let kv = try prefill(fleet, p, prompt(100), id: "second")
    #expect(kv.cachedTokens == 96)
    _ = fleet.submit(request(prompt(100), maxTokens: 2, kv: kv), to: d)
    fleet.run(until: .seconds(9))
    #expect(d.finishes.last?.usage.cached == 96)
  }

  @Test func `a handle that needs more than the local cache has reads only the rest`() throws {
    let fleet = EngineFleet()
    let p = fleet.add(port: 1)
    let d = fleet.add(port: 2)
    _ = fleet.submit(request(Array(prompt(100).prefix(64)), maxTokens: 1), to: d)
    let kv = try prefill(fleet, p, prompt(100))
    let id = fleet.submit(request(prompt(100), maxTokens: 5, kv: kv), to: d)
    fleet.run(until: .seconds(9))
    #expect(d.text(id) == reference(prompt(100), maxTokens: 5))
    let pulls = d.log.compactMap { entry in
      if case .needsRemoteKV(let pull) = entry.event { pull.blockIDs } else { nil as [Int]? }
    }
    #expect(pulls.map(\.count) == [3])
  }
}
