package import Logging
internal import Vocabulary
internal import Wire

/// The TLS of the whole router: contexts of both sides and ticket keys, shared by its loops.
///
/// Contexts are exchanged whole when certificates are read again; connections keep the one that
/// they began with. May be used from any thread; a lock is held for one copy, or while files are
/// read.
public final class TransportSecurity: Sendable {
  /// Who is called, and so whose certificate is asked for by whom.
  package enum Callee {
    /// A worker: by the authorities and with the certificate of the settings.
    case worker
    /// A server that validates keys: by the system's authorities, without a certificate.
    case validator
  }

  private struct Contexts {
    var clients: TLSContext?
    var workers: TLSContext?
    var validators: TLSContext?
    var settings: TLSSettings
  }

  /// The keys of tickets that clients are given.
  let tickets = TLSTicketKeys()
  private let contexts: Guarded<Contexts>
  private let lines = Guarded(LineBudget())
  private let logger: Logger?

  /// The TLS of `settings`, which are valid, with lines about it in `logger`.
  ///
  /// - Throws: `ConfigurationFaults` when files have changed since they were checked.
  package init(_ settings: TLSSettings, logger: Logger? = nil) throws(ConfigurationFaults) {
    self.logger = logger
    contexts = Guarded(Contexts(settings: settings))
    try take(settings)
  }

  /// TLS towards whoever has a certificate of the system's authorities, and none for clients.
  init() {
    logger = nil
    contexts = Guarded(Contexts(settings: TLSSettings()))
  }

  /// Reads certificates and authorities, of `settings` from now on, for new connections.
  ///
  /// - Throws: everything that is wrong with the files; all stays as it was then.
  func take(_ settings: TLSSettings) throws(ConfigurationFaults) {
    let (clients, workers) = try settings.makeContexts(tickets: tickets)
    contexts.withLock { contexts in
      contexts.settings = settings
      contexts.clients = clients
      contexts.workers = workers
    }
    for certificate in (clients?.certificates ?? []) + (workers?.certificates ?? []) {
      guard certificate.isOutOfDate else { continue }
      logger?.warning(
        "certificate is out of date",
        metadata: ["file": "\(certificate.file)", "subject": "\(certificate.subject)"])
    }
    if settings.acceptsAnyWorker {
      logger?.warning(
        """
        WORKERS' CERTIFICATES ARE NOT CHECKED (--worker-tls-insecure): whoever answers at an https \
        address is taken for the worker and reads every prompt
        """
      )
    }
  }

  /// Whether the clients' port speaks TLS.
  var servesClients: Bool { contexts.withLock { $0.clients != nil } }

  /// What clients are met with now.
  var clients: TLSContext? { contexts.withLock { $0.clients } }

  /// The certificates that clients are shown.
  var certificates: [TLSCertificate] { clients?.certificates ?? [] }

  /// What those who are called are met with now; made when it is first needed.
  func context(for callee: Callee) -> TLSContext {
    contexts.withLock { contexts in
      switch callee {
      case .worker:
        let context = contexts.workers ?? TransportSecurity.ofSystem(contexts.settings)
        contexts.workers = context
        return context
      case .validator:
        let context = contexts.validators ?? TransportSecurity.ofSystem(TLSSettings())
        contexts.validators = context
        return context
      }
    }
  }

  private static func ofSystem(_ settings: TLSSettings) -> TLSContext {
    var client = TLSClientSettings(protocols: settings.workerProtocols)
    client.acceptsAnything = settings.acceptsAnyWorker
    do throws(TLSFaults) {
      return try TLSContext.client(client)
    } catch {
      preconditionFailure("without files of our own nothing can be wrong with them: \(error)")
    }
  }

  /// Writes a line about a handshake that failed, unless there were many just now.
  func log(_ failure: TLSFailure, _ side: TLSSide, peer: String, now: Instant) {
    guard let logger, let suppressed = lines.withLock({ $0.take(now: now) }) else { return }
    var metadata: Logger.Metadata = [
      "side": "\(side.name)", "peer": "\(peer)", "why": "\(failure)",
    ]
    if suppressed > 0 { metadata["lines_not_written"] = "\(suppressed)" }
    logger.warning("TLS was not established", metadata: metadata)
  }
}
