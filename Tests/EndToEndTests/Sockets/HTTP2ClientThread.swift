import EventLoop
import Simulation
import Synchronization
import Vocabulary
import Wire

/// Clients of HTTP/2 on a thread of their own, until all their requests have been answered.
enum HTTP2ClientThread {
  /// Asks all of `requests` at once, spread over so many connections; gives the answers in their
  /// order. `whenBegun` is called once the first bytes of any answer have come.
  static func ask(
    _ requests: [FleetRequest], at peer: HostAndPort, connections: Int,
    whenBegun: @escaping @Sendable () -> Void = {}
  ) -> [ReceivedAnswer] {
    let result = Answers()
    let thread = LoopThread.start(name: "clients") { loop in
      let crowd = HTTP2Crowd(
        requests, on: loop, to: peer, connections: connections, whenBegun: whenBegun)
      loop.run()
      let answers = crowd.answers
      result.value.withLock { $0 = answers }
    }
    thread.join()
    return result.value.withLock { $0 }
  }

  private final class Answers: Sendable {
    let value = Mutex<[ReceivedAnswer]>([])
  }
}

/// The clients of one thread; stops the loop when all are done, or after twenty seconds.
private final class HTTP2Crowd: LoopTimerHandler {
  private let loop: LibUVLoop
  private let clients: [HTTP2Client]
  private var places: [(client: HTTP2Client, stream: HTTP2StreamID)] = []
  private var whenBegun: (() -> Void)?
  private let timer: any LoopTimer
  private let deadline: Instant

  init(
    _ requests: [FleetRequest], on loop: LibUVLoop, to peer: HostAndPort, connections: Int,
    whenBegun: @escaping () -> Void
  ) {
    self.loop = loop
    self.whenBegun = whenBegun
    timer = loop.makeTimer()
    deadline = loop.now + .seconds(20)
    clients = (0..<connections).map { _ in HTTP2Client(on: loop, to: peer) }
    for (number, request) in requests.enumerated() {
      let client = clients[number % connections]
      let fields = request.fields.map { "\($0.name): \($0.value)" }
      let stream = client.request(
        request.method, request.target, fields: fields + ["x-request-id: client-\(number)"],
        body: request.body.map { Array($0.utf8) })
      places.append((client, stream))
    }
    timer.arm(after: .milliseconds(5), for: self)
  }

  var answers: [ReceivedAnswer] {
    places.compactMap { $0.client.answers[$0.stream].map { ReceivedAnswer($0) } }
  }

  func timerDidFire(_ timer: any LoopTimer) {
    let all = places.compactMap { $0.client.answers[$0.stream] }
    if all.contains(where: { !$0.body.isEmpty }) {
      whenBegun?()
      whenBegun = nil
    }
    guard all.contains(where: { $0.endedAt == nil }), loop.now < deadline else {
      for client in clients { client.close() }
      return loop.stop()
    }
    timer.arm(after: .milliseconds(5), for: self)
  }
}
