internal import Vocabulary

/// Something that answers requests: the backend itself, our router, or another proxy.
struct Target {
  /// The direct path to an engine, and, where requests are split, to one of each role.
  static let direct = "direct"
  static let prefill = "direct prefill"
  static let decode = "direct decode"

  /// Its name in the report.
  let name: String
  /// Where it listens.
  let address: HostAndPort
  /// The process whose CPU time and memory count; nil for the direct path.
  let process: Int32?

  /// A peer from `NAME=URL:PID`; nil when the text is anything else.
  init?(peer text: String) {
    guard let equals = text.firstIndex(of: "="),
      let colon = text.lastIndex(of: ":"), equals < colon,
      let process = Int32(text[text.index(after: colon)...]), process > 0,
      let address = Target.address(String(text[text.index(after: equals)..<colon]))
    else { return nil }
    self.init(name: String(text[..<equals]), address: address, process: process)
  }

  /// A target from its parts.
  init(name: String, address: HostAndPort, process: Int32?) {
    self.name = name
    self.address = address
    self.process = process
  }

  /// The peer that `http://HOST:PORT` names, with an IPv4 literal or a name as host.
  static func address(_ url: String) -> HostAndPort? {
    guard url.hasPrefix("http://"), let colon = url.lastIndex(of: ":"),
      let port = UInt16(url[url.index(after: colon)...].prefix { $0 != "/" }), port > 0
    else { return nil }
    let host = url.dropFirst(7).prefix { $0 != ":" }
    return host.isEmpty ? nil : HostAndPort(host: String(host), port: port)
  }
}
