import Policies
import Vocabulary

/// Workers `http://10.0.0.1:8000`, `http://10.0.0.2:8000`, … with ids from 0, and the requests that
/// are placed among them.
enum Fleet {
  static func members(_ ids: some Sequence<Int>) -> [PolicyMember] {
    ids.map {
      PolicyMember(id: WorkerID(number: UInt32($0)), url: "http://10.0.0.\($0 + 1):8000")
    }
  }

  /// A request with the session key `header:x-session-id:` and this value.
  static func request(session value: String, at now: Instant = .zero) -> RequestTraits {
    request(source: "header:x-session-id:", value, at: now)
  }

  static func request(
    source: StaticString, _ value: String, at now: Instant = .zero
  ) -> RequestTraits {
    var request = RequestTraits(promptTokens: TokenCount(100))
    request.session = SessionKey(source: source, value: value.utf8)
    request.now = now
    return request
  }

  /// A request whose prompt begins with these blocks, 128 tokens each.
  static func request(prefix: [UInt64]) -> RequestTraits {
    var request = RequestTraits(promptTokens: TokenCount(prefix.count * 128))
    request.prefix.hashes = prefix
    return request
  }
}

extension Pool {
  /// The id that `policy` chooses for `request`; `generator` starts anew for each, so that only
  /// the request can make a difference.
  func id(for request: RequestTraits, by policy: inout some Policy) -> Int? {
    var generator = SplitMix64(seed: 1)
    return choice(of: &policy, &generator, for: request).map { Int(workers[$0.index].id.number) }
  }
}
