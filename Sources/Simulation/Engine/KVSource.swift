package import Vocabulary

/// Where a decode engine finds the KV of one request: an exporter and its name for the request.
package struct KVSource: Hashable, Sendable {
  /// The exporter's identity; a restarted engine has another one. Nil where the dialect does not
  /// tell.
  package let engineID: String?
  /// The exporter's name for the request: `remote_request_id`, or the one under which they meet.
  package let requestID: String
  /// The exporter's side channel.
  package let address: HostAndPort

  /// A source from its parts.
  package init(engineID: String?, requestID: String, address: HostAndPort) {
    self.engineID = engineID
    self.requestID = requestID
    self.address = address
  }
}
