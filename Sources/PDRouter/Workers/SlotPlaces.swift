internal import Policies
internal import Vocabulary

/// The places in a line-up by the workers' slots in the prefix index.
///
/// Made anew when the slots have moved; whoever changes the line-up makes a new one of these.
/// Finding a place costs an array access.
struct SlotPlaces {
  private static let nobody = UInt16.max

  private var version = -1
  private var places: [UInt16] = []

  /// Places of nobody.
  init() {}

  /// Brings it up to date with the slots that `match` knows, for the workers of `lineup`.
  mutating func update(to match: PrefixMatch, for lineup: [WorkerSnapshot]) {
    guard match.slotsVersion != version else { return }
    version = match.slotsVersion
    places = [UInt16](repeating: SlotPlaces.nobody, count: PrefixIndex.mostWorkers)
    for place in lineup.indices {
      guard let slot = match.slot(of: lineup[place].id) else { continue }
      places[slot] = UInt16(place)
    }
  }

  /// The place of the worker with that slot; nil when it is not in the line-up.
  @inline(__always)
  func place(of slot: Int) -> Int? {
    places[slot] == SlotPlaces.nobody ? nil : Int(places[slot])
  }
}
