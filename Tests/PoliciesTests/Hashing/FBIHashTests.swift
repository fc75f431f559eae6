import Testing
import Vocabulary

@testable import Policies

struct FBIHashTests {
  /// Text, FurcHash's bucket among 2^23 - 1, and the whole hash: the baseline's own vectors, and
  /// one that ends at the root of the tree, of which only placements were seen to be the same.
  static let golden: [(String, UInt32, UInt64)] = [
    ("", 6_173_600, 0xC066_3E02_9346_E424),
    ("a", 7_695_180, 0x29D1_AB12_EC5F_EA11),
    ("session-1", 7_163_895, 0x49BD_5C87_99B3_21A9),
    ("http://127.0.0.1:18101:0", 7_948_896, 0x2BFF_ED34_85A5_75D3),
    ("header:x-session-id:abc", 1_770_962, 0x543D_9EEA_8D6F_5317),
    ("header:x-session-id:193172", 1, 0x2BC9_A566_1048_75D8),
  ]

  @Test(arguments: golden)
  func `a text has the baseline's bucket and hash`(text: String, bucket: UInt32, hash: UInt64) {
    let bytes = Array(text.utf8)
    bytes.withUnsafeBytes {
      let murmur = MurmurHash64A.hash($0, seed: FBIHash.seed)
      #expect(FurcHash.bucket(first: murmur, seed: FBIHash.seed) == bucket)
      #expect(FBIHash.hash($0) == hash)
    }
  }

  @Test func `a text read in two parts, cut at any word, has the hash of the whole`() {
    let text = Array("header:x-session-id:0123456789abcdef:http://10.0.0.1:8000".utf8)
    for length in 0...text.count {
      text[..<length].withUnsafeBytes { bytes in
        let whole = MurmurHash64A.hash(bytes, seed: 7)
        guard let base = bytes.baseAddress else { return }
        for cut in stride(from: 0, through: length, by: 8) {
          let begin = MurmurHash64A.begin(length: length, seed: 7)
          let state = MurmurHash64A.words(begin, base, cut)
          #expect(MurmurHash64A.end(state, base + cut, length - cut) == whole)
        }
      }
    }
  }

  @Test func `a number's hash is that of its eight bytes, lowest first`() {
    let number: UInt64 = 0x0123_4567_89AB_CDEF
    let whole = withUnsafeBytes(of: number.littleEndian) { MurmurHash64A.hash($0, seed: 3) }
    #expect(MurmurHash64A.hash(word: number, seed: 3) == whole)
  }

  /// Words whose highest bit of the lowest 24 is each in turn, or none.
  @Test func `the short way to a bucket ends where the walk does`() {
    for number in 0..<3000 as Range<UInt64> {
      let random = SplitMix64.mix(number)
      let depth = number % 25
      let tree = depth == 24 ? 0 : 1 &<< depth | random &>> 40 & (1 &<< depth &- 1)
      let word = random &<< 24 | tree
      #expect(FurcHash.bucket(first: word, seed: 9) == FurcHash.walk(first: word, seed: 9))
    }
  }

  /// Found by trying forty million; the buckets are those of a port of the definition to Python.
  @Test(
    arguments: [
      (5_840_726, 6_842_360), (10_807_233, 8_138_534), (36_584_944, 3_649_374),
    ] as [(UInt64, UInt32)])
  func `a walk whose first attempt fails goes on`(number: UInt64, bucket: UInt32) {
    let word = SplitMix64.mix(number)
    #expect(FurcHash.bucket(first: word, seed: 9) == bucket)
  }

  @Test func `buckets stay below their number and are used evenly`() {
    var shares = [Int](repeating: 0, count: 64)
    for number in 0..<64_000 as Range<UInt64> {
      let bucket = FurcHash.bucket(first: MurmurHash64A.hash(word: number, seed: 9), seed: 9)
      #expect(bucket < FurcHash.buckets)
      shares[Int(bucket >> 17)] += 1
    }
    // 63 degrees of freedom: above 103.4 once in a thousand.
    #expect(chiSquare(shares) < 103.4)
  }
}
