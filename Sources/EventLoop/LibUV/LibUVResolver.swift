internal import CLibUV
internal import Glibc

/// A loop's name look-ups: answers from its `NameCache`, otherwise asks the system's resolver in
/// libuv's thread pool, once for all who want the same name at the same time.
///
/// Owns the look-ups under way. Four run at a time (libuv's pool), the rest wait; connection
/// time-outs bound each waiter. Confined to its loop's thread.
final class LibUVResolver {
  /// One question to the resolver and who waits for its answer.
  fileprivate final class LookUp {
    let name: String
    var resolver: LibUVResolver?
    var waiters: [LibUVConnector] = []

    init(name: String, resolver: LibUVResolver) {
      self.name = name
      self.resolver = resolver
    }
  }

  private var cache = NameCache()
  private var lookUps: [String: LookUp] = [:]

  /// The cached answer for `name`; nil when `connector` will hear it by `didResolve`.
  func answer(for name: String, connector: LibUVConnector) -> NameCache.Answer? {
    guard SocketAddress.mayBeHost(name) else { return .failed(detail: "EAI_NONAME") }
    if let known = cache.answer(for: name, now: connector.loop.now) { return known }
    if let lookUp = lookUps[name] {
      lookUp.waiters.append(connector)
      return nil
    }
    return startLookUp(of: name, for: connector)
  }

  /// Takes a connector that gave up off the list of those who wait.
  func forget(_ connector: LibUVConnector, waitingFor name: String) {
    lookUps[name]?.waiters.removeAll { $0 === connector }
  }

  /// No address of `name` took a connection: the next one asks again.
  func invalidate(_ name: String) {
    cache.forget(name)
  }

  /// Lets go of every look-up because the loop ends.
  func abandon() {
    for lookUp in lookUps.values {
      lookUp.waiters = []
      lookUp.resolver = nil
    }
    lookUps = [:]
  }

  private func startLookUp(of name: String, for connector: LibUVConnector) -> NameCache.Answer? {
    let request = UVHandle<uv_getaddrinfo_t>()
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    let lookUp = LookUp(name: name, resolver: self)
    request.retain(lookUp)
    let status = uv_getaddrinfo(
      connector.loop.uv, request.pointer,
      { request, status, answer in
        UVLink.finish(request, as: LookUp.self).finish(status, answer)
      }, name, nil, &hints)
    guard status == 0 else {
      _ = UVLink.finish(request.pointer, as: LookUp.self)
      return .failed(detail: UVError.name(status))
    }
    lookUp.waiters = [connector]
    lookUps[name] = lookUp
    return nil
  }

  private func didFinish(_ lookUp: LookUp, _ answer: NameCache.Answer) {
    precondition(lookUps[lookUp.name] === lookUp)
    lookUps[lookUp.name] = nil
    guard let first = lookUp.waiters.first else { return }
    cache.remember(answer, for: lookUp.name, now: first.loop.now)
    for waiter in lookUp.waiters { waiter.didResolve(answer) }
  }
}

extension LibUVResolver.LookUp {
  fileprivate func finish(_ status: Int32, _ answer: UnsafeMutablePointer<addrinfo>?) {
    defer { uv_freeaddrinfo(answer) }
    let addresses = SocketAddress.list(answer)
    if status == 0, !addresses.isEmpty {
      resolver?.didFinish(self, .addresses(addresses))
    } else {
      let detail = status == 0 ? "EAI_NODATA" : UVError.name(status)
      resolver?.didFinish(self, .failed(detail: detail))
    }
  }
}
