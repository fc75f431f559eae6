import KVTransfer
import PDRouter
import Vocabulary

/// What a storm came to.
struct StormReport: Sendable, CustomStringConvertible {
  var seed: UInt64 = 0
  /// What must not have happened, the first few of each kind.
  var faults: [String] = []
  /// Faults in all.
  var faultCount = 0
  /// Calls that came to an end, by how.
  var right = 0
  var errorAnswers = 0
  var errorEvents = 0
  /// Of the streams that ended with an error, those that had brought no token.
  var emptyStreams = 0
  var left = 0
  /// Ends that the router reported.
  var ends = 0
  /// Engines that died.
  var deaths = 0
  /// Handles that no router could have given back, and why.
  var excused: [String: Int] = [:]
  /// Statuses of the errors told.
  var statuses: [Int: Int] = [:]
  /// Codes of the errors told.
  var codes: [String: Int] = [:]
  /// From a client's hang-up to the moment an engine of the role saw its leg close.
  var closings: [Role: LatencySample] = [:]
  /// How long the handles of clients that had left stayed pinned.
  var pinnings = LatencySample()
  var handles = KVLedgerCounts()
  var seconds = 0.0

  mutating func note(_ fault: String) {
    faultCount += 1
    if faults.count < 12 { faults.append(fault) }
  }

  var description: String {
    """
    storm with seed \(seed): \(right) right, \(errorAnswers) error answers \
    \(statuses.sorted { $0.key < $1.key }) \(codes.sorted { $0.key < $1.key }), \
    \(errorEvents) streams ended by an error, \(left) left, \(ends) ends, \(deaths) deaths, \
    excused \(excused), closings \(closings), pinned \(pinnings), \(seconds) s; \
    \(handles); \(faultCount) faults: \
    \(faults.joined(separator: "\\n"))
    """
  }
}
