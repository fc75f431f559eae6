internal import Vocabulary
internal import Wire

/// One end of a session in tests: what it has read, and why it failed.
final class SessionEnd {
  let session: TLSSession
  private(set) var text: [UInt8] = []
  private(set) var failure: TLSFailure?
  private var output = ByteBuffer()
  private let plaintext = UnsafeMutableRawBufferPointer.allocate(byteCount: 20_000, alignment: 16)

  init(_ session: TLSSession) {
    self.session = session
  }

  deinit {
    plaintext.deallocate()
  }

  func start() {
    attempt { (output: inout ByteBuffer) throws(TLSFailure) in try session.start(sending: &output) }
  }

  func write(_ bytes: [UInt8]) {
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { block.deallocate() }
    block.copyBytes(from: bytes)
    attempt { (output: inout ByteBuffer) throws(TLSFailure) in
      try session.write(UnsafeRawBufferPointer(block), sending: &output)
    }
  }

  func close() {
    session.close(sending: &output)
  }

  /// Takes bytes of the peer, in a block of exactly their size.
  func take(_ bytes: some Collection<UInt8>) {
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { block.deallocate() }
    block.copyBytes(from: bytes)
    session.feed(UnsafeRawBufferPointer(block))
    while failure == nil {
      var count = 0
      let wasEstablished = session.isEstablished
      attempt { (output: inout ByteBuffer) throws(TLSFailure) in
        count = try session.read(into: plaintext, sending: &output)
      }
      text += plaintext.prefix(count)
      if count == 0, wasEstablished == session.isEstablished { break }
    }
    _ = session.takeRest()
  }

  func endTransport() {
    attempt { (_: inout ByteBuffer) throws(TLSFailure) in try session.endTransport() }
  }

  /// What is to be sent.
  func takeOutput() -> [UInt8] {
    defer { output.removeAll() }
    return Array(output.bytes)
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
