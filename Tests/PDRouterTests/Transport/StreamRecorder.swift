import EventLoop

/// Notes all that a stream's handler hears, and does what a test asks at each event.
final class StreamRecorder: ByteStreamHandler {
  enum Heard: Equatable {
    case connected, read, end, drained
    case closed(StreamCloseReason)
  }

  /// What was heard, reads in a row as one.
  private(set) var heard: [Heard] = []
  private(set) var bytes: [UInt8] = []
  var whenConnected: (any ByteStream) -> Void = { _ in }
  var whenRead: (any ByteStream) -> Void = { _ in }
  var whenEnded: (any ByteStream) -> Void = { _ in }
  var whenDrained: (any ByteStream) -> Void = { _ in }
  private var depth = 0
  private(set) var wasReentered = false

  /// Why it was closed; nil while it is not.
  var closeReason: StreamCloseReason? {
    if case .closed(let reason)? = heard.last { reason } else { nil }
  }

  private func note(_ event: Heard, _ react: () -> Void) {
    depth += 1
    if depth > 1 { wasReentered = true }
    if event != .read || heard.last != .read { heard.append(event) }
    react()
    depth -= 1
  }

  func streamDidConnect(_ stream: any ByteStream) {
    note(.connected) { whenConnected(stream) }
  }

  func stream(_ stream: any ByteStream, didRead read: UnsafeRawBufferPointer) {
    bytes += read
    note(.read) { whenRead(stream) }
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    note(.end) { whenEnded(stream) }
  }

  func streamDidDrain(_ stream: any ByteStream) {
    note(.drained) { whenDrained(stream) }
  }

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    note(.closed(reason)) {}
  }
}

extension ByteStream {
  /// Writes a copy of `bytes`.
  func write(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { write($0) }
  }
}
