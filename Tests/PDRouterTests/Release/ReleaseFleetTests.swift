import EventLoop
import JSONFields
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// The desk between simulated engines, whose blocks tell the truth.
struct ReleaseFleetTests {
  private static let body = """
    {"model":"tiny","prompt":"\(String(repeating: "word ", count: 300))","max_tokens":1,\
    "kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false}}
    """

  /// A fleet whose decode engines all have a long answer to give: their steps carry notices.
  private func makeFleet(decodes: Int) throws -> SimulatedFleet {
    let fleet = try SimulatedFleet(.split(1, decodes))
    let extra = #","ignore_eos":true"#
    for _ in 0..<decodes {
      fleet.call(.chat("go on", maxTokens: 4000, streams: true, extra: extra))
    }
    fleet.runOn(for: .milliseconds(500))
    #expect(fleet.decodes.allSatisfy { $0.engine.liveRequests == 1 })
    #expect(fleet.prefills[0].engine.scheduler.exports.count == 0)
    return fleet
  }

  /// Has prefill make a cache directly, and the router hold its handle.
  private func makeHeld(_ fleet: SimulatedFleet, at decode: Worker? = nil) throws -> KVHandleID {
    let router = fleet.router
    let handle = router.ledger.beginPrefill(
      on: fleet.registry.workers[0].id, now: router.loop.now)
    let request = FleetRequest("POST", "/v1/completions", body: Self.body)
    let client = SimulatedClient(
      on: fleet.clientHost.loop, to: fleet.prefills[0].address,
      ClientScript([.send(request.bytes(host: "p", id: "direct")), .awaitEnd, .hangUp(.close)]))
    fleet.run { client.isClosed }
    let answer = try #require(HTTPAnswer.all(in: client.record.bytes).last)
    try withBytes(of: answer.body) { bytes in
      let read = try router.connector.readPrefillAnswer(bytes)
      let place = try #require(read.parameters)
      router.ledger.hold(handle, engine: read.engine, now: router.loop.now) {
        $0.append(UnsafeRawBufferPointer(rebasing: bytes[place]))
      }
    }
    if let decode {
      _ = router.ledger.dispatch(handle, to: decode.id, now: router.loop.now)
    }
    return handle
  }

  private func expectFreed(_ fleet: SimulatedFleet, within limit: Duration) {
    let exporter = fleet.prefills[0]
    #expect(exporter.engine.scheduler.exports.count == 1)
    #expect(fleet.run(within: limit) { exporter.engine.scheduler.exports.count == 0 })
    #expect(exporter.engine.scheduler.exports.pinnedBlocks == 0)
    #expect(exporter.counts[0].released == 1 && exporter.expiredHandles == 0)
    #expect(exporter.wrongReads == 0)
    fleet.run(within: .seconds(3)) { fleet.router.releases.isIdle }
    #expect(fleet.router.releases.outstanding == 0)
  }

  @Test func `prefill's blocks are free within milliseconds of an order`() throws {
    let fleet = try makeFleet(decodes: 1)
    let handle = try makeHeld(fleet)
    fleet.router.releases.release(makeOrder(handle))
    expectFreed(fleet, within: .milliseconds(50))
    #expect(fleet.router.handleCounts.releasedBy[.rejectedRequest] == 1)
    fleet.router.abort()
  }

  @Test(arguments: [CrashTrace.resets, .ends, .silence])
  func `a dead decode engine's handle is given back through another`(trace: CrashTrace) throws {
    let fleet = try makeFleet(decodes: 2)
    let dead = fleet.registry.workers[1]
    let handle = try makeHeld(fleet, at: dead)
    fleet.decodes[0].kill(leaving: trace)
    fleet.router.releases.makeSure(makeOrder(handle, .decodeLost), decode: dead)
    let grace = ReleaseLimits().graceAfterDeath
    expectFreed(fleet, within: grace + .milliseconds(trace == .silence ? 1100 : 60))
    #expect(fleet.router.handleCounts.releasedBy[.rejectedRequest] == 1)
    fleet.router.abort()
  }

  @Test func `a living decode engine is trusted with what was dispatched to it`() throws {
    let fleet = try makeFleet(decodes: 1)
    let decode = fleet.registry.workers[1]
    let handle = try makeHeld(fleet, at: decode)
    fleet.router.releases.makeSure(makeOrder(handle), decode: decode)
    #expect(fleet.run(within: .milliseconds(50)) { fleet.router.releases.isIdle })
    #expect(fleet.router.handleCounts.releasedBy[.decodeAbort] == 1)
    fleet.router.abort()
  }

  @Test func `when every decode engine is dead the handle expires with its lease`() throws {
    let fleet = try makeFleet(decodes: 2)
    let handle = try makeHeld(fleet)
    for engine in fleet.decodes { engine.kill() }
    fleet.router.releases.release(makeOrder(handle))
    fleet.runOn(for: .seconds(20))
    #expect(fleet.router.releases.outstanding == 1)
    fleet.runOn(for: .seconds(12))
    #expect(fleet.router.releases.outstanding == 0 && fleet.router.liveHandles == 0)
    #expect(fleet.router.handleCounts.expired == 1)
    #expect(fleet.prefills[0].expiredHandles == 1)
    fleet.router.abort()
  }
}
