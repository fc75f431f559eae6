import Simulation
import Testing
import Vocabulary

/// What a router sends in the dialects in which the engines meet: prefill lives at port 1, decode
/// at port 2 of an `EngineFleet`.
struct Dialect: CustomTestStringConvertible, Sendable {
  let connector: EngineConnector
  var testDescription: String { connector.rawValue }

  static let meeting: [Dialect] = [Dialect(connector: .nixlPush)]

  /// The request id both legs carry for the meeting called `name`.
  func requestID(_ name: String) -> String { name }

  /// Prefill's leg.
  func prefill(_ prompt: [UInt32], _ name: String = "r") -> EngineRequest {
    request(prompt, maxTokens: 1, kv: .prefill, id: requestID(name))
  }

  /// Decode's leg.
  func decode(_ prompt: [UInt32], _ name: String = "r", maxTokens: Int = 9) -> EngineRequest {
    var kv = KVParameters()
    kv.doRemotePrefill = true
    kv.engineID = "engine-1"
    kv.host = "127.0.0.1"
    kv.port = 1
    kv.tpSize = 1
    return request(prompt, maxTokens: maxTokens, kv: kv, id: requestID(name))
  }
}
