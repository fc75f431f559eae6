import EventLoop
import Simulation
import Vocabulary

/// A handler that notes all it hears, and does what a test asks at each event.
final class Recorder: ByteStreamHandler, ListenerHandler {
  enum Heard: Equatable {
    case connected, read(Int), end, drained
    case closed(StreamCloseReason)
  }

  var heard: [Heard] = []
  var instants: [Instant] = []
  var bytes: [UInt8] = []
  var accepted: [any ByteStream] = []
  var onAccept: ((any ByteStream) -> Void)?
  var onConnect: ((any ByteStream) -> Void)?
  var onRead: ((any ByteStream, UnsafeRawBufferPointer) -> Void)?
  var onEnd: ((any ByteStream) -> Void)?
  var onDrain: ((any ByteStream) -> Void)?
  var onClose: ((any ByteStream) -> Void)?
  /// How deep the handler is in calls of its own; must never exceed one.
  private(set) var depth = 0
  private(set) var wasReentered = false

  var text: String { String(decoding: bytes, as: UTF8.self) }
  var reads: Int { heard.filter { if case .read = $0 { true } else { false } }.count }
  var closeReasons: [StreamCloseReason] {
    heard.compactMap { if case .closed(let reason) = $0 { reason } else { nil } }
  }

  func note(_ event: Heard, _ stream: any ByteStream, _ react: () -> Void) {
    depth += 1
    if depth > 1 { wasReentered = true }
    heard.append(event)
    instants.append(stream.loop.now)
    react()
    depth -= 1
  }

  func listener(_ listener: any Listener, didAccept stream: any ByteStream) {
    stream.handler = self
    accepted.append(stream)
    onAccept?(stream)
  }

  func streamDidConnect(_ stream: any ByteStream) {
    note(.connected, stream) { onConnect?(stream) }
  }

  func stream(_ stream: any ByteStream, didRead read: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: read)
    note(.read(read.count), stream) { onRead?(stream, read) }
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    note(.end, stream) { onEnd?(stream) }
  }

  func streamDidDrain(_ stream: any ByteStream) {
    note(.drained, stream) { onDrain?(stream) }
  }

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    note(.closed(reason), stream) { onClose?(stream) }
  }
}

/// Two hosts, `near` and `far`; `far` listens on port 80 and `client` is `near`'s way there.
final class Pair {
  let world: SimulatedWorld
  let near: SimulatedHost
  let far: SimulatedHost
  let server = Recorder()
  let client = Recorder()
  let listener: any Listener

  init(
    seed: UInt64 = 1, _ conditions: NetworkConditions = NetworkConditions(),
    options: ListenerOptions = ListenerOptions()
  ) throws {
    world = SimulatedWorld(seed: seed, conditions: conditions)
    near = world.makeHost("near")
    far = world.makeHost("far")
    listener = try far.loop.listen(
      on: HostAndPort(host: "far", port: 80), options: options, handler: server)
  }

  func connect(
    port: UInt16 = 80, timeout: Duration = .seconds(1), options: StreamOptions = StreamOptions()
  ) -> any ByteStream {
    near.loop.connect(
      to: HostAndPort(host: "far", port: port), timeout: timeout, options: options,
      handler: client)
  }

  /// A connection that is up on both sides.
  func connected(options: StreamOptions = StreamOptions()) -> (
    client: any ByteStream, server: any ByteStream
  ) {
    let before = client.heard.count
    let stream = connect(options: options)
    let isUp = world.run(within: .seconds(1)) { client.heard.dropFirst(before) == [.connected] }
    precondition(isUp)
    return (stream, server.accepted[server.accepted.count - 1])
  }

  func settle(_ limit: Duration = .seconds(3600)) -> Bool {
    world.runUntilIdle(limit: limit)
  }
}

extension ByteStream {
  func write(_ text: String) {
    Array(text.utf8).withUnsafeBytes { write($0) }
  }

  func write(count: Int) {
    patternBytes(count).withUnsafeBytes { write($0) }
  }
}

/// Bytes whose order shows: each differs from its neighbours and long runs do not repeat.
func patternBytes(_ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
}
