/// What a release desk has done so far.
struct ReleaseCounts: Equatable {
  /// Orders taken: handles that were given back here.
  var orders = 0
  /// Calls made for them, repeated ones included.
  var calls = 0
  /// Of these, the ones that did not get to where handles are given back.
  var failedCalls = 0
  /// Second calls through pairs whose engines had not met.
  var secondCalls = 0
  /// Questions whether an engine lives.
  var checks = 0
  /// Orders for which nothing more could be done: their handles were left to their leases.
  var givenUp = 0
}
