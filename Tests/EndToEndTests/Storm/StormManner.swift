import Simulation
import Vocabulary

/// How a storm's client behaves: it stays to the end, or hangs up at one of the stages of a
/// request.
enum StormManner: Sendable, CaseIterable {
  case stays
  /// Half of the request is sent.
  case leavesWhileSending
  case leavesOnceSent
  /// Some milliseconds later: while prefill runs, between the legs, or while decode loads.
  case leavesSoon
  /// The first bytes of the answer have come.
  case leavesAtHead
  /// About half of the answer has come.
  case leavesMidway
  /// All but the last bytes of the answer have come.
  case leavesBeforeTheEnd

  /// The manner of one client.
  static func draw(leavingPerMille: Int, _ dice: inout SplitMix64) -> StormManner {
    guard dice.number(below: 1000) < leavingPerMille else { return .stays }
    return allCases[1 + Int(dice.number(below: UInt64(allCases.count - 1)))]
  }
}
