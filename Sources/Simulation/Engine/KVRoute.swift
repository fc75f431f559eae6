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
    case .nixlPull: return kv.source.map { .read($0) } ?? .lost
    case .moriioRead:
      guard let source = kv.source, kv.blockIDs != nil else { return .lost }
      return .read(source)
    case .nixlPush:
      guard let engineID = kv.engineID, let host = kv.host, let port = kv.port, kv.tpSize != nil
      else { return .lost }
      let address = HostAndPort(host: host, port: port)
      return .meet(KVSource(engineID: engineID, requestID: name, address: address))
    case .mooncake:
      guard let engineID = kv.engineID else { return .lost }
      return bootstrapRoute(kv, engineID: engineID)
    case .sglang: return bootstrapRoute(kv, engineID: nil)
    case .moriioWrite:
      guard let pair = KVPairName(requestID: requestID), let transferID = kv.transferID
      else { return .lost }
      let name = EngineConfiguration.name(of: transferID, for: pair)
      return .meet(KVSource(engineID: nil, requestID: name, address: pair.prefill))
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
    case .mooncake, .sglang: return kv.transferID
    case .moriioWrite:
      guard let pair = KVPairName(requestID: requestID), let transferID = kv.transferID
      else { return nil }
      return EngineConfiguration.name(of: transferID, for: pair)
    }
  }

  private func bootstrapRoute(_ kv: KVParameters, engineID: String?) -> KVRoute {
    guard let address = kv.bootstrapAddress, let transferID = kv.transferID else { return .lost }
    return .meet(KVSource(engineID: engineID, requestID: transferID, address: address))
  }

  // Prefill writes to the decode engine that its own request id names: with another one it never
  // meets.
  private static func name(of transferID: String, for pair: KVPairName) -> String {
    "\(transferID)@\(pair.decode)"
  }
}
