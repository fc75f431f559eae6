internal import Vocabulary

/// The running digest of everything that happened in a world: equal for equal runs.
///
/// Not cryptographic; a few instructions per event and per eight bytes.
struct TraceHash {
  private(set) var value: UInt64

  init(seed: UInt64) {
    value = SplitMix64.mix(seed)
  }

  /// Takes in one number.
  mutating func add(_ number: UInt64) {
    value = SplitMix64.mix(value ^ number)
  }

  /// Takes in a run of bytes and its length.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var sum = value ^ UInt64(bytes.count)
    var offset = 0
    while offset + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      sum = (sum ^ word) &* 0x9E37_79B9_7F4A_7C15
      sum ^= sum >> 32
      offset += 8
    }
    while offset < bytes.count {
      sum = (sum ^ UInt64(bytes[offset])) &* 0x9E37_79B9_7F4A_7C15
      sum ^= sum >> 32
      offset += 1
    }
    value = SplitMix64.mix(sum)
  }
}
