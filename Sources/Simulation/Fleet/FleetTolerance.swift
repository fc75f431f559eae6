/// What a checker of a fleet lets pass, because the faults of the run bring it about.
package struct FleetTolerance: OptionSet, Sendable {
  /// One bit for each.
  package let rawValue: UInt8

  /// The tolerances of a bit set.
  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Clients may lose their connection and see nothing more.
  package static let brokenClients = FleetTolerance(rawValue: 1)
}
