import EventLoop
import Simulation
import Vocabulary

/// One client of a storm, on a connection of its own; tells once when its connection is gone.
final class StormClient {
  /// Its number in the storm.
  let number: Int
  /// What it asks.
  let request: FleetRequest
  /// How it behaves.
  let manner: StormManner
  /// What came.
  private(set) var bytes: [UInt8] = []
  /// Whether the server ended the connection.
  private(set) var hasEnded = false
  /// When it hung up, by its own doing.
  private(set) var leftAt: Instant?
  private let loop: LibUVLoop
  private let delay: Duration
  private let leavesAfter: Int
  private let whenClosed: (StormClient) -> Void
  private var stream: (any ByteStream)?
  private let timer: any LoopTimer

  /// Begins to connect.
  ///
  /// - Parameters:
  ///   - delay: how long one that leaves soon waits.
  ///   - length: about how long the whole answer is, in bytes.
  init(
    _ number: Int, _ request: FleetRequest, _ manner: StormManner, on loop: LibUVLoop,
    to peer: HostAndPort, delay: Duration, length: Int, whenClosed: @escaping (StormClient) -> Void
  ) {
    self.number = number
    self.request = request
    self.manner = manner
    self.loop = loop
    self.delay = delay
    self.whenClosed = whenClosed
    timer = loop.makeTimer()
    leavesAfter =
      switch manner {
      case .leavesAtHead: 1
      case .leavesMidway: max(1, length / 2)
      case .leavesBeforeTheEnd: max(1, length - 8)
      case .stays, .leavesWhileSending, .leavesOnceSent, .leavesSoon: .max
      }
    stream = loop.connect(to: peer, timeout: .seconds(10), options: StreamOptions(), handler: self)
  }

  /// The `X-Request-Id` it carries.
  var id: String { StormClient.id(number) }

  /// The id of the client of that number; none is a part of another's.
  static func id(_ number: Int) -> String { "storm-\(number)-end" }

  /// Hangs up whatever happens.
  func leave() {
    guard stream != nil else { return }
    leftAt = loop.now
    stream?.close()
  }

  private func send(_ stream: any ByteStream) {
    let whole = request.bytes(host: "localhost", id: id)
    let part = manner == .leavesWhileSending ? whole.prefix(whole.count / 2) : whole[...]
    part.withUnsafeBytes { stream.write($0) }
  }
}

extension StormClient: ByteStreamHandler {
  func streamDidConnect(_ stream: any ByteStream) {
    send(stream)
    switch manner {
    case .leavesWhileSending, .leavesOnceSent:
      leftAt = loop.now
      stream.closeAfterFlush()
    case .leavesSoon: timer.arm(after: delay, for: self)
    case .stays, .leavesAtHead, .leavesMidway, .leavesBeforeTheEnd: break
    }
  }

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    self.bytes += bytes
    if self.bytes.count >= leavesAfter { leave() }
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    hasEnded = true
    stream.close()
  }

  func streamDidDrain(_ stream: any ByteStream) {}

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    timer.cancel()
    self.stream = nil
    whenClosed(self)
  }
}

extension StormClient: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    leave()
  }
}
