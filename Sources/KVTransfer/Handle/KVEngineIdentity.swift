internal import Vocabulary

/// Which incarnation of a prefill engine made a handle: a hash of the engine id in its answer.
///
/// An engine draws a new id when it starts, so a changed identity means that the handles made under
/// the old one are worthless. 64 bits: two ids are taken for one with chance 2⁻⁶⁴.
public struct KVEngineIdentity: Hashable, Sendable {
  /// Hash of the id's bytes.
  public let hash: UInt64

  /// The identity behind an engine id's raw bytes, as they stand between the quotes in the answer.
  public init(engineID bytes: UnsafeRawBufferPointer) {
    var hash = SplitMix64.mix(UInt64(bytes.count))
    var place = 0
    while place + 8 <= bytes.count {
      hash = SplitMix64.mix(hash ^ bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      place += 8
    }
    var rest: UInt64 = 0
    while place < bytes.count {
      rest = rest << 8 | UInt64(bytes[place])
      place += 1
    }
    self.hash = SplitMix64.mix(hash ^ rest)
  }
}
