// Who holds how much of a chain.
extension PrefixShard {
  /// Notes in `match` how many leading blocks of the chain each holder has.
  ///
  /// Halves the chain: where two places have equally many holders, so has everything between them,
  /// for the holders of a block hold all before it. That takes about log2(blocks) looks for every
  /// different number of blocks that somebody holds, instead of one for each block. A chain of
  /// which nobody holds the first block costs one look.
  func match(_ hashes: UnsafeBufferPointer<UInt64>, into match: PrefixMatch) {
    guard let root = hashes.first else { return }
    let first = block(of: root)
    let holders = holders(of: first)
    guard holders > 0 else { return }
    search(hashes, 0, first, holders, hashes.count, 0, match)
  }

  /// Notes whoever holds block `low` of the chain and is not noted yet, given that those who hold
  /// block `high` are; deepest first, so that each is noted with the most it has.
  private func search(
    _ hashes: UnsafeBufferPointer<UInt64>, _ low: Int, _ block: UInt32, _ holders: UInt32,
    _ high: Int, _ holdersOfHigh: UInt32, _ match: PrefixMatch
  ) {
    precondition(low < high)
    guard high - low > 1 else { return note(block, low + 1, match) }
    let middle = low + (high - low) / 2
    let found = self.block(of: hashes[middle])
    let holdersOfMiddle = self.holders(of: found)
    if holdersOfMiddle != holdersOfHigh {
      search(hashes, middle, found, holdersOfMiddle, high, holdersOfHigh, match)
    }
    if holders != holdersOfMiddle {
      search(hashes, low, block, holders, middle, holdersOfMiddle, match)
    }
  }

  private func note(_ block: UInt32, _ depth: Int, _ match: PrefixMatch) {
    guard block != PrefixShard.none else { return }
    match.note(blocks[block].pointee.mask, level: 0, depth: depth)
    for level in 1..<max(1, masks.used) {
      match.note(masks.word(level, of: block), level: level, depth: depth)
    }
  }
}
