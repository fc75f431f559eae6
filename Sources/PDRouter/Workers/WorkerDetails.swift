/// What an operator says of a worker besides its URL and role; fixed at registration.
public struct WorkerDetails: Sendable, Equatable {
  /// Port of its bootstrap server (Mooncake); nil: the connector's default.
  public var bootstrapPort: UInt16?
  /// Compatibility key: workers with different keys are never paired; nil: nothing is said.
  public var key: String?
  /// Free text by name, listed; `topology` says where it is (`WorkerSite`), `zmq_address` is for
  /// MoRI-IO.
  public var labels: [String: String]
  /// The model it serves, until its engine says so itself; nil: nothing is said.
  public var modelID: String?
  /// Its rank among workers as the baseline lists it; listed, and of no other use.
  public var priority = 50
  /// What it costs as the baseline lists it; listed, and of no other use.
  public var cost = 1.0
  /// How many data-parallel ranks its engine has, as far as that is said; nil: nothing is said.
  public var dataParallelSize: Int?
  /// Whether its engine is asked how many ranks it has, and its workers follow from the answer.
  public var findsRanks = false

  /// Details from their parts.
  public init(
    bootstrapPort: UInt16? = nil, key: String? = nil, labels: [String: String] = [:]
  ) {
    precondition(bootstrapPort != 0, "port 0 names nothing")
    self.bootstrapPort = bootstrapPort
    self.key = key
    self.labels = labels
  }
}
