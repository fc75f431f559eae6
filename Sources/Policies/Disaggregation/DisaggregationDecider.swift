public import Vocabulary

/// Decides request by request whether splitting it into prefill and decode is worth it.
///
/// Asked after the policies have chosen a prefill and a decode worker, told afterwards how long
/// things took. Owned by one loop and used on its thread only; reads no clock, draws no random
/// numbers, allocates nothing to decide and, but for a worker or pair seen for the first time,
/// nothing to learn. Cost: a comparison; with `cost` three dictionary look-ups and some tens of
/// multiplications, far below a microsecond.
///
/// It never aggregates where the decode engine cannot compute a prompt, and never splits where no
/// prefill worker is left. `docs/policies.md` has the rules and when they lose.
public struct DisaggregationDecider: Sendable {
  /// Tokens that decode may compute by itself, where nobody says otherwise.
  ///
  /// A quarter of the smallest step of an engine with chunked prefill (vLLM's 2,048 tokens): it
  /// lengthens one step of the decodes that run by less than a hand-over takes. llm-d's example is
  /// the same; Dynamo's 2,048 is a whole step, which every running stream feels as a gap.
  public static let standardMinimumPrefillTokens = TokenCount(512)
  /// What a second by which a running stream is delayed weighs against a second of waiting for a
  /// first token, where nobody says otherwise.
  ///
  /// A tenth: a delay within a stream shows as one longer gap among hundreds, and is forgiven by
  /// whoever reads slower than the engine writes.
  public static let standardDecodeTaxWeight = 0.1

  /// One in so many requests that could teach something goes the other way.
  static let exploringOneIn = 64

  /// How it decides.
  public let name: DeciderName
  /// Tokens that decode would have to compute for a request to be split; with `cost`, until the
  /// costs are known.
  public let minimumPrefillTokens: TokenCount
  /// What a second of delay to a running stream weighs against one until a first token.
  public let decodeTaxWeight: Double

  private var costs = LearnedCosts()
  private var decisions: UInt64 = 0
  private var couldExplore = 0

  /// A decider that has learned nothing.
  ///
  /// Neither number may be negative, and the weight must be finite; 0 as the weight counts time to
  /// first token alone.
  public init(
    name: DeciderName,
    minimumPrefillTokens: TokenCount = standardMinimumPrefillTokens,
    decodeTaxWeight: Double = standardDecodeTaxWeight
  ) {
    precondition(minimumPrefillTokens.number >= 0)
    precondition(decodeTaxWeight >= 0 && decodeTaxWeight.isFinite)
    self.name = name
    self.minimumPrefillTokens = minimumPrefillTokens
    self.decodeTaxWeight = decodeTaxWeight
  }

  /// Tokens below which decode is expected to serve a request by itself; nil where every request
  /// that can be split is. With `cost` a guess, made before the costs are asked for.
  public var servesWholeBelow: TokenCount? { name == .off ? nil : minimumPrefillTokens }

  /// Whether the request is split, and why.
  public mutating func decide(_ question: DisaggregationQuestion) -> DisaggregationVerdict {
    guard question.decodeCanPrefill else { return .split(.cannotPrefill) }
    guard let prefill = question.prefill else { return .aggregate(.noPrefillWorker) }
    switch name {
    case .off: return .split(.deciderOff)
    case .threshold: return byThreshold(question)
    case .cost: return byCost(question, over: prefill)
    }
  }

  /// Learns from what became of a request; only `cost` remembers anything.
  public mutating func note(_ observation: DisaggregationObservation) {
    guard name == .cost else { return }
    costs.note(observation, at: decisions)
  }

  private func byThreshold(_ question: DisaggregationQuestion) -> DisaggregationVerdict {
    let minimum = minimumPrefillTokens.number
    if question.uncachedOnDecode >= minimum { return .split(.longPrompt) }
    return .aggregate(question.promptTokens.number < minimum ? .shortPrompt : .mostlyCached)
  }

  private mutating func byCost(
    _ question: DisaggregationQuestion, over prefill: WorkerID
  ) -> DisaggregationVerdict {
    decisions &+= 1
    let whole = costs.whole(question, at: decisions)
    let split = costs.split(question, over: prefill, at: decisions)
    guard let whole, let split else {
      let splits = byThreshold(question).isSplit
      let wantsOther = splits ? whole?.wantsSample : split?.wantsSample
      if wantsOther ?? true, isBorderline(question), explores() {
        return splits ? .aggregate(.exploring) : .split(.exploring)
      }
      return splits ? .split(.learning) : .aggregate(.learning)
    }
    return compare(whole, split, question)
  }

  /// Splits if and only if that is expected to cost less, or once in a while to learn.
  private mutating func compare(
    _ whole: LearnedCosts.Estimate, _ split: LearnedCosts.Estimate,
    _ question: DisaggregationQuestion
  ) -> DisaggregationVerdict {
    // Computing a prompt in between delays every stream that runs there by the time it takes.
    let delayed = whole.ownSeconds * Double(max(0, question.activeDecodes))
    let costOfWhole = whole.seconds + decodeTaxWeight * delayed
    let handshake = question.isColdPair ? costs.handshakeSeconds : 0
    precondition(costOfWhole.isFinite && split.seconds.isFinite)
    if split.seconds + handshake < costOfWhole {
      let explored = whole.wantsSample && isBorderline(question) && explores()
      return explored ? .aggregate(.exploring) : .split(.prefillCheaper)
    }
    // A handshake is paid once and serves every later request: without this, two workers would
    // stay strangers for ever.
    let onlyStrange = split.seconds < costOfWhole
    let teaches = onlyStrange || split.wantsSample && isBorderline(question)
    return teaches && explores() ? .split(.exploring) : .aggregate(.decodeCheaper)
  }

  /// Whether the other way costs little even if it proves to be the wrong one: a quarter to four
  /// times the threshold, widened to the standard one's.
  private func isBorderline(_ question: DisaggregationQuestion) -> Bool {
    let own = minimumPrefillTokens.number
    let standard = DisaggregationDecider.standardMinimumPrefillTokens.number
    let uncached = question.uncachedOnDecode
    return uncached >= min(own, standard) / 4 && uncached / 4 <= max(own, standard)
  }

  private mutating func explores() -> Bool {
    couldExplore += 1
    guard couldExplore == DisaggregationDecider.exploringOneIn else { return false }
    couldExplore = 0
    return true
  }
}
