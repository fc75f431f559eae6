import EventLoop
import PDRouter
import Simulation
import Synchronization
import Vocabulary

/// Clients on a thread of their own, until all have been answered.
enum ClientThread {
  /// Asks each of `requests` on a connection of its own; gives the answers once all connections are
  /// closed. `whenBegun` is called once the first bytes of any answer have come. Each request has
  /// an id of its own where they are `named`; TLS is spoken where `security` is given.
  static func ask(
    _ requests: [FleetRequest], at peer: HostAndPort, named: Bool = true,
    security: TransportSecurity? = nil, whenBegun: @escaping @Sendable () -> Void = {}
  ) -> [[ReceivedAnswer]] {
    let result = Answers()
    let thread = LoopThread.start(name: "clients") { loop in
      let crowd = ClientCrowd(
        requests, on: loop, to: peer, named: named, security: security, whenBegun: whenBegun)
      loop.run()
      result.value.withLock { $0 = crowd.answers }
    }
    thread.join()
    return result.value.withLock { $0 }
  }

  private final class Answers: Sendable {
    let value = Mutex<[[ReceivedAnswer]]>([])
  }
}

/// The clients of one thread; stops the loop when all are done, or after twenty seconds.
private final class ClientCrowd: LoopTimerHandler {
  private let loop: LibUVLoop
  private let security: LoopSecurity?
  private var clients: [SocketClient] = []
  private var open: Int
  private var whenBegun: (() -> Void)?
  private let timer: any LoopTimer
  private let deadline: Instant

  init(
    _ requests: [FleetRequest], on loop: LibUVLoop, to peer: HostAndPort, named: Bool,
    security: TransportSecurity?, whenBegun: @escaping () -> Void
  ) {
    self.loop = loop
    self.whenBegun = whenBegun
    open = requests.count
    timer = loop.makeTimer()
    deadline = loop.now + .seconds(20)
    self.security = security.map { LoopSecurity($0, on: loop, metrics: LoopMetrics()) }
    clients = requests.enumerated().map { number, request in
      SocketClient(
        on: loop, to: peer,
        sending: request.bytes(host: "localhost", id: named ? "client-\(number)" : nil),
        security: self.security
      ) { [unowned self] in clientDidClose() }
    }
    timer.arm(after: .milliseconds(5), for: self)
  }

  var answers: [[ReceivedAnswer]] { clients.map(\.answers) }

  private func clientDidClose() {
    open -= 1
    if open == 0 { loop.stop() }
  }

  func timerDidFire(_ timer: any LoopTimer) {
    if clients.contains(where: { !$0.bytes.isEmpty }) {
      whenBegun?()
      whenBegun = nil
    }
    if loop.now > deadline { loop.stop() } else { timer.arm(after: .milliseconds(5), for: self) }
  }
}
