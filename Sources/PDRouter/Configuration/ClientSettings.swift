public import Vocabulary
internal import Wire

/// Who may ask for what, and how clients are treated.
public struct ClientSettings: Sendable, Equatable {
  /// Keys that clients may use, as typed; named `key-1`, `key-2` … in the log.
  public var keys: [String] = []
  /// A file with more of them, `name: key` a line.
  public var keysFile: String?
  /// Servers that say whether a bearer token is valid, asked in this order.
  public var validationURLs: [String] = []
  /// The key that workers are sent; nil passes the client's `Authorization` on.
  public var workerKey: String?
  /// Where it comes from, when that is not the command line.
  public var workerKeySource: String?
  /// Origins whose pages may read answers; none for any.
  public var allowedOrigins: [String] = []
  /// Names of the fields in which a client may give its request an id, the first present counts;
  /// none for no looking.
  public var requestIDHeaders = RequestIDFields.usual
  /// Where operators connect; nil answers them on the clients' port.
  public var admin: HostAndPort?
  /// The key that operators must use; nil asks for clients' keys, if any.
  public var adminKey: String?

  /// The defaults: everybody may ask for everything.
  public init() {}

  /// Whether clients need a key of ours.
  var asksForKeys: Bool { !keys.isEmpty || keysFile != nil }

  /// Whether the client's `Authorization` reaches workers: not where they get another, and not
  /// where it holds a key of ours, which is no business of theirs.
  var passesAuthorization: Bool { workerKey == nil && !asksForKeys }

  /// All keys, and what is wrong with them; reads the file.
  func readKeys() -> (keys: [ClientKey], faults: [String]) {
    var all: [ClientKey] = []
    var faults: [String] = []
    for (place, text) in keys.enumerated() {
      do throws(ClientKey.Fault) {
        all.append(try ClientKey(name: "key-\(place + 1)", key: text))
      } catch {
        faults.append("--client-api-key: \(error.message)")
      }
    }
    if let keysFile {
      let read = ClientKeyFile.read(keysFile)
      faults += read.faults.map { "--client-api-keys-file: \($0)" }
      for key in read.keys {
        if let other = all.first(where: { $0.name == key.name || $0.digest == key.digest }) {
          faults.append(
            "--client-api-keys-file: \(keysFile): the name or key of '\(key.name)' is that of "
              + "'\(other.name)'")
        }
        all.append(key)
      }
    }
    return (all, faults)
  }

  /// What is wrong, a sentence each.
  func faults(_ limits: Limits, _ timeouts: Timeouts) -> [String] {
    var faults = readKeys().faults
    faults += keyFaults() + fieldFaults()
    for text in validationURLs {
      do throws(WorkerURL.Fault) {
        _ = try ValidationURL(text)
      } catch {
        faults.append("--api-key-validation-urls \(error.message)")
      }
    }
    return faults + ClientSettings.limitFaults(limits) + ClientSettings.timeoutFaults(timeouts)
  }

  private func keyFaults() -> [String] {
    var faults: [String] = []
    for (flag, key) in [("--api-key", workerKey), ("--admin-api-key", adminKey)] {
      guard let key, !BearerToken.canBe(key) else { continue }
      let source = flag == "--api-key" ? workerKeySource ?? flag : flag
      faults.append(
        "\(source) must be 1 to \(BearerToken.longest) printable ASCII characters without space")
    }
    return faults
  }

  private func fieldFaults() -> [String] {
    var faults: [String] = []
    for name in requestIDHeaders {
      let isName = name.utf8.withContiguousStorageIfAvailable {
        FieldText.isName(UnsafeRawBufferPointer($0))
      }
      if isName != true { faults.append("--request-id-headers: '\(name)' is no field's name") }
    }
    for origin in allowedOrigins
    where origin.isEmpty || !origin.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
      faults.append("--cors-allowed-origins: '\(origin)' is no origin")
    }
    return faults
  }

  private static func limitFaults(_ limits: Limits) -> [String] {
    var faults: [String] = []
    func need(_ holds: Bool, _ sentence: String) {
      if !holds { faults.append(sentence) }
    }
    need(limits.clientConnections > 0, "--max-connections must be greater than 0")
    need(limits.requestsPerConnection >= 0, "--max-requests-per-connection must not be negative")
    need(
      (256...16 * 1024 * 1024).contains(limits.headBytes),
      "--max-header-bytes must be from 256 to 16777216, not \(limits.headBytes)")
    need(
      (1...10_000).contains(limits.headerCount),
      "--max-header-count must be from 1 to 10000, not \(limits.headerCount)")
    return faults
  }

  /// A year: whoever says more means no limit, and there is none.
  static let longestWait: Duration = .seconds(31_536_000)

  private static func timeoutFaults(_ timeouts: Timeouts) -> [String] {
    let rows: [(String, Duration)] = [
      ("--client-header-timeout-secs", timeouts.requestHead),
      ("--client-body-timeout-secs", timeouts.requestBodyIdle),
      ("--client-idle-timeout-secs", timeouts.clientIdle),
      ("--client-send-timeout-secs", timeouts.answerStall),
    ]
    var faults = rows.filter { $0.1 <= .zero || $0.1 > longestWait }.map {
      "\($0.0) must be from 1 to \(longestWait.components.seconds)"
    }
    for (flag, wait) in [
      ("--drain-settle-secs", timeouts.settle),
      ("--shutdown-grace-period-secs", timeouts.shutdownGrace),
    ] where wait < .zero || wait > longestWait {
      faults.append("\(flag) must be from 0 to \(longestWait.components.seconds)")
    }
    return faults
  }
}
