internal import Vocabulary

/// One part of the prefix index: which workers hold which blocks, and in what order each of them
/// last touched its own.
///
/// A *block* is one element of a chain with the set of its holders; a *holding* is one worker's
/// share in it and a link of that worker's list, newest to oldest. Chains are touched from their
/// deepest block to the root, so in each list a block is newer than everything below it: what is
/// evicted first is always the end of a chain, and whoever holds a block holds all blocks before
/// it. All links are numbers into slabs that grow without moving; nothing is counted by reference.
///
/// Owns its memory, which is reused but not given back before the end. Not thread-safe: used under
/// the lock that the index keeps for it. Cost: a holding that is touched or evicted takes two looks
/// into hash tables and some five cache lines, whatever the number of blocks and workers.
struct PrefixShard: ~Copyable {
  /// The end of a list.
  static let none = PrefixTable.none

  /// One element of a chain.
  struct Block: BitwiseCopyable {
    var hash: UInt64
    /// Holders among the first 64 slots; the others are in `masks`.
    var mask: UInt64
    /// How many hold it; 0 when the entry is free.
    var holders: UInt32
    /// The one holding that is not in the table of holdings, since most blocks have no other, or
    /// `none`; the next free entry, while this one is free.
    var link: UInt32
  }

  /// One worker's share in one block.
  struct Holding: BitwiseCopyable {
    /// When it was touched last, in insertions.
    var stamp: UInt64
    /// What it is a share in.
    var block: UInt32
    var newer: UInt32
    /// Also the next free entry, while this one is free.
    var older: UInt32
    var slot: UInt16
  }

  /// One worker's holdings, in order of their touch.
  struct Line {
    /// Whose they are; nil while the slot is nobody's or is being cleared.
    var owner: WorkerID?
    var newest = PrefixShard.none
    var oldest = PrefixShard.none
    var count = 0
  }

  private(set) var blockCount = 0
  private(set) var holdingCount = 0
  let lines: UnsafeMutablePointer<Line>
  var blocks = PrefixSlab<Block>()
  var holdings = PrefixSlab<Holding>()
  var masks = PrefixMasks()
  /// What was found of the chain being touched.
  private let finds: UnsafeMutablePointer<(block: UInt32, holding: UInt32)>
  private var blockTable = PrefixTable()
  private var holdingTable = PrefixTable()
  /// First of the entries given back, and the number of those ever used.
  private var freeBlock = PrefixShard.none
  private var freeHolding = PrefixShard.none
  private var usedBlocks: UInt32 = 0
  private var usedHoldings: UInt32 = 0

  /// A shard in which nobody holds anything.
  init() {
    lines = .allocate(capacity: PrefixIndex.mostWorkers)
    lines.initialize(repeating: Line(), count: PrefixIndex.mostWorkers)
    finds = .allocate(capacity: PrefixIndex.batch)
    finds.initialize(repeating: (PrefixShard.none, PrefixShard.none), count: PrefixIndex.batch)
  }

  deinit {
    lines.deallocate()
    finds.deallocate()
  }

  /// Memory in use.
  var bytes: Int {
    blocks.bytes + holdings.bytes + masks.bytes + blockTable.bytes + holdingTable.bytes
      + PrefixIndex.mostWorkers * MemoryLayout<Line>.stride
  }

  /// The block of this hash, or `none`.
  @inline(__always)
  func block(of hash: UInt64) -> UInt32 {
    blockTable.find(hash) { blocks[$0].pointee.hash == hash }
  }

  /// How many hold the block; nobody holds `none`.
  @inline(__always)
  func holders(of block: UInt32) -> UInt32 {
    block == PrefixShard.none ? 0 : blocks[block].pointee.holders
  }

  /// When the oldest holding of `slot` was touched; the far future when there is none.
  func oldestStamp(of slot: Int) -> UInt64 {
    let oldest = lines[slot].oldest
    return oldest == PrefixShard.none ? .max : holdings[oldest].pointee.stamp
  }
}

// MARK: - Touching and evicting

extension PrefixShard {
  /// The slot's worker holds the blocks of `hashes`, a part of a chain of at most
  /// `PrefixIndex.batch`, and they are its newest.
  ///
  /// Looks everything up first and changes it then: looks do not wait for each other, so the
  /// processor fetches what they need from memory at the same time.
  ///
  /// - Returns: how many of them it did not hold before.
  mutating func touch(_ hashes: UnsafeBufferPointer<UInt64>, slot: Int, stamp: UInt64) -> Int {
    precondition(hashes.count <= PrefixIndex.batch)
    for place in hashes.indices { finds[place] = look(hashes[place], slot) }
    let before = lines[slot].count
    for place in hashes.indices.reversed() {
      var (block, holding) = finds[place]
      if block == PrefixShard.none {
        guard let taken = takeBlock(hashes[place]) else { continue }
        block = taken
      }
      if holding == PrefixShard.none { holding = self.holding(of: block, slot) }
      if holding == PrefixShard.none {
        hold(block, slot, stamp)
      } else {
        renew(holding, slot, stamp)
      }
    }
    return lines[slot].count - before
  }

  /// The block of this hash, and the slot's share in it.
  @inline(__always)
  private func look(_ hash: UInt64, _ slot: Int) -> (block: UInt32, holding: UInt32) {
    let block = block(of: hash)
    return (block, block == PrefixShard.none ? block : holding(of: block, slot))
  }

  /// Makes a share the slot's newest.
  private mutating func renew(_ holding: UInt32, _ slot: Int, _ stamp: UInt64) {
    precondition(Int(holdings[holding].pointee.slot) == slot)
    holdings[holding].pointee.stamp = stamp
    unlink(holding, slot)
    link(holding, slot)
  }

  /// Takes up to `most` of the slot's oldest holdings from it, as far as they were touched no later
  /// than `stamp`.
  ///
  /// - Returns: how many were taken.
  mutating func evict(_ slot: Int, most: Int, through stamp: UInt64 = .max) -> Int {
    var taken = 0
    while taken < most, lines[slot].oldest != PrefixShard.none {
      let oldest = lines[slot].oldest
      guard holdings[oldest].pointee.stamp <= stamp else { break }
      drop(oldest, slot)
      taken += 1
    }
    return taken
  }

  private func holding(of block: UInt32, _ slot: Int) -> UInt32 {
    guard holds(block, slot) else { return PrefixShard.none }
    let first = blocks[block].pointee.link
    if first != PrefixShard.none, Int(holdings[first].pointee.slot) == slot { return first }
    let found = holdingTable.find(PrefixShard.key(block, slot)) { number in
      holdings[number].pointee.block == block && Int(holdings[number].pointee.slot) == slot
    }
    precondition(found != PrefixShard.none, "who is in a block's set has a share in it")
    return found
  }

  /// Whether the slot is in the block's set.
  @inline(__always)
  func holds(_ block: UInt32, _ slot: Int) -> Bool {
    let word = slot < 64 ? blocks[block].pointee.mask : masks.word(slot >> 6, of: block)
    return word >> UInt64(slot & 63) & 1 == 1
  }

  @inline(__always)
  private static func key(_ block: UInt32, _ slot: Int) -> UInt64 {
    SplitMix64.mix(UInt64(block) << 16 | UInt64(truncatingIfNeeded: slot))
  }

  /// The block of this hash, a new one where there is none; nil when there is no place for it.
  private mutating func takeBlock(_ hash: UInt64) -> UInt32? {
    let known = block(of: hash)
    guard known == PrefixShard.none else { return known }
    var number = freeBlock
    if number == PrefixShard.none {
      number = usedBlocks
      blocks.grow(toHold: number)
    }
    guard blockTable.insert(hash, number) else { return nil }
    if number == freeBlock {
      freeBlock = blocks[number].pointee.link
    } else {
      usedBlocks += 1
    }
    blocks[number].pointee = Block(hash: hash, mask: 0, holders: 0, link: PrefixShard.none)
    blockCount += 1
    return number
  }

  /// Gives the slot a share in `block`, as its newest, if there is a place for it.
  private mutating func hold(_ block: UInt32, _ slot: Int, _ stamp: UInt64) {
    var number = freeHolding
    if number == PrefixShard.none {
      number = usedHoldings
      holdings.grow(toHold: number)
    }
    if blocks[block].pointee.link == PrefixShard.none {
      blocks[block].pointee.link = number
    } else if !holdingTable.insert(PrefixShard.key(block, slot), number) {
      return
    }
    if number == freeHolding {
      freeHolding = holdings[number].pointee.older
    } else {
      usedHoldings += 1
    }
    holdings[number].pointee = Holding(
      stamp: stamp, block: block, newer: PrefixShard.none, older: PrefixShard.none,
      slot: UInt16(truncatingIfNeeded: slot))
    flip(block, slot)
    blocks[block].pointee.holders += 1
    holdingCount += 1
    link(number, slot)
    // By a pointer of its own: Swift 6.3 miscompiles `lines[slot].count += 1` for ThreadSanitizer.
    let line = lines + slot
    line.pointee.count += 1
  }

  /// Takes a holding from its slot, and the block with it when nobody is left.
  private mutating func drop(_ number: UInt32, _ slot: Int) {
    let block = holdings[number].pointee.block
    unlink(number, slot)
    let line = lines + slot
    line.pointee.count -= 1
    if blocks[block].pointee.link == number {
      blocks[block].pointee.link = PrefixShard.none
    } else {
      holdingTable.remove(PrefixShard.key(block, slot)) { $0 == number }
    }
    holdings[number].pointee.older = freeHolding
    freeHolding = number
    holdingCount -= 1
    flip(block, slot)
    blocks[block].pointee.holders -= 1
    if blocks[block].pointee.holders == 0 { dropBlock(block) }
  }

  private mutating func dropBlock(_ number: UInt32) {
    precondition(blocks[number].pointee.holders == 0 && blocks[number].pointee.mask == 0)
    blockTable.remove(blocks[number].pointee.hash) { $0 == number }
    blocks[number].pointee.link = freeBlock
    freeBlock = number
    blockCount -= 1
  }

  /// Puts the slot into the block's set, or takes it out.
  private mutating func flip(_ block: UInt32, _ slot: Int) {
    let bit = UInt64(1) << UInt64(slot & 63)
    if slot < 64 {
      blocks[block].pointee.mask ^= bit
    } else {
      masks.flip(bit, slot >> 6, of: block)
    }
  }

  private mutating func link(_ number: UInt32, _ slot: Int) {
    let newest = lines[slot].newest
    holdings[number].pointee.newer = PrefixShard.none
    holdings[number].pointee.older = newest
    if newest == PrefixShard.none {
      lines[slot].oldest = number
    } else {
      holdings[newest].pointee.newer = number
    }
    lines[slot].newest = number
  }

  private mutating func unlink(_ number: UInt32, _ slot: Int) {
    let (newer, older) = (holdings[number].pointee.newer, holdings[number].pointee.older)
    if newer == PrefixShard.none {
      lines[slot].newest = older
    } else {
      holdings[newer].pointee.older = older
    }
    if older == PrefixShard.none {
      lines[slot].oldest = newer
    } else {
      holdings[older].pointee.newer = newer
    }
  }
}
