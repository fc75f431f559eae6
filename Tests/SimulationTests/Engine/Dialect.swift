import Simulation
import Testing
import Vocabulary

/// What a router sends in the dialects in which the engines meet: prefill lives at port 1, decode
/// at port 2 of an `EngineFleet`.
struct Dialect: CustomTestStringConvertible, Sendable {
  let connector: EngineConnector
  var testDescription: String { connector.rawValue }

  static let meeting: [Dialect] = [EngineConnector.nixlPush, .mooncake, .moriioWrite, .sglang]
    .map(Dialect.init)

  /// The request id both legs carry for the meeting called `name`.
  func requestID(_ name: String) -> String {
    guard connector == .moriioWrite else { return name }
    return "___prefill_addr_127.0.0.1:1___decode_addr_127.0.0.1:2_\(name)"
  }

  /// Prefill's leg.
  func prefill(_ prompt: [UInt32], _ name: String = "r") -> EngineRequest {
    var kv = KVParameters.prefill
    if connector != .nixlPush { kv.transferID = "tx-\(name)" }
    return request(prompt, maxTokens: 1, kv: kv, id: requestID(name))
  }

  /// Decode's leg.
  func decode(_ prompt: [UInt32], _ name: String = "r", maxTokens: Int = 9) -> EngineRequest {
    var kv = KVParameters()
    kv.doRemotePrefill = true
    switch connector {
    case .nixlPush:
      kv.engineID = "engine-1"
      kv.host = "127.0.0.1"
      kv.port = 1
      kv.tpSize = 1
    case .mooncake:
      kv.engineID = "engine-1"
      kv.bootstrapAddress = HostAndPort(host: "127.0.0.1", port: 1)
      kv.transferID = "tx-\(name)"
    case .moriioWrite: kv.transferID = "tx-\(name)"
    case .sglang:
      kv.bootstrapAddress = HostAndPort(host: "127.0.0.1", port: 1)
      kv.transferID = "tx-\(name)"
    case .nixlPull, .moriioRead: preconditionFailure("no such dialect here")
    }
    return request(prompt, maxTokens: maxTokens, kv: kv, id: requestID(name))
  }
}
