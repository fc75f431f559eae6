/// How many attempts after the first the requests of one loop may make: a share of live traffic.
///
/// A bucket: every request puts `share` of an attempt in, every attempt after the first takes one
/// out. It starts full and holds as many attempts as there are requests in flight (at least
/// `reserve`), so that the death of one engine costs none of its requests their second try, while a
/// fleet that fails everything gets little more than the traffic it would get without retries.
/// Attempts that follow one of which no byte was delivered are free and do not come here.
struct RetryBudget {
  private let share: Double
  private let reserve: Double
  private var left: Double
  private var capacity: Double

  /// A full budget: `share` of an attempt per request, never less than `reserve` at its fullest.
  init(share: Double, reserve: Int) {
    precondition(share >= 0 && reserve >= 0)
    self.share = share
    self.reserve = Double(reserve)
    left = self.reserve
    capacity = self.reserve
  }

  /// A request has come; `inFlight` are live with it.
  ///
  /// When more are live than ever the bucket grows, and is filled as far as it has grown: these
  /// requests have not had their share yet.
  mutating func noteRequest(inFlight: Int) {
    let wanted = max(reserve, Double(inFlight))
    if wanted > capacity { left += wanted - capacity }
    capacity = wanted > capacity ? wanted : max(wanted, capacity * 0.999)
    left = min(left + share, capacity)
  }

  /// Takes one attempt out; false when none is left.
  mutating func take() -> Bool {
    guard left >= 1 else { return false }
    left -= 1
    return true
  }
}
