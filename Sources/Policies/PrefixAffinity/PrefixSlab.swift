/// Entries by number, in chunks that never move.
///
/// Grows by 4,096 entries at a time without copying any, so growing costs the same however many
/// there are. Owns its memory; entries are zero bytes at first. What was handed back is the
/// caller's to remember. Not thread-safe: its shard's lock is held.
struct PrefixSlab<Element: BitwiseCopyable>: ~Copyable {
  private static var chunkBits: UInt32 { 12 }
  private static var chunkSize: Int { 1 << Int(chunkBits) }

  private var chunks: UnsafeMutablePointer<UnsafeMutablePointer<Element>>
  private var room = 8
  private var chunkCount = 0

  /// A slab without entries.
  init() {
    chunks = .allocate(capacity: room)
  }

  deinit {
    for number in 0..<chunkCount { UnsafeMutableRawPointer(chunks[number]).deallocate() }
    chunks.deallocate()
  }

  /// Entries there is memory for.
  var capacity: Int { chunkCount * PrefixSlab.chunkSize }

  /// Memory in use.
  var bytes: Int { capacity * MemoryLayout<Element>.stride + room * 8 }

  /// Where entry `number` lies, for as long as the slab does.
  @inline(__always)
  subscript(number: UInt32) -> UnsafeMutablePointer<Element> {
    let chunk = Int(truncatingIfNeeded: number >> PrefixSlab.chunkBits)
    precondition(chunk < chunkCount, "an entry that there is")
    return chunks[chunk] + Int(truncatingIfNeeded: number) & (PrefixSlab.chunkSize - 1)
  }

  /// Makes room until there is an entry `number`.
  mutating func grow(toHold number: UInt32) {
    while Int(number) >= capacity {
      if chunkCount == room { doubleRoom() }
      let bytes = PrefixSlab.chunkSize * MemoryLayout<Element>.stride
      let chunk = UnsafeMutableRawPointer.allocate(
        byteCount: bytes, alignment: MemoryLayout<Element>.alignment)
      chunk.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
      (chunks + chunkCount).initialize(to: chunk.assumingMemoryBound(to: Element.self))
      chunkCount += 1
    }
  }

  private mutating func doubleRoom() {
    let doubled = UnsafeMutablePointer<UnsafeMutablePointer<Element>>.allocate(capacity: room * 2)
    doubled.moveInitialize(from: chunks, count: chunkCount)
    chunks.deallocate()
    chunks = doubled
    room *= 2
  }
}
