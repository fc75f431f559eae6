/// The way from one host to another, by the hosts' numbers; the way back is another path.
struct HostPath: Hashable {
  let source: Int
  let target: Int

  init(from source: SimulatedHost, to target: SimulatedHost) {
    self.source = source.number
    self.target = target.number
  }

  /// Whether it begins or ends at `host`.
  func touches(_ host: SimulatedHost) -> Bool {
    source == host.number || target == host.number
  }
}
