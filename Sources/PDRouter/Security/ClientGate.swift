internal import Vocabulary
internal import Wire

/// Who may ask for what: looks at a request's bearer token before anything else is done with it.
///
/// One per loop. Open (no keys, no validation, no key of the operator's) it costs one branch.
struct ClientGate {
  /// Where a request came in.
  enum Port {
    case clients, admin
  }

  /// What becomes of a request.
  enum Verdict {
    case enter
    /// There is no token, or a wrong one.
    case refuse
    /// Only the validation servers can say; the token, valid as long as the request's head.
    case ask(token: UnsafeRawBufferPointer, SHA256Digest)
  }

  /// Whether everybody may ask for everything.
  let isOpen: Bool
  private let ring: ClientKeyring?
  private let memory: TokenMemory?
  private let adminKey: SHA256Digest?
  private var keys: [ClientKey] = []
  private var version = -1

  /// A gate that knows what `access` knows.
  init(_ access: ClientAccess) {
    ring = access.keyring
    memory = access.tokens
    adminKey = access.adminKey
    isOpen = ring == nil && memory == nil && adminKey == nil
  }

  /// What becomes of a request for `endpoint`; notes the name of the key that was used.
  mutating func look(at exchange: Exchange, for endpoint: Endpoint, now: Instant) -> Verdict {
    let needsAdminKey = adminKey != nil && endpoint.isAdmin
    let needsKey = ring != nil || memory != nil
    guard needsAdminKey || needsKey && !endpoint.isProbe else { return .enter }
    let base = exchange.headBytes.bytes
    guard let token = BearerToken.find(in: exchange.head, base: base) else { return .refuse }
    let digest = SHA256Digest(of: token)
    if needsAdminKey, let adminKey {
      return adminKey.equality(to: digest) == 1 ? .enter : .refuse
    }
    if let key = findKey(digest) {
      exchange.client = key.name
      return .enter
    }
    guard let memory else { return .refuse }
    switch memory.verdict(on: digest, now: now) {
    case true?: return .enter
    case false?: return .refuse
    case nil: return .ask(token: token, digest)
    }
  }

  private mutating func findKey(_ digest: SHA256Digest) -> ClientKey? {
    guard let ring else { return nil }
    let current = ring.version
    if current != version {
      version = current
      keys = ring.current
    }
    return ClientKeyring.find(digest, in: keys)
  }
}
