import EventLoop
import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// A router with a prefill worker `w0` and decode workers `w1`, `w2`, … of scripted engines, and
/// handles made out of nothing.
final class ReleaseWorld {
  let world: RouterWorld
  /// The router's own desk, or one for another connector.
  let desk: ReleaseDesk
  private var handleCount = 0

  /// What an engine says to a model it does not have.
  static let refusal = RouterWorld.answer(
    #"{"error":{"message":"The model does not exist.","code":404}}"#, status: 404)

  init(
    decodeCount: Int = 2, means: KVReleaseMeans? = nil, isWarm: Bool = true
  ) {
    let world = RouterWorld([.prefill] + Array(repeating: .decode, count: decodeCount))
    self.world = world
    if let means {
      desk = ReleaseDesk(router: world.router, connector: ConnectorStub(means: means))
    } else {
      desk = world.router.releases
    }
    desk.pairs.isWarm = { _, _ in isWarm }
    for engine in world.engines { engine.script = { _ in [.send(ReleaseWorld.refusal)] } }
  }

  deinit {
    desk.abort()
  }

  var router: RouterLoop { world.router }
  var now: Instant { world.world.now }
  var counts: KVLedgerCounts { router.handleCounts }

  /// The decode workers, and their engines.
  var decodes: ArraySlice<Worker> { world.registry.workers.dropFirst() }
  var decodeEngines: ArraySlice<ScriptedEngine> { world.engines.dropFirst() }

  /// What the engines were asked, decode engine after decode engine, by path.
  func requests(to path: String) -> [ScriptedEngine.Request] {
    decodeEngines.flatMap(\.requests).filter { $0.head[0].hasSuffix(" \(path) HTTP/1.1") }
  }

  /// The name of a handle as it stands in its parameters.
  static func name(_ number: Int) -> String { #"{"rid":"h\#(number)"}"# }

  /// A handle that prefill holds; `decode` says where it was sent.
  func makeHeld(at decode: Worker? = nil, isAttached: Bool = false) -> KVHandleID {
    let handle = router.ledger.beginPrefill(
      on: world.registry.workers[0].id, now: router.loop.now)
    let name = ReleaseWorld.name(handleCount)
    handleCount += 1
    router.ledger.hold(handle, engine: nil, now: router.loop.now) { $0.append(name) }
    guard let decode else { return handle }
    let verdict = router.ledger.dispatch(handle, to: decode.id, now: router.loop.now)
    precondition(verdict == .go)
    if isAttached { router.ledger.attach(handle) }
    return handle
  }

  /// An order for a new handle.
  func order(_ reason: KVReleaseReason = .clientGone, isChat: Bool = false) -> ReleaseOrder {
    makeOrder(makeHeld(), reason, authorization: "Bearer x", isChat: isChat)
  }

  /// Gives `count` orders at once.
  func release(_ count: Int = 1) {
    for _ in 0..<count { desk.release(order()) }
  }

  /// Closes a leg to `decode` and asks the desk to make sure.
  func makeSure(_ count: Int = 1, decode: Worker) {
    for _ in 0..<count {
      desk.makeSure(makeOrder(makeHeld(at: decode), .clientGone), decode: decode)
    }
  }

  /// Runs until nothing is under way; false when that takes longer than `limit`.
  @discardableResult
  func settle(within limit: Duration = .seconds(5)) -> Bool {
    world.world.run(within: limit) { desk.isIdle }
  }

  /// Expects that every handle has ended, `released` of them by `mechanism`.
  func expectReleased(
    _ released: Int, by mechanism: KVReleaseMechanism,
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(desk.outstanding == 0 && desk.isIdle, sourceLocation: location)
    #expect(counts.releasedBy[mechanism] == released, sourceLocation: location)
    #expect(counts.settled == counts.held, sourceLocation: location)
    #expect(router.liveHandles == 0, sourceLocation: location)
    #expect(router.ledger.pinning(on: WorkerID(number: 0)) == 0, sourceLocation: location)
  }
}
