internal import Vocabulary

/// What one key scores with each of the members: the baseline's hash of `key:url`.
///
/// Reads the key once for all URLs of one length: up to there the hash is the same. Borrows
/// everything; valid inside `MemberNames.withScores` only. Cost: 0.1 µs a score, no allocation.
struct KeyScores {
  private let text: UnsafeMutableRawBufferPointer
  /// Bytes of the key and its colon.
  private let head: Int
  private let ids: UnsafeBufferPointer<UInt32>
  private let ends: UnsafeBufferPointer<Int>
  private let names: UnsafeRawBufferPointer
  /// The member that was looked for last: candidates are asked for in ascending order.
  private var member = 0
  /// The hash's state after the key's whole words, for texts of `length` bytes.
  private var state: UInt64 = 0
  private var length = -1

  /// The scores of the key that stands in `text`, with its colon `head` bytes long.
  @inline(__always)
  init(
    text: UnsafeMutableRawBufferPointer, head: Int, ids: UnsafeBufferPointer<UInt32>,
    ends: UnsafeBufferPointer<Int>, names: UnsafeRawBufferPointer
  ) {
    precondition(head <= text.count && ids.count == ends.count)
    self.text = text
    self.head = head
    self.ids = ids
    self.ends = ends
    self.names = names
  }

  /// The score with the member `id`; nil when it is none. Ids must ascend from call to call.
  @inline(__always)
  mutating func score(_ id: WorkerID) -> UInt64? {
    while member < ids.count, ids[member] < id.number { member &+= 1 }
    guard member < ids.count, ids[member] == id.number else { return nil }
    let start = member > 0 ? ends[member &- 1] : 0
    let count = ends[member] &- start
    guard let target = text.baseAddress, let source = names.baseAddress else { return nil }
    precondition(head &+ count <= text.count, "the scratch has room for the longest name")
    (target + head).copyMemory(from: source + start, byteCount: count)
    let words = head & ~7
    if length != head &+ count {
      length = head &+ count
      let begin = MurmurHash64A.begin(length: length, seed: FBIHash.seed)
      state = MurmurHash64A.words(begin, target, words)
    }
    return FBIHash.hash(murmur: MurmurHash64A.end(state, target + words, length &- words))
  }
}
