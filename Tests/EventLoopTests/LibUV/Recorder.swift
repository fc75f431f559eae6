import EventLoop
import Testing

/// A stream's handler that keeps what it hears, and checks what holds for every stream.
final class Recorder: ByteStreamHandler {
  enum Event: Equatable {
    case connected, ended, drained
    case closed(StreamCloseReason)
  }

  private(set) var received: [UInt8] = []
  private(set) var events: [Event] = []
  private(set) var reads = 0

  var onConnect: ((any ByteStream) -> Void)?
  var onRead: ((any ByteStream, UnsafeRawBufferPointer) -> Void)?
  var onEnd: ((any ByteStream) -> Void)?
  var onDrain: ((any ByteStream) -> Void)?
  var onClose: ((any ByteStream, StreamCloseReason) -> Void)?

  /// True while the test is inside a call to a stream or loop: no event may come then.
  static func quietly<Result>(_ recorder: Recorder, _ body: () throws -> Result) rethrows -> Result
  {
    recorder.isQuiet = true
    defer { recorder.isQuiet = false }
    return try body()
  }

  private var isQuiet = false

  var closeReasons: [StreamCloseReason] {
    events.compactMap { if case .closed(let reason) = $0 { reason } else { nil } }
  }

  var receivedText: String { String(decoding: received, as: UTF8.self) }

  func streamDidConnect(_ stream: any ByteStream) {
    note(.connected)
    onConnect?(stream)
  }

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    #expect(!isQuiet && closeReasons.isEmpty && bytes.count > 0)
    reads += 1
    received.append(contentsOf: bytes)
    onRead?(stream, bytes)
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    note(.ended)
    onEnd?(stream)
  }

  func streamDidDrain(_ stream: any ByteStream) {
    note(.drained)
    onDrain?(stream)
  }

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    note(.closed(reason))
    onClose?(stream, reason)
    onConnect = nil
    onRead = nil
    onEnd = nil
    onDrain = nil
    onClose = nil
  }

  private func note(_ event: Event) {
    #expect(!isQuiet, "\(event) from inside a call")
    #expect(closeReasons.isEmpty, "\(event) after the close")
    events.append(event)
  }
}

extension ByteStream {
  /// Writes the UTF-8 bytes of `text`.
  func write(_ text: String) {
    Array(text.utf8).withUnsafeBytes { write($0) }
  }

  /// Writes `bytes`.
  func write(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { write($0) }
  }

  /// Writes `pieces` as one gathered write.
  func write(gathering pieces: [[UInt8]]) {
    let copies = pieces.map { piece in
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: piece.count, alignment: 1)
      copy.copyBytes(from: piece)
      return UnsafeRawBufferPointer(copy)
    }
    copies.withUnsafeBufferPointer { write(gathering: $0) }
    for copy in copies {
      // What was promised to be valid during the call only is overwritten after it.
      UnsafeMutableRawBufferPointer(mutating: copy).initializeMemory(
        as: UInt8.self, repeating: 0xAA)
      copy.deallocate()
    }
  }
}

/// `count` bytes that differ from their neighbours at any distance under 251.
func pattern(_ count: Int, offset: Int = 0) -> [UInt8] {
  let period = [UInt8](0..<251)
  let first = offset % 251
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 502)
  bytes += period[first...]
  while bytes.count < count { bytes += period }
  bytes.removeLast(bytes.count - count)
  return bytes
}
