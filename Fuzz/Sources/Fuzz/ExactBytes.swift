/// Bytes in a heap block of exactly their size, so that the sanitizer sees the first byte read too
/// far.
struct ExactBytes: ~Copyable {
  private let block: UnsafeMutableRawBufferPointer

  init(_ bytes: some Collection<UInt8>) {
    block = .allocate(byteCount: bytes.count, alignment: 1)
    block.copyBytes(from: bytes)
  }

  deinit {
    block.deallocate()
  }

  var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(block) }
}
