import KVTransfer
import Testing
import Vocabulary

struct MooncakeBootstrapTests {
  /// As recorded from vLLM 0.32.0, with a second rank.
  private static let recorded =
    #"{"0":{"engine_id":"d2411832-1","worker_addr":{"0":{"0":"tcp://127.0.0.1:46075"}}},"#
    + #""1":{"engine_id":"e\u00e9","worker_addr":{}}}"#

  private func members(_ text: String, rank: Int? = nil, host: String = "10.0.0.1") -> String? {
    identity(text, rank: rank, host: host).map { String(decoding: $0.members, as: UTF8.self) }
  }

  private func identity(_ text: String, rank: Int?, host: String) -> KVPeerIdentity? {
    withBytes(of: text) {
      MooncakeConnector.identity(
        inBootstrapAnswer: $0, rank: rank, host: host, bootstrapPort: 8998)
    }
  }

  @Test(arguments: [
    (Self.recorded, nil, "d2411832-1"), (Self.recorded, 0, "d2411832-1"),
    (Self.recorded, 1, #"e\u00e9"#), (Self.recorded, 7, "d2411832-1"),
    (#"{"3":{"engine_id":"x"}}"#, 0, "x"),
    (#"{"0":{"engine_id":null},"1":{"engine_id":""},"2":{"engine_id":"y"}}"#, 0, "y"),
    (#"{"0":{"engine_id":"a"},"0":{"engine_id":"b"}}"#, 0, "b"),
  ])
  func `decode is told the engine of the rank, or any if the rank is not named`(
    answer: String, rank: Int?, engine: String
  ) {
    let expected =
      #""remote_engine_id":"\#(engine)","remote_bootstrap_addr":"http://10.0.0.1:8998""#
    #expect(members(answer, rank: rank) == expected)
  }

  @Test func `an IPv6 host is written as in a URL`() throws {
    let text = try #require(members(#"{"0":{"engine_id":"x"}}"#, host: "fd00::1"))
    #expect(text.hasSuffix(#""http://[fd00::1]:8998""#))
  }

  @Test func `the identity is that of the engine`() throws {
    let found = try #require(identity(Self.recorded, rank: 0, host: "h"))
    #expect(found.engine == engine("d2411832-1"))
  }

  @Test(arguments: [
    "", "[]", "null", "{}", "{", #"{"0":"x"}"#, #"{"0":{"engine_id":5}}"#, #"{"engine_id":"x"}"#,
  ])
  func `an answer that names no engine gives none`(text: String) {
    #expect(members(text) == nil)
  }

  @Test func `an answer cut at any byte or damaged gives an identity or none and never crashes`() {
    let whole = Array(Self.recorded.utf8)
    for length in 0..<whole.count {
      #expect(members(String(decoding: whole[..<length], as: UTF8.self)) == nil)
    }
    var generator = SplitMix64(seed: 4)
    for _ in 0..<5_000 {
      var bytes = whole
      bytes[Int(generator.next(upperBound: UInt64(bytes.count)))] = UInt8(
        truncatingIfNeeded: generator.next())
      bytes.withUnsafeBytes { damaged in
        let found = MooncakeConnector.identity(
          inBootstrapAnswer: damaged, rank: 1, host: "h", bootstrapPort: 1)
        #expect(found?.members.isEmpty != true)
      }
    }
  }
}
