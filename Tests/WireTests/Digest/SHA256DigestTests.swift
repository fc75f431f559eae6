import Testing
import Wire

struct SHA256DigestTests {
  @Test func `equal bytes have equal digests and unlike ones unlike digests`() {
    let texts = ["", "a", "b", "ab", "sk-1", "sk-2", String(repeating: "k", count: 5000)]
    for (place, left) in texts.enumerated() {
      for (other, right) in texts.enumerated() {
        let isSame = place == other
        #expect((SHA256Digest(of: left) == SHA256Digest(of: right)) == isSame)
        #expect(
          SHA256Digest(of: left).equality(to: SHA256Digest(of: right)) == (isSame ? 1 : 0))
      }
    }
  }

  @Test func `bytes and their text have one digest`() {
    let bytes = Array("a key".utf8)
    let digest = bytes.withUnsafeBytes { SHA256Digest(of: $0) }
    #expect(digest == SHA256Digest(of: "a key"))
  }
}
