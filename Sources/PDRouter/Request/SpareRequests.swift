/// Requests of one loop that are over and wait for the next clients.
///
/// At most `limit`; more are let go. The one that came back last lies apart, since it mostly is the
/// next to be taken: that costs a few instructions.
struct SpareRequests {
  private static let limit = 4096

  private var last: Request?
  private var others: [Request] = []

  /// Takes one; nil where there is none.
  mutating func take() -> Request? {
    last.take() ?? others.popLast()
  }

  /// Takes one back.
  mutating func giveBack(_ request: Request) {
    if last == nil {
      last = request
    } else if others.count < SpareRequests.limit {
      others.append(request)
    }
  }

  /// Lets all go.
  mutating func removeAll() {
    last = nil
    others.removeAll()
  }
}
