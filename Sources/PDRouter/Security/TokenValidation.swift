internal import EventLoop
internal import Vocabulary
internal import Wire

/// One bearer token on its way through the validation servers, and who waits for the outcome.
///
/// Asks one server after the other until one answers exactly 200. Confined to its loop; owned by
/// the validator, which owns the servers' connections.
final class TokenValidation {
  /// What came of it.
  enum Outcome {
    /// A server answered 200.
    case valid
    /// All of them answered, and none 200.
    case invalid
    /// None answered 200, and one at least gave no answer of its own (or a 5xx).
    case unknown
  }

  /// A request that waits.
  struct Waiter {
    let exchange: Exchange
    let endpoint: Endpoint
  }

  /// The requests that wait, in the order of arrival.
  var waiters: [Waiter] = []
  private let authorization: [UInt8]
  private let servers: [KeyValidator.Server]
  private let loop: any Loop
  private let whenEnded: (Outcome) -> Void
  private var place = 0
  private var isDoubtful = false
  private var query: WorkerQuery?

  /// A validation of `token`, which `whenEnded` hears the outcome of, never from within `start`.
  init(
    of token: UnsafeRawBufferPointer, by servers: [KeyValidator.Server], on loop: any Loop,
    whenEnded: @escaping (Outcome) -> Void
  ) {
    precondition(!servers.isEmpty, "somebody is asked")
    var line = ByteBuffer(capacity: token.count + 32)
    line.append("authorization: Bearer ")
    line.append(token)
    line.append("\r\n")
    authorization = Array(line.bytes)
    self.servers = servers
    self.loop = loop
    self.whenEnded = whenEnded
  }

  /// Asks the first server.
  func start() {
    precondition(query == nil, "a validation starts once")
    askNext()
  }

  /// Ends it without a word.
  func cancel() {
    query?.cancel()
    query = nil
  }

  private func askNext() {
    guard place < servers.count else {
      query = nil
      return whenEnded(isDoubtful ? .unknown : .invalid)
    }
    let server = servers[place]
    place += 1
    let query = WorkerQuery(
      server.url.target, of: server.pool.worker, on: loop, timeout: KeyValidator.timeout,
      fields: authorization)
    self.query = query
    query.put(through: server.pool) { [weak self] outcome in self?.take(outcome) }
  }

  private func take(_ outcome: WorkerQuery.Outcome) {
    switch outcome {
    case .answered(200, _):
      query = nil
      return whenEnded(.valid)
    // A server in trouble says nothing about the token.
    case .answered(500..., _), .failed: isDoubtful = true
    case .answered: break
    }
    askNext()
  }
}
