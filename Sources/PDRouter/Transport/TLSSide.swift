/// Towards whom a TLS session leads.
enum TLSSide: Int, CaseIterable, Sendable {
  case client, worker

  /// Its label in metrics and logs.
  var name: StaticString {
    switch self {
    case .client: "client"
    case .worker: "worker"
    }
  }
}
