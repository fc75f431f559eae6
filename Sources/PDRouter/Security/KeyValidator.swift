internal import EventLoop
internal import Vocabulary
internal import Wire

/// Has bearer tokens validated by other servers, for the requests of one loop.
///
/// Requests with the same token share one validation and wait for it; the outcome goes into the
/// memory that all loops share, unless a server could not be asked. Bounded: `validations` at once
/// with `waitingClients` requests. Confined to its loop; idle connections last as long as those to
/// workers.
final class KeyValidator {
  /// Tokens being validated on one loop.
  static let validations = 256
  /// Requests that wait on one loop.
  static let waitingClients = 4096
  /// Time for one server's answer.
  static let timeout: Duration = .seconds(5)

  /// One server and this loop's connections to it.
  struct Server {
    let url: ValidationURL
    let pool: WorkerPool
  }

  private unowned let router: RouterLoop
  private let memory: TokenMemory
  private let servers: [Server]
  private var underWay: [SHA256Digest: TokenValidation] = [:]
  /// Requests that wait.
  private(set) var waiting = 0

  /// A validator that asks `urls` in their order.
  init(_ urls: [ValidationURL], memory: TokenMemory, router: RouterLoop) {
    precondition(!urls.isEmpty, "somebody is asked")
    self.router = router
    self.memory = memory
    servers = urls.map { url in
      Server(
        url: url,
        pool: WorkerPool(
          worker: Worker(id: WorkerID(number: 0), url: url.server, role: .both),
          loop: router.loop, limits: router.configuration.limits,
          timeouts: router.configuration.timeouts, security: router.security,
          callee: .validator))
    }
  }

  /// Tokens being validated.
  var validationsUnderWay: Int { underWay.count }

  /// Lets the request wait for what is found out about `token`.
  ///
  /// - Returns: false when there is no room; the request is still the caller's then.
  func wait(
    _ waiter: TokenValidation.Waiter, for token: UnsafeRawBufferPointer, _ digest: SHA256Digest
  ) -> Bool {
    guard waiting < KeyValidator.waitingClients else { return false }
    let validation: TokenValidation
    let isNew = underWay[digest] == nil
    if let known = underWay[digest] {
      validation = known
    } else {
      guard underWay.count < KeyValidator.validations else { return false }
      validation = TokenValidation(of: token, by: servers, on: router.loop) {
        [weak self] outcome in self?.end(digest, outcome)
      }
      underWay[digest] = validation
    }
    waiter.exchange.observer = self
    validation.waiters.append(waiter)
    waiting += 1
    if isNew { validation.start() }
    return true
  }

  /// Closes connections that were idle for too long; called about once a second.
  func sweep() {
    for server in servers { server.pool.closeExpired() }
  }

  /// Ends everything without a word.
  func stop() {
    for validation in underWay.values { validation.cancel() }
    underWay.removeAll()
    waiting = 0
    for server in servers { server.pool.closeIdle() }
  }

  private func end(_ digest: SHA256Digest, _ outcome: TokenValidation.Outcome) {
    guard let validation = underWay.removeValue(forKey: digest) else { return }
    switch outcome {
    case .valid: memory.note(digest, isValid: true, now: router.loop.now)
    case .invalid: memory.note(digest, isValid: false, now: router.loop.now)
    case .unknown: break
    }
    // One by one: what one request sets off may take another one's client away.
    while !validation.waiters.isEmpty {
      let waiter = validation.waiters.removeFirst()
      waiting -= 1
      waiter.exchange.observer = nil
      router.goOn(waiter, outcome)
    }
  }

  private func forget(_ exchange: Exchange) {
    for validation in underWay.values {
      guard let place = validation.waiters.firstIndex(where: { $0.exchange === exchange })
      else { continue }
      validation.waiters.remove(at: place)
      waiting -= 1
      return
    }
  }
}

extension KeyValidator: ExchangeObserver {
  func exchangeDidLoseClient(_ exchange: Exchange) {
    forget(exchange)
  }

  func exchangeDidDrain(_ exchange: Exchange) {}

  func exchangeMustEnd(_ exchange: Exchange) {
    forget(exchange)
    OwnAnswers.refuse(
      exchange,
      RouterError(.shuttingDown, origin: .router, message: "The router is shutting down."))
  }
}
