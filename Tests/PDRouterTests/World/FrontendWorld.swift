import EventLoop
import Simulation
import Vocabulary
import Wire

@testable import PDRouter

/// A front end whose exchanges the test answers by hand, with raw clients, in virtual time.
final class FrontendWorld: ExchangeHandler, ExchangeObserver {
  let world: SimulatedWorld
  let clientHost: SimulatedHost
  private(set) var frontend: Frontend?
  let address = HostAndPort(host: "router", port: 80)
  /// Requests that wait for their answer, oldest first.
  private(set) var waiting: [Exchange] = []
  /// Paths of all requests, in order.
  private(set) var paths: [String] = []
  /// Bodies of all requests, in order.
  private(set) var bodies: [String] = []
  private(set) var refusals: [Int] = []
  private(set) var refusedConnections: [ConnectionRefusal] = []
  /// Labels of connections that were ended before their time.
  private(set) var faults: [String] = []
  /// Whether bodies are taken in pieces.
  var takesPieces = false
  /// How often more of such a body, or its end, was told of.
  private(set) var pieceCount = 0
  /// When clients left while they waited.
  private(set) var losses: [Instant] = []
  private(set) var drainCount = 0
  /// What is done with a request at once; nothing leaves it waiting.
  var answers: (FrontendWorld, Exchange) -> Void = { _, _ in }

  init(
    conditions: NetworkConditions = NetworkConditions(),
    configure: (inout Limits) -> Void = { _ in },
    timeouts: Timeouts = Timeouts(), http2: ClientHTTP2Settings = ClientHTTP2Settings()
  ) {
    world = SimulatedWorld(seed: 1, conditions: conditions)
    let host = world.makeHost("router")
    clientHost = world.makeHost("client")
    var limits = Limits()
    configure(&limits)
    let frontend = Frontend(loop: host.loop, handler: self, limits: limits, timeouts: timeouts)
    frontend.http2 = http2
    self.frontend = frontend
    do throws(StreamError) {
      try frontend.listen(on: address, sharesPort: false)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// Open connections.
  var connectionCount: Int { frontend?.connectionCount ?? 0 }

  /// Breaks the cycle between front end and handler.
  func finish() {
    frontend?.abort()
    frontend = nil
  }

  func handle(_ exchange: Exchange) {
    let base = exchange.headBytes.bytes
    paths.append(String(decoding: exchange.head.path.of(base), as: UTF8.self))
    bodies.append(exchange.body.text)
    exchange.observer = self
    waiting.append(exchange)
    answers(self, exchange)
  }

  func didRefuse(status: Int) { refusals.append(status) }

  func didEndConnection(_ fault: ConnectionFault) { faults.append(fault.label.description) }

  func takesBodyInPieces(_ exchange: Exchange) -> Bool { takesPieces }

  func exchangeDidReceiveBody(_ exchange: Exchange) { pieceCount += 1 }

  func exchangeMustEnd(_ exchange: Exchange) {
    if exchange.hasBegun { exchange.cut() } else { endsAtOnce(exchange) }
  }

  private func endsAtOnce(_ exchange: Exchange) {
    waiting.removeAll { $0 === exchange }
    exchange.respond(status: 503, fields: ByteBuffer(), body: ByteBuffer())
  }

  func didRefuseConnection(_ reason: ConnectionRefusal) { refusedConnections.append(reason) }

  func exchangeDidLoseClient(_ exchange: Exchange) {
    losses.append(world.now)
    waiting.removeAll { $0 === exchange }
  }

  func exchangeDidDrain(_ exchange: Exchange) { drainCount += 1 }

  /// Answers the oldest waiting request with its own path, or with `body`, from outside of any
  /// loop.
  func answerOldest(_ body: String? = nil, length: Bool = true) {
    let exchange = waiting[0]
    let text =
      body ?? String(decoding: exchange.head.path.of(exchange.headBytes.bytes), as: UTF8.self)
    begin(length: length ? text.utf8.count : nil)
    withBytes(of: text) { exchange.write($0) }
    waiting.removeFirst()
    exchange.end()
  }

  /// Begins the answer to the oldest waiting request.
  func begin(status: Int = 200, length: Int?) {
    var fields = ByteBuffer()
    fields.append("x-test: 1\r\n")
    waiting[0].begin(status: status, fields: fields, length: length)
  }

  /// The oldest waiting request, for whoever answers it in a way of his own.
  func takeOldest() -> Exchange { waiting.removeFirst() }

  /// The request that came last, likewise.
  func takeLatest() -> Exchange { waiting.removeLast() }

  /// Ends the answer to the oldest waiting request, or cuts it.
  func end(cutting: Bool = false) {
    let exchange = waiting.removeFirst()
    if cutting { exchange.cut() } else { exchange.end() }
  }

  /// Runs `body` from outside of any loop, some time on.
  func later(_ delay: Duration = .milliseconds(10), _ body: @escaping () -> Void) {
    world.schedule(after: delay, body)
  }

  /// A client of HTTP/2 that connects now.
  func http2Client(
    settings: HTTP2Settings = HTTP2Settings(), options: StreamOptions = StreamOptions()
  ) -> HTTP2Client {
    HTTP2Client(on: clientHost.loop, to: address, settings: settings, options: options)
  }

  /// A client that begins its script now.
  func client(
    _ steps: ClientScript.Step..., configure: (inout ClientScript) -> Void = { _ in }
  ) -> SimulatedClient {
    var script = ClientScript(steps)
    configure(&script)
    return SimulatedClient(on: clientHost.loop, to: address, script)
  }
}

extension ClientScript.Step {
  /// Writes the text at once.
  static func text(_ text: String) -> ClientScript.Step { .send(Array(text.utf8)) }
}
