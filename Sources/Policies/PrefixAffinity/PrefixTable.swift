/// Numbers of entries by the 64-bit hashes of their keys: a hash table that never stops to grow as
/// a whole.
///
/// Extendible hashing: the first bits of a hash choose a segment of 1,024 slots by way of a
/// directory, and a full segment splits alone, in microseconds, where doubling one great table
/// would hold up its lock for as long as copying it takes. Within a segment linear probing, up to
/// three quarters full; removal closes the gap, so there are no tombstones. A slot is one word: 32
/// bits of the hash, and the number. The caller says whether an entry is the one it means; keys
/// equal in these 32 bits are looked at one after the other.
///
/// Owns its memory, which grows with the most entries there ever were and is given back at the end.
/// Not thread-safe: its shard's lock is held.
struct PrefixTable: ~Copyable {
  /// The number that stands for "not there".
  static let none = UInt32.max

  private typealias Segment = UnsafeMutablePointer<UInt64>

  private static let slotBits = 10
  private static let slots = 1 << slotBits
  private static let mostFilled = slots / 4 * 3
  /// Words of a segment: the slots, then how many are filled, then how many bits its hashes share.
  private static let words = slots + 2
  private static let filled = slots
  private static let sharedBits = slots + 1
  /// A million segments: far beyond what random hashes need for any bound of ours.
  private static let deepest: UInt32 = 20

  private var directory: UnsafeMutablePointer<Segment>
  private var depth: UInt32 = 0
  private(set) var segments = 1

  /// A table without entries.
  init() {
    directory = .allocate(capacity: 1)
    directory.initialize(to: PrefixTable.makeSegment(sharing: 0))
  }

  deinit {
    var previous: Segment?
    for place in 0..<(1 << Int(depth)) where directory[place] != previous {
      // Those that share a segment lie side by side.
      previous = directory[place]
      directory[place].deallocate()
    }
    directory.deallocate()
  }

  /// Memory in use.
  var bytes: Int { segments * PrefixTable.words * 8 + (1 << Int(depth)) * 8 }

  /// The entry under `hash` for which `isIt`, or `none`.
  @inline(__always)
  func find(_ hash: UInt64, where isIt: (UInt32) -> Bool) -> UInt32 {
    let tag = UInt32(truncatingIfNeeded: hash >> 32)
    let segment = directory[directoryPlace(of: tag)]
    let slot = PrefixTable.slot(of: tag, in: segment, where: isIt)
    let word = segment[slot]
    return word == 0 ? PrefixTable.none : UInt32(truncatingIfNeeded: word) &- 1
  }

  /// Puts an entry under `hash`, where it is not yet; false when there is no place for it, which
  /// needs hundreds of hashes that are equal in their first bits.
  mutating func insert(_ hash: UInt64, _ number: UInt32) -> Bool {
    precondition(number != PrefixTable.none)
    let tag = UInt32(truncatingIfNeeded: hash >> 32)
    var segment = directory[directoryPlace(of: tag)]
    while segment[PrefixTable.filled] >= UInt64(PrefixTable.mostFilled) {
      guard split(segment, at: tag) else { return false }
      segment = directory[directoryPlace(of: tag)]
    }
    PrefixTable.put(UInt64(tag) << 32 | UInt64(number &+ 1), into: segment)
    return true
  }

  /// Takes the entry under `hash` out for which `isIt`; it must be there.
  mutating func remove(_ hash: UInt64, where isIt: (UInt32) -> Bool) {
    let tag = UInt32(truncatingIfNeeded: hash >> 32)
    let segment = directory[directoryPlace(of: tag)]
    var hole = PrefixTable.slot(of: tag, in: segment, where: isIt)
    precondition(segment[hole] != 0, "what is taken out was there")
    segment[PrefixTable.filled] -= 1
    let mask = PrefixTable.slots - 1
    var next = (hole + 1) & mask
    while segment[next] != 0 {
      // An entry may move back into the hole unless its own first slot lies behind it.
      let home = Int(truncatingIfNeeded: segment[next] >> 32) & mask
      if (next &- home) & mask >= (next &- hole) & mask {
        segment[hole] = segment[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    segment[hole] = 0
  }

  @inline(__always)
  private func directoryPlace(of tag: UInt32) -> Int {
    Int(truncatingIfNeeded: (UInt64(tag) << UInt64(depth)) >> 32)
  }

  /// The slot of the entry that is meant, or the empty one where the search ends.
  @inline(__always)
  private static func slot(
    of tag: UInt32, in segment: Segment, where isIt: (UInt32) -> Bool
  ) -> Int {
    let mask = slots - 1
    var slot = Int(truncatingIfNeeded: tag) & mask
    while true {
      let word = segment[slot]
      if word == 0 { return slot }
      if UInt32(truncatingIfNeeded: word >> 32) == tag,
        isIt(UInt32(truncatingIfNeeded: word) &- 1)
      {
        return slot
      }
      slot = (slot &+ 1) & mask
    }
  }

  private static func put(_ word: UInt64, into segment: Segment) {
    let mask = slots - 1
    var slot = Int(truncatingIfNeeded: word >> 32) & mask
    while segment[slot] != 0 { slot = (slot &+ 1) & mask }
    segment[slot] = word
    segment[filled] += 1
    precondition(segment[filled] < slots, "a search ends at an empty slot")
  }

  private static func makeSegment(sharing bits: UInt32) -> Segment {
    let segment = Segment.allocate(capacity: words)
    segment.initialize(repeating: 0, count: words)
    segment[sharedBits] = UInt64(bits)
    return segment
  }

  /// Puts a segment's entries into two new ones, by their first bit that they do not share.
  private mutating func split(_ segment: Segment, at tag: UInt32) -> Bool {
    let shared = UInt32(truncatingIfNeeded: segment[PrefixTable.sharedBits])
    if shared == depth {
      guard depth < PrefixTable.deepest else { return false }
      doubleDirectory()
    }
    let low = PrefixTable.makeSegment(sharing: shared + 1)
    let high = PrefixTable.makeSegment(sharing: shared + 1)
    for slot in 0..<PrefixTable.slots where segment[slot] != 0 {
      let isHigh = (segment[slot] << UInt64(shared)) >> 63 == 1
      PrefixTable.put(segment[slot], into: isHigh ? high : low)
    }
    let span = 1 << Int(depth - shared)
    let first = directoryPlace(of: tag) & ~(span - 1)
    for place in first..<(first + span) {
      precondition(directory[place] == segment)
      directory[place] = place < first + span / 2 ? low : high
    }
    segment.deallocate()
    segments += 1
    return true
  }

  private mutating func doubleDirectory() {
    let count = 1 << Int(depth)
    let doubled = UnsafeMutablePointer<Segment>.allocate(capacity: count * 2)
    for place in 0..<(count * 2) { (doubled + place).initialize(to: directory[place / 2]) }
    directory.deallocate()
    directory = doubled
    depth += 1
  }
}
