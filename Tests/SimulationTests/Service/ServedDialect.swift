import Simulation
import Testing

/// What a router sends over HTTP in the dialects in which engines meet, prefill being on host `p`
/// and decode on host `d` of an `EngineTown`.
struct ServedDialect: CustomTestStringConvertible, Sendable {
  let connector: EngineConnector
  var testDescription: String { connector.rawValue }

  static let meeting: [ServedDialect] = [ServedDialect(connector: .nixlPush)]

  /// The request id both legs carry for the meeting called `name`.
  func requestID(_ name: String) -> String { name }

  /// Prefill's leg.
  func prefill(_ prompt: String, _ name: String) -> FleetRequest {
    .completion(prompt, maxTokens: 1, extra: prefillMember)
  }

  /// Decode's leg.
  func decode(
    _ prompt: String, _ name: String, maxTokens: Int = 9, model: String = "tiny"
  ) -> FleetRequest {
    var request = FleetRequest.completion(
      prompt, maxTokens: maxTokens, extra: decodeMember(name))
    request.body = request.body?.replacing("\"tiny\"", with: "\"\(model)\"")
    return request
  }

  private func decodeMember(_ name: String) -> String {
    #","kv_transfer_params":{"do_remote_prefill":true,"remote_engine_id":"p","remote_host":"p","#
      + #""remote_port":5600,"tp_size":1,"remote_block_ids":null}"#
  }
}
