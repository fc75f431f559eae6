/// The sets of holders beyond the first 64 slots, one word for each further 64 and each block.
///
/// Memory comes for 4,096 blocks and one word at a time, and only where a bit is set, so a router
/// with up to 64 workers has none. A block that is free has no bits. Not thread-safe: its shard's
/// lock is held.
struct PrefixMasks: ~Copyable {
  private static let chunkBits: UInt32 = 12
  private static let chunkSize = 1 << 12
  private static let levels = PrefixIndex.mostWorkers / 64

  /// Chunks by block number / 4,096, and then by word; nil where no bit was ever set.
  private var chunks: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>?>
  private var room = 0
  private var chunkCount = 0
  /// One more than the greatest word ever set.
  private(set) var used = 1

  /// Sets without members.
  init() {
    chunks = .allocate(capacity: 1)
    chunks.initialize(to: nil)
  }

  deinit {
    for place in 0..<(room * PrefixMasks.levels) { chunks[place]?.deallocate() }
    chunks.deallocate()
  }

  /// Memory in use.
  var bytes: Int { chunkCount * PrefixMasks.chunkSize * 8 + room * PrefixMasks.levels * 8 }

  /// Word number `level` (from 1) of the set of `block`.
  @inline(__always)
  func word(_ level: Int, of block: UInt32) -> UInt64 {
    precondition(level > 0 && level < PrefixMasks.levels)
    let row = Int(truncatingIfNeeded: block >> PrefixMasks.chunkBits)
    guard row < room, let chunk = chunks[row * PrefixMasks.levels + level] else { return 0 }
    return chunk[Int(truncatingIfNeeded: block) & (PrefixMasks.chunkSize - 1)]
  }

  /// Changes `bits` of word number `level` (from 1) of the set of `block`.
  mutating func flip(_ bits: UInt64, _ level: Int, of block: UInt32) {
    precondition(level > 0 && level < PrefixMasks.levels)
    let row = Int(truncatingIfNeeded: block >> PrefixMasks.chunkBits)
    if row >= room { grow(toHold: row) }
    let place = row * PrefixMasks.levels + level
    let chunk = chunks[place] ?? makeChunk(at: place)
    chunk[Int(truncatingIfNeeded: block) & (PrefixMasks.chunkSize - 1)] ^= bits
    used = max(used, level + 1)
  }

  private mutating func makeChunk(at place: Int) -> UnsafeMutablePointer<UInt64> {
    let chunk = UnsafeMutablePointer<UInt64>.allocate(capacity: PrefixMasks.chunkSize)
    chunk.initialize(repeating: 0, count: PrefixMasks.chunkSize)
    chunks[place] = chunk
    chunkCount += 1
    return chunk
  }

  private mutating func grow(toHold row: Int) {
    let rows = max(8, room * 2, row + 1)
    let grown = UnsafeMutablePointer<UnsafeMutablePointer<UInt64>?>.allocate(
      capacity: rows * PrefixMasks.levels)
    grown.initialize(repeating: nil, count: rows * PrefixMasks.levels)
    grown.update(from: chunks, count: room * PrefixMasks.levels)
    chunks.deallocate()
    chunks = grown
    room = rows
  }
}
