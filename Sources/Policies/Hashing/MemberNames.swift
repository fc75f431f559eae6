internal import Vocabulary

/// The members' URLs in one flat array, to be hashed together with one key after another.
///
/// Holds a copy of the URLs and a scratch for `key:url`, which grows to the longest key seen and is
/// kept. Not thread-safe; each policy has its own.
struct MemberNames: Sendable {
  /// Registration numbers, ascending.
  private(set) var ids: [UInt32] = []
  /// A hash of each URL by itself.
  private(set) var marks: [UInt64] = []
  private var ends: [Int] = []
  private var bytes: [UInt8] = []
  private var longest = 0
  private var scratch: [UInt8] = []

  /// Nobody's names.
  init() {}

  /// Takes the names of `members`, which stand in registration order.
  mutating func update(_ members: [PolicyMember]) {
    self = MemberNames()
    for member in members {
      precondition(ids.last.map { $0 < member.id.number } ?? true, "ids ascend strictly")
      let start = bytes.count
      bytes.append(contentsOf: member.url.utf8)
      ids.append(member.id.number)
      ends.append(bytes.count)
      longest = max(longest, bytes.count - start)
      let mark = bytes.withUnsafeBytes {
        MurmurHash64A.hash(UnsafeRawBufferPointer(rebasing: $0[start...]), seed: FBIHash.seed)
      }
      marks.append(mark)
    }
  }

  /// Calls `body` with the registration numbers and the hashes of the URLs, which never allocates.
  @inline(__always)
  func withMarks<Result>(
    _ body: (_ ids: UnsafeBufferPointer<UInt32>, _ marks: UnsafeBufferPointer<UInt64>) -> Result
  ) -> Result {
    ids.withUnsafeBufferPointer { ids in marks.withUnsafeBufferPointer { body(ids, $0) } }
  }

  /// Calls `body` with the scores that `key` gives the members.
  ///
  /// Allocates only when `key` is longer than every one before.
  @inline(__always)
  mutating func withScores<Result>(
    of key: ArraySlice<UInt8>, _ body: (inout KeyScores) -> Result
  ) -> Result {
    let needed = key.count + 1 + longest
    if scratch.count < needed { scratch = [UInt8](repeating: 0, count: needed + needed / 2) }
    return scratch.withUnsafeMutableBytes { text in
      key.withUnsafeBytes { text.copyMemory(from: $0) }
      text[key.count] = UInt8(ascii: ":")
      return ids.withUnsafeBufferPointer { ids in
        ends.withUnsafeBufferPointer { ends in
          bytes.withUnsafeBytes { names in
            var scores = KeyScores(
              text: text, head: key.count + 1, ids: ids, ends: ends, names: names)
            return body(&scores)
          }
        }
      }
    }
  }
}
