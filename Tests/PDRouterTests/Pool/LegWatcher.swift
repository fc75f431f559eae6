import Vocabulary
import Wire

@testable import PDRouter

/// Owns one leg, writes its request and notes what it hears.
final class LegWatcher: LegObserver {
  private(set) lazy var leg = Leg(observer: self)
  private(set) var readyCount = 0
  private(set) var statuses: [Int] = []
  private(set) var pieces: [String] = []
  private(set) var endCount = 0
  private(set) var failures: [LegFailure] = []
  /// The answer's trailer lines.
  private(set) var trailers = ""
  var request = "GET /probe HTTP/1.1\r\nhost: w0\r\n\r\n"
  /// What is done besides noting.
  var whenHead: (LegWatcher) -> Void = { _ in }
  var whenPiece: (LegWatcher) -> Void = { _ in }
  var whenEnded: (LegWatcher) -> Void = { _ in }
  var whenFailed: (LegWatcher) -> Void = { _ in }

  init() {
    leg.method = .get
  }

  var body: String { pieces.joined() }
  /// Whether it has heard the last of the leg.
  var isDone: Bool { endCount + failures.count > 0 }

  func legIsReady(_ leg: Leg) {
    readyCount += 1
    withBytes(of: request) { bytes in
      let head = HTTPAnswer.find(Array("\r\n\r\n".utf8), in: Array(bytes)[...]).map { $0 + 4 }
      let pieces = [
        UnsafeRawBufferPointer(rebasing: bytes[..<(head ?? bytes.count)]),
        UnsafeRawBufferPointer(rebasing: bytes[(head ?? bytes.count)...]),
      ]
      pieces.withUnsafeBufferPointer { leg.send($0) }
    }
  }

  func legDidReceiveHead(_ leg: Leg) {
    statuses.append(leg.head.status)
    whenHead(self)
  }

  func leg(_ leg: Leg, didReceive bytes: UnsafeRawBufferPointer) {
    pieces.append(String(decoding: bytes, as: UTF8.self))
    whenPiece(self)
  }

  func legDidEnd(_ leg: Leg) {
    endCount += 1
    trailers = String(decoding: leg.trailers.bytes, as: UTF8.self)
    whenEnded(self)
  }

  func leg(_ leg: Leg, didFail failure: LegFailure) {
    failures.append(failure)
    whenFailed(self)
  }
}
