import Simulation
import Testing

/// What a router sends over HTTP in the dialects in which engines meet, prefill being on host `p`
/// and decode on host `d` of an `EngineTown`.
struct ServedDialect: CustomTestStringConvertible, Sendable {
  let connector: EngineConnector
  var testDescription: String { connector.rawValue }

  static let meeting: [ServedDialect] = [
    EngineConnector.nixlPush, .mooncake, .moriioWrite, .sglang,
  ]
  .map(ServedDialect.init)

  /// The request id both legs carry for the meeting called `name`.
  func requestID(_ name: String) -> String {
    guard connector == .moriioWrite else { return name }
    return "___prefill_addr_p:8000___decode_addr_d:8000_\(name)"
  }

  /// Prefill's leg.
  func prefill(_ prompt: String, _ name: String) -> FleetRequest {
    .completion(prompt, maxTokens: 1, extra: member(name))
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

  private func member(_ name: String) -> String {
    guard connector != .nixlPush else { return prefillMember }
    guard connector != .sglang else { return roomMember(name) }
    return #","kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,"#
      + #""transfer_id":"tx-\#(name)","remote_dp_size":1,"remote_tp_size":1}"#
  }

  // Rooms are numbers: one for each name.
  private func roomMember(_ name: String) -> String {
    let room = name.utf8.reduce(7) { ($0 * 31 + Int($1)) % (1 << 40) }
    return #","bootstrap_host":"p","bootstrap_port":8998,"bootstrap_room":\#(room)"#
  }

  private func decodeMember(_ name: String) -> String {
    guard connector != .sglang else { return roomMember(name) }
    let rest =
      switch connector {
      case .mooncake:
        #""remote_engine_id":"p","remote_bootstrap_addr":"http://p:8998","#
          + #""transfer_id":"tx-\#(name)""#
      case .moriioWrite:
        #""transfer_id":"tx-\#(name)","remote_dp_size":1,"remote_tp_size":1"#
      default:
        #""remote_engine_id":"p","remote_host":"p","remote_port":5600,"tp_size":1,"#
          + #""remote_block_ids":null"#
      }
    return #","kv_transfer_params":{"do_remote_prefill":true,\#(rest)}"#
  }
}
