public import Vocabulary

/// What a policy may know of one worker at the moment of a choice: plain numbers, no owner.
///
/// The caller brings one per eligible worker up to date just before the choice, so that the numbers
/// are those of this wake-up. Copying costs nothing; nothing that a policy changes in it goes
/// anywhere. What follows from the other numbers for every policy that weighs load is worked out
/// when these change, not when they are looked at: a fleet of hundreds is looked at for every
/// request, and few of it change in between.
public struct WorkerSnapshot: Sendable, Equatable {
  // What every choice looks at comes first and lies together.

  /// Requests there, with all that counts as some, over its share (`WorkerLoad.requests`).
  public private(set) var load: Double
  /// Estimated prompt tokens of this router's requests there.
  public var tokensInFlight: TokenCount
  /// Leading blocks of the request's `prefix` that lie in its cache as far as is known.
  public var cachedBlocks = 0
  /// Requests reserved on it by this router and not yet ended, of every loop.
  public var requestsInFlight: Int { didSet { weigh() } }
  /// Requests of others there, as far as its engine has said it lately.
  private(set) var foreignRequests = 0
  /// What counts as requests there besides this router's own: others', and what a cold or far pair
  /// and a new model count for.
  private(set) var extraRequests = 0.0
  /// What `reported` says, for those that look at all workers; nothing where that is nil.
  private(set) var isReported = false
  private(set) var kvUsage = 0.0
  private(set) var tokensPerSecond = 0.0
  /// Share of its part that it is to be given: below 1 for a while after it came (back).
  public var share = 1.0 { didSet { weigh() } }
  /// Who it is.
  public var id: WorkerID
  /// What it is for.
  public var role: Role
  /// Whether it would be its first meeting with the prefill worker already chosen: the engines have
  /// a handshake of seconds before them.
  public var isColdPair: Bool { didSet { weigh() } }
  /// Whether others have served the request's model or adapter and it has not, as far as is known.
  public var isNewToModel = false { didSet { weigh() } }
  /// Whether it lies elsewhere than the prefill worker already chosen, by their topology labels.
  public var isFarPair = false { didSet { weigh() } }
  /// What its engine said of itself lately; nil when it said nothing, or too long ago.
  public var reported: ReportedLoad? {
    didSet {
      isReported = reported != nil
      foreignRequests = reported?.foreignRequests ?? 0
      kvUsage = reported?.kvUsage ?? 0
      tokensPerSecond = reported?.tokensPerSecond ?? 0
      weigh()
    }
  }

  /// Requests of everybody on it, as far as they are known.
  var allRequests: Int { requestsInFlight &+ foreignRequests }

  /// A snapshot of a worker of which only these numbers are known; none may be negative.
  public init(
    id: WorkerID, role: Role, requestsInFlight: Int, tokensInFlight: TokenCount,
    isColdPair: Bool = false
  ) {
    precondition(requestsInFlight >= 0, "a reservation was given back twice")
    precondition(tokensInFlight.number >= 0, "a reservation was given back twice")
    self.id = id
    self.role = role
    self.requestsInFlight = requestsInFlight
    self.tokensInFlight = tokensInFlight
    self.isColdPair = isColdPair
    load = 0
    weigh()
  }

  /// So many requests are there now, with so many estimated prompt tokens; neither may be negative.
  public mutating func note(requestsInFlight: Int, tokensInFlight: TokenCount) {
    guard requestsInFlight != self.requestsInFlight || tokensInFlight != self.tokensInFlight
    else { return }
    precondition(requestsInFlight >= 0, "a reservation was given back twice")
    precondition(tokensInFlight.number >= 0, "a reservation was given back twice")
    self.tokensInFlight = tokensInFlight
    self.requestsInFlight = requestsInFlight
  }

  /// Works out what follows from the other numbers.
  private mutating func weigh() {
    // In floating point, where no number that an engine tells of itself can overflow.
    var extra = Double(foreignRequests)
    if isColdPair { extra += Double(WorkerLoad.coldPairRequests) }
    if isFarPair { extra += Double(WorkerLoad.farPairRequests) }
    if isNewToModel { extra += Double(WorkerLoad.newModelRequests) }
    extraRequests = extra
    let requests = Double(requestsInFlight) + extra
    load = share < 1 ? requests / max(share, WorkerLoad.leastShare) : requests
  }
}
