import KVTransfer
import Vocabulary

/// Gives `body` the UTF-8 bytes of `text`, in memory of exactly that size.
func withBytes<Result>(
  of text: String, _ body: (UnsafeRawBufferPointer) throws -> Result
) rethrows -> Result {
  try Array(text.utf8).withUnsafeBytes { try body($0) }
}

extension ByteBuffer {
  /// The bytes as text; ill-formed ones are replaced.
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// An instant this many milliseconds after the clock's start.
func at(_ milliseconds: Int64) -> Instant {
  Instant(nanoseconds: milliseconds * 1_000_000)
}

/// The name of a handle, good for tests of what never looks into a ledger.
func makeHandle() -> KVHandleID {
  var ledger = KVLedger(lease: .seconds(30), margin: .seconds(3))
  return ledger.beginPrefill(on: WorkerID(number: 0), now: .zero)
}
