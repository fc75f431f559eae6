internal import EventLoop
internal import PDRouter
internal import Vocabulary

/// How one simulated engine talks to the others about KV: the stand-in for NIXL's side channel, as
/// small HTTP requests over kept-alive connections.
final class SideChannel {
  /// Where messages are taken, on every port that takes them.
  static let path = "/kv"

  private let loop: any Loop
  private var pools: [HostAndPort: WorkerPool] = [:]
  private var liveCalls: [ObjectIdentifier: SideChannelCall] = [:]
  private var spareCalls: [SideChannelCall] = []

  init(loop: any Loop) {
    self.loop = loop
  }

  /// Sends `message` to the engine at `address`; `whenDone` gets its reply, nil when there is none.
  func send(
    _ message: SideChannelMessage, to address: HostAndPort,
    whenDone: @escaping (SideChannelReply?) -> Void
  ) {
    guard let pool = pool(of: address) else {
      whenDone(nil)
      return
    }
    let call = spareCalls.popLast() ?? SideChannelCall(channel: self)
    liveCalls[ObjectIdentifier(call)] = call
    call.start(message, pool: pool, whenDone: whenDone)
  }

  /// Takes a finished call back for the next message.
  func giveBack(_ call: SideChannelCall) {
    liveCalls[ObjectIdentifier(call)] = nil
    spareCalls.append(call)
  }

  /// Cuts every connection.
  func abort() {
    for call in liveCalls.values { call.cancel() }
    liveCalls.removeAll()
    for pool in pools.values { pool.closeIdle() }
  }

  /// Closes the connections that have been idle for too long.
  func closeExpired() {
    for pool in pools.values { pool.closeExpired() }
  }

  private func pool(of address: HostAndPort) -> WorkerPool? {
    if let pool = pools[address] { return pool }
    guard let url = try? WorkerURL("http://\(address)") else { return nil }
    let worker = Worker(id: WorkerID(number: UInt32(pools.count)), url: url, role: .both)
    let pool = WorkerPool(worker: worker, loop: loop, limits: Limits(), timeouts: Timeouts())
    pools[address] = pool
    return pool
  }
}
