internal import KVTransfer
internal import Policies

/// Why a request to split pools went the way it did, over two workers or whole to one: a reason of
/// the decider's, of what a body asks for, or of the pair.
///
/// A small number, so that counting one costs an addition.
public struct WayReason: Hashable, Sendable {
  /// Its place among all, from 0 to `count`.
  let place: Int

  /// How many there are.
  static let count = deciders + vetoes + 2

  private static let deciders = DisaggregationReason.allCases.count
  private static let vetoes = WholeReason.allCases.count

  /// Whole: the connector does not know what it must tell the pair, or the two could not meet.
  static let pairNotReady = WayReason(place: deciders + vetoes)
  /// Whole: the route generates no tokens.
  static let noGeneration = WayReason(place: deciders + vetoes + 1)

  /// The decider's word.
  init(_ reason: DisaggregationReason) {
    place = Int(reason.rawValue)
  }

  /// Splitting would get it wrong.
  init(_ reason: WholeReason) {
    place = WayReason.deciders + Int(reason.rawValue)
  }

  /// The reason at a place.
  init(place: Int) {
    precondition((0..<WayReason.count).contains(place))
    self.place = place
  }

  /// The reason as it is written in logs and metric labels.
  public var name: StaticString {
    if let reason = UInt8(exactly: place).flatMap(DisaggregationReason.init(rawValue:)) {
      return reason.name
    }
    let veto = UInt8(exactly: place - WayReason.deciders).flatMap(WholeReason.init(rawValue:))
    if let veto { return veto.name }
    return self == .pairNotReady ? "pair_not_ready" : "no_generation"
  }
}
