package import Vocabulary

/// A request id that names both engines of a request:
/// `___prefill_addr_{host:port}___decode_addr_{host:port}_{anything}`. MoRIIO's engines find each
/// other by it.
package struct KVPairName: Hashable, Sendable {
  /// Where prefill is.
  package let prefill: HostAndPort
  /// Where decode is.
  package let decode: HostAndPort

  /// The addresses in a request id; nil when it does not name two.
  package init?(requestID: String) {
    guard let first = requestID.firstRange(of: "___prefill_addr_"),
      let second = requestID[first.upperBound...].firstRange(of: "___decode_addr_"),
      let end = requestID[second.upperBound...].lastIndex(of: "_"),
      let prefill = HostAndPort(text: requestID[first.upperBound..<second.lowerBound]),
      let decode = HostAndPort(text: requestID[second.upperBound..<end])
    else { return nil }
    self.prefill = prefill
    self.decode = decode
  }
}

extension HostAndPort {
  /// The peer in `host:port`, an IPv6 literal in brackets, with or without a scheme before it; nil
  /// when there is no host or no port.
  init?(text: some StringProtocol) {
    let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
    let peer = text[start...]
    guard let colon = peer.lastIndex(of: ":"), let port = UInt16(peer[colon...].dropFirst())
    else { return nil }
    var host = peer[..<colon]
    if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { return nil }
    self.init(host: String(host), port: port)
  }
}
