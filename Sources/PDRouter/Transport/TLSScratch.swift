internal import Vocabulary
internal import Wire

/// Memory that all TLS streams of one loop use in turn, so that none of them needs any while idle.
///
/// Confined to its loop. Nothing that is called out to while it is in use may use it: handlers get
/// `plaintext`, and may write, which uses `ciphertext` only.
final class TLSScratch {
  /// As much as one read of a loop brings, and what the library may have kept of a record.
  static let plaintextSize = 64 * 1024 + 2 * TLSSession.recordSize
  /// Records on their way to the socket are handed over when there are so many bytes of them.
  static let handOverSize = 64 * 1024

  /// What was decrypted; valid until the next stream's turn.
  let plaintext = UnsafeMutableRawBufferPointer.allocate(
    byteCount: TLSScratch.plaintextSize, alignment: 16)
  /// Records that are about to be written.
  var ciphertext = ByteBuffer()
  /// Memory for what one stream gathers in a wake-up.
  private var spare = ByteBuffer()

  deinit {
    plaintext.deallocate()
  }

  /// Gives an empty buffer memory, if there is some to spare.
  func equip(_ buffer: inout ByteBuffer) {
    if buffer.capacity == 0 { swap(&buffer, &spare) }
  }

  /// Takes the memory of a buffer whose bytes have been sealed.
  func takeBack(_ buffer: inout ByteBuffer) {
    buffer.removeAll(keepingCapacityUpTo: TLSScratch.handOverSize)
    if spare.capacity < buffer.capacity { swap(&buffer, &spare) }
    buffer.releaseMemory()
  }
}
