/// Which host a name means.
extension SimulatedWorld {
  /// The host that `name` means when asked on `asking`; nil when it means none.
  func host(meantBy name: String, on asking: SimulatedHost) -> SimulatedHost? {
    SimulatedHost.isOwnName(name) ? asking : host(named: name)
  }

  /// Whether `name` is an IP literal: it needs no resolver, and unless a host has it as its name,
  /// packets to it vanish.
  static func isAddress(_ name: String) -> Bool {
    var hasOnlyDigitsAndDots = true
    for byte in name.utf8 {
      if byte == UInt8(ascii: ":") { return true }
      let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
      if !isDigit && byte != UInt8(ascii: ".") { hasOnlyDigitsAndDots = false }
    }
    return hasOnlyDigitsAndDots
  }
}
