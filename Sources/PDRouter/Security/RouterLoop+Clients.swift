public import EventLoop
internal import KVTransfer
public import Vocabulary
internal import Wire

// Who is let in: keys, preflights, the operators' port.
extension RouterLoop {
  /// Who asks the validation servers, if there are any; the configuration was validated.
  func makeValidator(_ access: ClientAccess) -> KeyValidator? {
    guard let memory = access.tokens else { return nil }
    let urls = configuration.clients.validationURLs.compactMap { try? ValidationURL($0) }
    precondition(!urls.isEmpty, "a configuration is validated before it is used")
    return KeyValidator(urls, memory: memory, router: self)
  }

  /// Whether a request may be served; answers it, or lets it wait, when not.
  func lets(_ exchange: Exchange, in endpoint: Endpoint, from port: ClientGate.Port) -> Bool {
    if exchange.head.method == .options, port == .clients,
      CrossOrigin.isPreflight(exchange.head, base: exchange.headBytes.bytes)
    {
      answerPreflight(exchange, endpoint)
      return false
    }
    guard isServed(endpoint, at: port) else {
      identify(exchange)
      OwnAnswers.notFound(exchange)
      return false
    }
    return clientGate.isOpen || passes(exchange, endpoint)
  }

  private func passes(_ exchange: Exchange, _ endpoint: Endpoint) -> Bool {
    switch clientGate.look(at: exchange, for: endpoint, now: loop.now) {
    case .enter: return true
    case .refuse: refuseKey(exchange, endpoint)
    case .ask(let token, let digest):
      let waiter = TokenValidation.Waiter(exchange: exchange, endpoint: endpoint)
      guard validator?.wait(waiter, for: token, digest) != true else { return false }
      identify(exchange)
      OwnAnswers.overloaded(exchange, "Too many keys are being validated.")
    }
    return false
  }

  /// What a request waited for has been found out.
  func goOn(_ waiter: TokenValidation.Waiter, _ outcome: TokenValidation.Outcome) {
    switch outcome {
    case .valid: serve(waiter.exchange, waiter.endpoint)
    case .invalid: refuseKey(waiter.exchange, waiter.endpoint)
    case .unknown:
      refuse(
        waiter.exchange, waiter.endpoint,
        RouterError(
          .keyNotValidated, origin: .router,
          message: "The API key could not be validated at this moment.", retryAfterSeconds: 1))
    }
  }

  private func refuseKey(_ exchange: Exchange, _ endpoint: Endpoint) {
    refuse(
      exchange, endpoint,
      RouterError(
        .unauthorized, origin: .client,
        message: "You must provide a valid API key, as 'Authorization: Bearer KEY'."))
  }

  private func refuse(_ exchange: Exchange, _ endpoint: Endpoint, _ error: RouterError) {
    metrics.count(error, of: endpoint)
    identify(exchange)
    OwnAnswers.refuse(exchange, error)
  }

  /// Gives what the router answers itself the id of its request.
  func identify(_ exchange: Exchange) {
    var id = ByteBuffer(capacity: 64)
    appendRequestID(of: exchange, to: &id)
    exchange.ownFields.removeAll()
    exchange.ownFields.appendField(name: "x-request-id", value: id.bytes)
  }

  /// Gives a refusal of the front end's the id of its request.
  public func willRefuse(_ exchange: Exchange) { identify(exchange) }

  /// Takes the client's request id, or makes one.
  func appendRequestID(of exchange: Exchange, to id: inout ByteBuffer) {
    let base = exchange.headBytes.bytes
    if let named = requestIDFields.find(in: exchange.head, base: base) {
      id.append(named)
    } else {
      RequestIdentity.append(to: &id, path: exchange.head.path.of(base), using: &generator)
    }
  }

  /// A browser asks what it may send; the front end adds what it may.
  private func answerPreflight(_ exchange: Exchange, _ endpoint: Endpoint) {
    var fields = ByteBuffer(capacity: 64)
    if let allowed = endpoint.allowedMethods { fields.appendField(name: "allow", value: allowed) }
    exchange.respond(status: 200, fields: fields, body: ByteBuffer())
  }

  // MARK: The operators' port

  /// Opens a port for operators; what it serves is not found on the clients' port any more.
  ///
  /// - Returns: the bound address.
  /// - Throws: `StreamError.bindFailed`.
  @discardableResult
  public func listenForOperators(on address: HostAndPort) throws(StreamError) -> HostAndPort {
    let port = AdminPort(router: self)
    let frontend = Frontend(
      loop: loop, handler: port, limits: configuration.limits, timeouts: configuration.timeouts)
    if configuration.tls.coversAdmin { frontend.security = security }
    frontend.http2 = configuration.http2
    let bound = try frontend.listen(on: address, sharesPort: false)
    add(frontend)
    return bound
  }

  /// Answers an operator.
  func handleOperator(_ exchange: Exchange) {
    let endpoint = Endpoint(path: exchange.head.path.of(exchange.headBytes.bytes))
    metrics.count(endpoint)
    if lets(exchange, in: endpoint, from: .admin) { serve(exchange, endpoint) }
  }

  /// Whether a route is served where the request came in.
  func isServed(_ endpoint: Endpoint, at port: ClientGate.Port) -> Bool {
    switch port {
    case .clients: !endpoint.isAdmin || !hasOperatorsPort
    case .admin: endpoint.isAdmin || endpoint.isProbe
    }
  }
}
