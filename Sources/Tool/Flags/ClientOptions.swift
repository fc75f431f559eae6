internal import ArgumentParser
internal import Glibc
internal import PDRouter
internal import Vocabulary

/// The flags of who may ask for what, with the baseline's names and defaults.
struct ClientOptions: ParsableArguments {
  @Option(help: "Largest request body, in bytes.")
  var maxPayloadSize = 536_870_912

  @Option(
    parsing: .singleValue, help: ArgumentHelp("A key that clients may use.", valueName: "key"))
  var clientApiKey: [String] = []

  @Option(help: ArgumentHelp("A file of keys that clients may use.", valueName: "file"))
  var clientApiKeysFile: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Where clients' bearer tokens are validated.", valueName: "url"))
  var apiKeyValidationUrls: [String] = []

  @Option(help: ArgumentHelp("The key that workers are sent.", valueName: "key"))
  var apiKey: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Origins whose pages may read answers; all when none is given.", valueName: "origin"))
  var corsAllowedOrigins: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Fields in which clients may give a request's id; none for no looking.", valueName: "name"))
  var requestIdHeaders = ["x-request-id", "x-correlation-id", "x-trace-id", "request-id"]

  @Option(help: "Client connections that may be open.")
  var maxConnections = 65_536

  @Option(help: "Requests on one client connection; 0 for any number.")
  var maxRequestsPerConnection = 0

  @Option(help: "Largest head of a request, in bytes.")
  var maxHeaderBytes = 65_536

  @Option(help: "Most header fields of a request.")
  var maxHeaderCount = 128

  @Option(help: "Time for the head of a request, in seconds.")
  var clientHeaderTimeoutSecs = 60

  @Option(help: "Longest silence in the body of a request, in seconds.")
  var clientBodyTimeoutSecs = 60

  @Option(help: "Time that a connection may be without a request, in seconds.")
  var clientIdleTimeoutSecs = 75

  @Option(help: "Longest time in which a client takes nothing of an answer, in seconds.")
  var clientSendTimeoutSecs = 60

  @Flag(help: "Speak no HTTP/2 with clients.")
  var disableHttp2 = false

  @Option(help: "Requests that one HTTP/2 connection of a client may have under way at once.")
  var http2MaxConcurrentStreams = 100

  @Option(
    help: "Silence of an HTTP/2 client after which it is asked whether it lives, in seconds.")
  var http2KeepaliveIntervalSecs = 60

  @Option(help: "Its time to say so, in seconds.")
  var http2KeepaliveTimeoutSecs = 20

  @Option(help: "Address of the operators' port.")
  var adminHost = "127.0.0.1"

  @Option(help: "Port of the operators' own; 0 for none.")
  var adminPort: UInt16 = 0

  @Option(help: ArgumentHelp("The key that operators must use.", valueName: "key"))
  var adminApiKey: String?

  @Option(help: "After SIGTERM, time before the port is closed, in seconds.")
  var drainSettleSecs = 0

  @Option(help: "After that, time for live requests, in seconds.")
  var shutdownGracePeriodSecs = 180

  /// The baseline's variable for `--api-key-validation-urls`, separated by commas.
  static let validationVariable = "API_KEY_VALIDATION_URLS"
  /// The baseline's variable for the key that prefill and decode workers are sent.
  static let workerKeyVariable = "OPENAI_API_KEY"

  /// Writes what the flags and the environment say into `configuration`, whose pools are known.
  func apply(to configuration: inout RouterConfiguration) {
    applyLimits(to: &configuration)
    var clients = ClientSettings()
    clients.keys = clientApiKey
    clients.keysFile = clientApiKeysFile
    clients.validationURLs = ListArguments.given(apiKeyValidationUrls)
    if clients.validationURLs.isEmpty, let list = Self.environment(Self.validationVariable) {
      clients.validationURLs = list.split(separator: ",").map { String($0.trimmed) }
        .filter { !$0.isEmpty }
    }
    clients.workerKey = apiKey
    if apiKey == nil, configuration.isDisaggregated,
      let key = Self.environment(Self.workerKeyVariable)
    {
      clients.workerKey = key
      clients.workerKeySource = Self.workerKeyVariable
    }
    clients.allowedOrigins = ListArguments.given(corsAllowedOrigins)
    clients.requestIDHeaders = ListArguments.given(requestIdHeaders)
    clients.admin = adminPort == 0 ? nil : HostAndPort(host: adminHost, port: adminPort)
    clients.adminKey = adminApiKey
    configuration.clients = clients
  }

  private func applyLimits(to configuration: inout RouterConfiguration) {
    configuration.limits.requestBodyBytes = maxPayloadSize
    configuration.limits.clientConnections = maxConnections
    configuration.limits.requestsPerConnection = maxRequestsPerConnection
    configuration.limits.headBytes = maxHeaderBytes
    configuration.limits.headerCount = maxHeaderCount
    configuration.timeouts.requestHead = .seconds(clientHeaderTimeoutSecs)
    configuration.timeouts.requestBodyIdle = .seconds(clientBodyTimeoutSecs)
    configuration.timeouts.clientIdle = .seconds(clientIdleTimeoutSecs)
    configuration.timeouts.answerStall = .seconds(clientSendTimeoutSecs)
    configuration.http2.isOff = disableHttp2
    configuration.http2.maxConcurrentStreams = http2MaxConcurrentStreams
    configuration.http2.keepAliveInterval = .seconds(http2KeepaliveIntervalSecs)
    configuration.http2.keepAliveTimeout = .seconds(http2KeepaliveTimeoutSecs)
    configuration.timeouts.settle = .seconds(drainSettleSecs)
    configuration.timeouts.shutdownGrace = .seconds(shutdownGracePeriodSecs)
  }

  /// A variable of the environment that is set and not empty.
  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension Substring {
  /// The text without spaces around it.
  fileprivate var trimmed: Substring {
    var text = drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return text
  }
}
