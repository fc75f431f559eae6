/// What a lying prefill engine says instead of its transfer parameters. Its blocks stay pinned all
/// the same.
package enum EngineLie: String, Sendable, CaseIterable {
  /// `null`.
  case null
  /// The truth, but without `remote_request_id`.
  case nameless
  /// A string.
  case wrongType = "wrong_type"
  /// An object whose members have other types than they should.
  case garbage
  /// The parameters of its last answer that carried any; a stranger's when there was none.
  case stale
  /// The truth, but for the name of a request that never was.
  case stranger

  /// The JSON text to say instead of `truth`, when the answer before it carried `last`.
  func text(for truth: KVParameters, last: KVParameters?) -> KVText {
    var parameters = truth
    switch self {
    case .null: return .verbatim("null")
    case .wrongType: return .verbatim("\"see above\"")
    case .garbage:
      return .verbatim(
        "{\"do_remote_prefill\":\"yes\",\"remote_block_ids\":7,\"remote_engine_id\":[],"
          + "\"remote_request_id\":{},\"remote_host\":0,\"remote_port\":\"x\"}")
    case .nameless: parameters.requestID = nil
    case .stale where last != nil: parameters = last ?? truth
    case .stale, .stranger:
      parameters.requestID = "cmpl-stranger-0-00000000"
    }
    return .parameters(parameters)
  }
}
