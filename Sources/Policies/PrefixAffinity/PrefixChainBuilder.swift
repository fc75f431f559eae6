/// Makes a `PrefixChain` of a prompt that comes in pieces, cut anywhere.
///
/// Owns one block's worth of bytes for what a piece leaves over; everything else is hashed where it
/// lies. One is enough for a loop. Calls go `begin`, `append` any number of times, `finish`. Cost:
/// that of `PrefixHasher`, and a copy of the blocks that a piece's end cuts through; allocates only
/// while the chain outgrows the array it was given.
public struct PrefixChainBuilder: ~Copyable {
  private let hasher: PrefixHasher
  private let rest: UnsafeMutableRawBufferPointer
  /// Bytes in `rest`.
  private var kept = 0
  private var last: UInt64 = 0
  private var chain = PrefixChain()

  /// A builder that hashes by `hasher`.
  public init(_ hasher: PrefixHasher) {
    self.hasher = hasher
    rest = .allocate(byteCount: PrefixChain.blockBytes, alignment: 8)
  }

  deinit {
    rest.deallocate()
  }

  /// Starts a prompt that shares nothing with those of another `seed`, in the memory of `chain`, if
  /// that is the only copy (`consume` it).
  public mutating func begin(seed: UInt64, reusing chain: consuming PrefixChain = PrefixChain()) {
    self.chain = consume chain
    self.chain.hashes.removeAll(keepingCapacity: true)
    kept = 0
    last = seed
  }

  /// The prompt goes on with `bytes`.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    var piece = bytes
    if kept > 0 {
      let taken = min(PrefixChain.blockBytes - kept, piece.count)
      keep(UnsafeRawBufferPointer(rebasing: piece[..<taken]))
      piece = UnsafeRawBufferPointer(rebasing: piece[taken...])
      guard kept == PrefixChain.blockBytes else { return }
      kept = 0
      appendBlocks(UnsafeRawBufferPointer(rest))
    }
    appendBlocks(piece)
    let left = piece.count % PrefixChain.blockBytes
    keep(UnsafeRawBufferPointer(rebasing: piece[(piece.count - left)...]))
  }

  /// The chain of the whole blocks so far; the builder may begin anew.
  public mutating func finish() -> PrefixChain {
    precondition(chain.hashes.count <= PrefixChain.mostBlocks)
    var finished = PrefixChain()
    swap(&finished, &chain)
    kept = 0
    return finished
  }

  private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
    precondition(kept + bytes.count <= PrefixChain.blockBytes)
    UnsafeMutableRawBufferPointer(rebasing: rest[kept...]).copyMemory(from: bytes)
    kept += bytes.count
  }

  /// Hashes the whole blocks of `bytes`, as far as the chain may grow.
  private mutating func appendBlocks(_ bytes: UnsafeRawBufferPointer) {
    let room = PrefixChain.mostBlocks - chain.hashes.count
    let count = min(bytes.count / PrefixChain.blockBytes, room)
    guard count > 0, let start = bytes.baseAddress else { return }
    chain.hashes.reserveCapacity(chain.hashes.count + count)
    var hash = last
    for number in 0..<count {
      hash = hasher.hash(start + number * PrefixChain.blockBytes, after: hash)
      chain.hashes.append(hash)
    }
    last = hash
  }
}
