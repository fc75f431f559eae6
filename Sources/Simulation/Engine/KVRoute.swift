internal import Vocabulary

/// Where the KV of a decode request comes from, as its dialect reads its parameters.
enum KVRoute: Hashable, Sendable {
  /// It is read from an exporter.
  case read(KVSource)
  /// It is written by whoever knows it by the source's `requestID`.
  case meet(KVSource)
  /// It never comes: the parameters do not say enough.
  case lost

  /// Who has it.
  var source: KVSource? {
    switch self {
    case .read(let source), .meet(let source): source
    case .lost: nil
    }
  }
}

extension EngineConfiguration {
  /// The way to the KV of a request with `kv`, known to the engine as `name` (without its suffix);
  /// nil when it computes its prompt itself.
  func route(_ kv: KVParameters?, requestID: String, name: String) -> KVRoute? {
    guard let kv, kv.doRemotePrefill else { return nil }
    switch connector {
    case .nixlPull, .moriioRead: return kv.source.map { .read($0) } ?? .lost
    case .nixlPush:
      guard let engineID = kv.engineID, let host = kv.host, let port = kv.port, kv.tpSize != nil
      else { return .lost }
      let address = HostAndPort(host: host, port: port)
      return .meet(KVSource(engineID: engineID, requestID: name, address: address))
    case .mooncake, .moriioWrite, .sglang: return .lost
    }
  }

  /// The name under which what a prefill request computes is kept for others: its own for those
  /// who read, the one to meet under otherwise; nil when it is not to be kept, or nobody could ask.
  func exportName(
    _ kv: KVParameters?, requestID: String, name: String, innerID: String
  ) -> String? {
    guard let kv, kv.doRemoteDecode else { return nil }
    switch connector {
    case .nixlPull, .moriioRead: return innerID
    case .nixlPush: return name
    case .mooncake, .moriioWrite, .sglang: return nil
    }
  }
}
