public import KVTransfer
public import Policies
public import Vocabulary

/// Everything a router is told at start; a value, complete before anything runs.
public struct RouterConfiguration: Sendable {
  /// One worker as named at start.
  public struct WorkerEntry: Sendable, Equatable {
    /// URL as given, not yet checked.
    public var url: String
    /// What the worker is for.
    public var role: Role
    /// Where a prefill worker tells others how to reach it, for connectors that need that.
    public var bootstrapPort: UInt16?

    /// An entry from its parts.
    public init(url: String, role: Role) {
      self.url = url
      self.role = role
    }
  }

  /// What whoever made the configuration found wrong with what it is made of, a sentence each.
  public var statedFaults: [String] = []
  /// Where clients connect.
  public var listen = HostAndPort(host: "127.0.0.1", port: 30000)
  /// Where Prometheus scrapes; nil switches it off.
  public var metrics: HostAndPort? = HostAndPort(host: "127.0.0.1", port: 29000)
  /// Prefill and decode pools instead of one.
  public var isDisaggregated = false
  /// The workers; roles `prefill` and `decode` in P/D mode, `both` otherwise.
  public var workers: [WorkerEntry] = []
  /// Data-parallel ranks of an engine whose URL names none: of every engine in a single pool; with
  /// split pools, of one that does not say how many it has.
  public var dataParallelSize = 1
  /// Chooses in the single pool, and in both P/D pools unless overridden.
  public var policy = PolicyName.cacheAware
  /// Chooses prefill workers.
  public var prefillPolicy: PolicyName?
  /// Chooses decode workers.
  public var decodePolicy: PolicyName?
  /// A policy that is asked what it would have chosen, and not obeyed.
  public var shadowPolicy: PolicyName?
  /// Whether prefill and decode workers are chosen together; nil takes `joint`.
  public var pairChoice: PairChoiceName?
  /// What may be chosen about policies.
  public var policySettings = PolicySettings()
  /// Time from one look at an engine's load to the next, where a policy wants to know it; 0 for
  /// never.
  public var loadCheckInterval: Duration = .seconds(10)
  /// How it is decided which requests are split; nil lets `minimumPrefillTokens` say.
  public var decider: DeciderName?
  /// Tokens that decode would have to compute for a request to be split; nil takes the decider's.
  public var minimumPrefillTokens: TokenCount?
  /// How engines move KV.
  public var connector = KVConnectorName.nixl
  /// What may be chosen about the connector.
  public var connectorOptions = KVConnectorOptions()
  /// How long prefill keeps blocks that nobody came for; nil is the default of the connector's
  /// engines.
  public var lease: Duration?
  /// How much of the lease must be left when decode is sent.
  public var leaseMargin: Duration = .seconds(3)
  /// Whether unused handles are given back by a request that decode serves and whose answer is
  /// dropped, instead of one that it refuses.
  public var releasesByDrop = false
  /// Whether prefill hints also go into the body's `vllm_xargs`.
  public var hintsInBody = false
  /// Whether pairs of engines that never met are made to by a request of the router's own.
  public var prewarmsPairs = false
  /// Event loops, each a thread.
  public var loops = 1
  /// How much is let in at once.
  public var admission = AdmissionSettings()
  /// Bounds on everything that can grow.
  public var limits = Limits()
  /// Bounds on everything that can wait.
  public var timeouts = Timeouts()
  /// How workers are spoken to.
  public var workerProtocol = WorkerProtocolSettings()
  /// How often a request is tried, and how long it waits in between.
  public var retries = RetrySettings()
  /// Who may ask for what.
  public var clients = ClientSettings()
  /// How TLS is spoken.
  public var tls = TLSSettings()
  /// How HTTP/2 is spoken with clients.
  public var http2 = ClientHTTP2Settings()
  /// How long workers may take to be there.
  public var startup = StartupSettings()
  /// Whether a model that no engine lists is left to any engine, instead of answered 404.
  public var passesUnknownModels = false
  /// How workers are probed.
  public var health = HealthSettings()
  /// When workers are passed over for failing their requests.
  public var breaker = BreakerSettings()
  /// Whether each request leaves a log line.
  public var logsRequests = true
  /// What clients are told of their requests' ways.
  public var observability = ObservabilitySettings()
  /// Seed of everything random; nil takes one from the system.
  public var seed: UInt64?

  /// The defaults.
  public init() {}

  /// Whether prefill workers have a bootstrap server that must be asked before they are of use.
  var asksBootstrapServers: Bool { isDisaggregated && connector == .mooncake }

  /// Whether engines are asked for their load.
  var asksForLoad: Bool { loadCheckInterval > .zero && policyNeeds.contains(.reportedLoad) }

  /// How TLS is spoken, as far as other settings say too.
  var security: TLSSettings {
    var settings = tls
    settings.offersHTTP2 = !http2.isOff
    return settings
  }

  /// The connector that was chosen, with its lease and options.
  public func makeConnector() -> any KVConnector {
    connector.make(leaseDuration: lease, options: connectorOptions)
  }
}
