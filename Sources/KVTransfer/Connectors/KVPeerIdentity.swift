/// What a decode engine must be told of a prefill engine before that has answered.
///
/// Belongs to one incarnation of the engine; forgotten when its worker restarts or leaves.
public struct KVPeerIdentity: Sendable, Equatable {
  /// Which incarnation it is.
  public let engine: KVEngineIdentity
  /// Members of a JSON object, without the braces and without a comma at either end, exactly as
  /// decode is told them (`"remote_engine_id":"…","remote_host":"…",…`).
  public let members: [UInt8]

  /// An identity from its members, of which there is at least one.
  public init(engine: KVEngineIdentity, members: [UInt8]) {
    precondition(!members.isEmpty, "an identity says something")
    self.engine = engine
    self.members = members
  }
}
