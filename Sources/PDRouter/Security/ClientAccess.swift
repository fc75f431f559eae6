internal import Vocabulary
internal import Wire

/// What the loops of one router share about their clients: keys, validated tokens, the number of
/// connections.
public final class ClientAccess: Sendable {
  /// The clients' keys; nil when none are asked for.
  let keyring: ClientKeyring?
  /// What was found out about bearer tokens; nil when nobody is asked.
  let tokens: TokenMemory?
  /// What the operator's key must be, where there is one.
  let adminKey: SHA256Digest?
  /// Open client connections of all loops.
  let connections: ConnectionCount

  /// What a configuration says, which was validated; reads the file of keys.
  public init(_ configuration: RouterConfiguration) {
    let clients = configuration.clients
    keyring = clients.asksForKeys ? ClientKeyring(clients.readKeys().keys) : nil
    tokens = clients.validationURLs.isEmpty ? nil : TokenMemory()
    adminKey = clients.adminKey.map { SHA256Digest(of: $0) }
    connections = ConnectionCount(limit: configuration.limits.clientConnections)
  }
}
