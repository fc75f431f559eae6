internal import Wire

/// How TLS is spoken with clients and workers.
public struct TLSSettings: Sendable, Equatable {
  /// Certificates with their chains, PEM files; none for plain HTTP. The first one is shown to who
  /// asks for no name that another is for.
  public var certificatePaths: [String] = []
  /// Their private keys, in the same order.
  public var keyPaths: [String] = []
  /// The authorities of clients; nil asks clients for no certificate.
  public var clientAuthoritiesPath: String?
  /// Whether the operators' port speaks TLS too, with the same certificates.
  public var coversAdmin = false
  /// Whether the metrics port does.
  public var coversMetrics = false
  /// Whether clients may speak HTTP/2; follows `ClientHTTP2Settings`.
  var offersHTTP2 = true
  /// Whether HTTP/2 is offered to `https://` workers.
  package var offersWorkersHTTP2 = true
  /// The authorities of `https://` workers; nil takes the system's.
  public var workerAuthoritiesPath: String?
  /// What such workers are shown when they ask.
  public var workerCertificatePath: String?
  /// Its private key.
  public var workerKeyPath: String?
  /// Whether any certificate of a worker is taken.
  public var acceptsAnyWorker = false

  /// The defaults: plain HTTP for clients, the system's authorities for workers.
  public init() {}

  /// What is offered to workers.
  var workerProtocols: [TLSProtocol] { offersWorkersHTTP2 ? [.http2, .http1] : [.http1] }

  /// Whether clients are met with TLS.
  var servesClients: Bool { !certificatePaths.isEmpty }

  /// What is wrong, a sentence each; reads the files.
  var faults: [String] {
    var faults: [String] = []
    if certificatePaths.count != keyPaths.count {
      faults.append(
        "--tls-cert-path and --tls-key-path come in pairs, not \(certificatePaths.count) and "
          + "\(keyPaths.count)")
    }
    if (workerCertificatePath == nil) != (workerKeyPath == nil) {
      faults.append("--worker-client-cert-path and --worker-client-key-path need each other")
    }
    if !servesClients, keyPaths.isEmpty {
      for (flag, isUsed) in [
        ("--tls-client-ca-path", clientAuthoritiesPath != nil), ("--admin-tls", coversAdmin),
        ("--prometheus-tls", coversMetrics),
      ] where isUsed { faults.append("\(flag) needs --tls-cert-path and --tls-key-path") }
    }
    if acceptsAnyWorker, workerAuthoritiesPath != nil {
      faults.append("--worker-tls-insecure and --worker-ca-path exclude each other")
    }
    guard faults.isEmpty else { return faults }
    do throws(ConfigurationFaults) {
      _ = try makeContexts(tickets: TLSTicketKeys())
    } catch {
      faults += error.sentences
    }
    return faults
  }

  /// What is not wrong but should be looked at, a sentence each; reads the files, which are right.
  public var warnings: [String] {
    guard let contexts = try? makeContexts(tickets: TLSTicketKeys()) else { return [] }
    let certificates = [contexts.clients, contexts.workers].flatMap { $0?.certificates ?? [] }
    return certificates.filter(\.isOutOfDate).map { "\($0.file): the certificate is out of date" }
      + (acceptsAnyWorker ? ["--worker-tls-insecure: workers' certificates are not checked"] : [])
  }

  /// The contexts for clients and for workers, as far as files are named for them.
  ///
  /// - Throws: everything that is wrong with the files.
  func makeContexts(
    tickets: TLSTicketKeys
  ) throws(ConfigurationFaults) -> (clients: TLSContext?, workers: TLSContext?) {
    var faults: [String] = []
    var clients: TLSContext?
    var workers: TLSContext?
    do throws(TLSFaults) {
      if servesClients { clients = try .server(serverSettings, tickets: tickets) }
    } catch {
      faults += error.faults.map { sentence($0, flag(of: $0.file)) }
    }
    do throws(TLSFaults) {
      if namesWorkerFiles { workers = try .client(clientSettings) }
    } catch {
      faults += error.faults.map { sentence($0, workerFlag(of: $0.file)) }
    }
    guard faults.isEmpty else { throw ConfigurationFaults(sentences: faults) }
    return (clients, workers)
  }

  private var namesWorkerFiles: Bool {
    workerAuthoritiesPath != nil || workerCertificatePath != nil
  }

  private var serverSettings: TLSServerSettings {
    TLSServerSettings(
      identities: zip(certificatePaths, keyPaths).map { TLSFiles(certificate: $0, key: $1) },
      clientAuthorities: clientAuthoritiesPath,
      protocols: offersHTTP2 ? [.http2, .http1] : [.http1])
  }

  private var clientSettings: TLSClientSettings {
    var identity: TLSFiles?
    if let workerCertificatePath, let workerKeyPath {
      identity = TLSFiles(certificate: workerCertificatePath, key: workerKeyPath)
    }
    return TLSClientSettings(
      authorities: workerAuthoritiesPath, identity: identity, acceptsAnything: acceptsAnyWorker,
      protocols: workerProtocols)
  }

  private func sentence(_ fault: TLSFault, _ flag: String) -> String { "\(flag): \(fault)" }

  private func flag(of file: String) -> String {
    if certificatePaths.contains(file) { return "--tls-cert-path" }
    return keyPaths.contains(file) ? "--tls-key-path" : "--tls-client-ca-path"
  }

  private func workerFlag(of file: String) -> String {
    if file == workerCertificatePath { return "--worker-client-cert-path" }
    return file == workerKeyPath ? "--worker-client-key-path" : "--worker-ca-path"
  }
}
