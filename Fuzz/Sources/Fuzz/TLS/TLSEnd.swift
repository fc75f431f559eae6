internal import Vocabulary
internal import Wire

/// One end of a session: what it has written and read, what it has to send, and why it failed.
final class TLSEnd {
  let session: TLSSession
  private(set) var written: [UInt8] = []
  private(set) var text: [UInt8] = []
  private(set) var failure: TLSFailure?
  private var output = ByteBuffer()
  private var outbox: [UInt8] = []

  init(_ session: TLSSession) {
    self.session = session
  }

  func start() {
    attempt { (output: inout ByteBuffer) throws(TLSFailure) in try session.start(sending: &output) }
  }

  /// Writes so many bytes, none like the one before, once the session is up.
  func write(_ count: Int) {
    guard session.isEstablished, failure == nil, !session.hasSentClose, count > 0 else { return }
    let piece = (0..<count).map { UInt8(truncatingIfNeeded: written.count &+ $0) }
    written += piece
    let block = ExactBytes(piece)
    let bytes = block.raw
    attempt { (output: inout ByteBuffer) throws(TLSFailure) in
      try session.write(bytes, sending: &output)
    }
  }

  func close() {
    if failure == nil { session.close(sending: &output) }
    gather()
  }

  /// Takes bytes that the other end, or nobody, has sent.
  func take(_ bytes: [UInt8]) {
    guard failure == nil, !bytes.isEmpty else { return }
    let block = ExactBytes(bytes)
    session.feed(block.raw)
    readAll()
    _ = session.takeRest()
  }

  private func readAll() {
    withUnsafeTemporaryAllocation(byteCount: 600, alignment: 1) { room in
      while failure == nil {
        let wasEstablished = session.isEstablished
        var count = 0
        attempt { (output: inout ByteBuffer) throws(TLSFailure) in
          count = try session.read(into: room, sending: &output)
        }
        text += room.prefix(count)
        if count == 0, wasEstablished == session.isEstablished { return }
      }
    }
  }

  func endTransport() {
    attempt { (_: inout ByteBuffer) throws(TLSFailure) in try session.endTransport() }
  }

  // MARK: - What is on its way

  /// The first bytes of what is to be sent.
  func takeOutput(_ count: Int) -> [UInt8] {
    gather()
    defer { outbox.removeFirst(min(count, outbox.count)) }
    return Array(outbox.prefix(count))
  }

  func change(at place: Int) {
    gather()
    if place < outbox.count { outbox[place] ^= 0x55 }
  }

  func double(_ count: Int) {
    gather()
    outbox.insert(contentsOf: outbox.prefix(count), at: 0)
  }

  func invent(_ bytes: some Collection<UInt8>) {
    gather()
    outbox.insert(contentsOf: bytes, at: 0)
  }

  private func gather() {
    outbox += output.bytes
    output.removeAll()
  }

  private func attempt(_ body: (inout ByteBuffer) throws(TLSFailure) -> Void) {
    guard failure == nil else { return }
    do throws(TLSFailure) {
      try body(&output)
    } catch {
      failure = error
    }
  }
}
