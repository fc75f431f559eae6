internal import Vocabulary

/// What a fleet's checks must know of a run to tell a handle that was forgotten from one that
/// nobody could have given back.
///
/// Sees every prefill answer leave its engine and be read by the router, and every connection that
/// the network cuts under a handle on its way to a decode engine; on the wire and not in the
/// router's books.
final class FleetWitness: NetworkWitness {
  private let world: SimulatedWorld
  private let prefillHosts: Set<ObjectIdentifier>
  /// Hosts to which handles are followed.
  private let decodeHosts: Set<ObjectIdentifier>
  /// When each handle was told.
  private var toldAt: [String: Instant] = [:]
  /// Handles that the router has read of.
  private var known: Set<String> = []
  /// Handles that were sent to a decode engine over a connection that the network has cut.
  private(set) var cut: Set<String> = []
  /// The last moment at which no decode engine did what it was asked.
  private(set) var nobodyCouldAt: Instant?
  /// Whether some decode engine has died, failed or been out of reach.
  private(set) var decodesHaveFailed = false

  /// A witness of what `prefillHosts` tell, and of what is told to `decodeHosts`.
  init(_ world: SimulatedWorld, prefillHosts: [SimulatedHost], decodeHosts: [SimulatedHost]) {
    self.world = world
    self.prefillHosts = Set(prefillHosts.map { ObjectIdentifier($0) })
    self.decodeHosts = Set(decodeHosts.map { ObjectIdentifier($0) })
    world.witness = self
  }

  func names(
    in bytes: UnsafeRawBufferPointer, from source: SimulatedHost, to target: SimulatedHost
  ) -> [String] {
    let isTold = prefillHosts.contains(ObjectIdentifier(source))
    guard isTold || decodeHosts.contains(ObjectIdentifier(target)),
      bytes.count > FleetWitness.key.count, let name = FleetWitness.name(in: bytes)
    else { return [] }
    if isTold { toldAt[name] = world.now }
    return [name]
  }

  func wasRead(_ name: String, at target: SimulatedHost) {
    if !decodeHosts.contains(ObjectIdentifier(target)) { known.insert(name) }
  }

  func wasCut(_ name: String, to target: SimulatedHost) {
    if decodeHosts.contains(ObjectIdentifier(target)) { cut.insert(name) }
  }

  /// Notes how many of the decode engines do what they are asked.
  func note(able: Int, of count: Int) {
    if able == 0 { nobodyCouldAt = world.now }
    if able < count { decodesHaveFailed = true }
  }

  /// Whether the router has read of the handle that its engine keeps as `name`; an engine that
  /// pairs by request keeps it under a beginning of the name that it tells.
  func isKnown(_ name: String) -> Bool {
    known.contains { $0.hasPrefix(name) }
  }

  /// Whether, since the handle was told, there was a moment at which nobody could give it back.
  func wasBeyondReach(_ name: String) -> Bool {
    guard let nobodyCouldAt else { return false }
    return (toldAt.first { $0.key.hasPrefix(name) }?.value ?? .zero) <= nobodyCouldAt
  }

  private static let key = Array(#""remote_request_id":""#.utf8)

  private static func name(in bytes: UnsafeRawBufferPointer) -> String? {
    var place = 0
    while place + key.count < bytes.count {
      if bytes[place] == key[0], bytes[place + 1] == key[1], bytes[place + 8] == key[8],
        bytes[place..<(place + key.count)].elementsEqual(key)
      {
        let rest = bytes[(place + key.count)...]
        guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        return String(decoding: rest[..<end], as: UTF8.self)
      }
      place += 1
    }
    return nil
  }
}
