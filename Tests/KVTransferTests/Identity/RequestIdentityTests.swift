import KVTransfer
import Testing
import Vocabulary

struct RequestIdentityTests {
  private func identity(_ path: String, seed: UInt64 = 1) -> String {
    var generator = SplitMix64(seed: seed)
    return identity(path, &generator)
  }

  private func identity(_ path: String, _ generator: inout SplitMix64) -> String {
    withBytes(of: path) {
      var buffer = ByteBuffer()
      RequestIdentity.append(to: &buffer, path: $0, using: &generator)
      return buffer.text
    }
  }

  @Test(arguments: [
    ("/v1/chat/completions", "chatcmpl-"), ("/v1/chat/completions/render", "chatcmpl-"),
    ("/v1/completions", "cmpl-"), ("/completions", "cmpl-"), ("/generate", "gnt-"),
    ("/inference/v1/generate", "gnt-"), ("/v1/responses", "req-"), ("/", "req-"), ("", "req-"),
    ("/v1/completion", "req-"), ("/xcompletions", "req-"), ("//completions", "cmpl-"),
    ("/v1/chat/completion", "req-"), ("/health_generate", "req-"),
  ])
  func `the prefix names the endpoint and 24 letters or digits follow`(
    path: String, prefix: String
  ) {
    let identity = identity(path)
    #expect(identity.hasPrefix(prefix))
    let random = identity.dropFirst(prefix.count)
    #expect(random.count == 24)
    #expect(random.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
  }

  @Test func `the same seed gives the same identity and another seed another`() {
    #expect(identity("/generate", seed: 5) == identity("/generate", seed: 5))
    #expect(identity("/generate", seed: 5) != identity("/generate", seed: 6))
  }

  @Test func `identities are appended to what is there`() {
    var generator = SplitMix64(seed: 1)
    var buffer = ByteBuffer()
    buffer.append("X-Request-Id: ")
    withBytes(of: "/v1/completions") {
      RequestIdentity.append(to: &buffer, path: $0, using: &generator)
    }
    #expect(buffer.text.hasPrefix("X-Request-Id: cmpl-"))
    #expect(buffer.count == 14 + 5 + 24)
  }

  @Test func `every character is equally likely and none is repeated by rule`() {
    var generator = SplitMix64(seed: 12)
    var counts: [Character: Int] = [:]
    var seen: Set<String> = []
    for _ in 0..<2000 {
      let identity = identity("/generate", &generator)
      seen.insert(identity)
      for character in identity.dropFirst(4) { counts[character, default: 0] += 1 }
    }
    #expect(seen.count == 2000)
    #expect(counts.count == 62)
    let expected = 2000.0 * 24 / 62
    let statistic = counts.values.reduce(0.0) {
      $0 + (Double($1) - expected) * (Double($1) - expected) / expected
    }
    // The 99.9 % point of chi-square with 61 degrees of freedom.
    #expect(statistic < 100.89)
  }
}
