package import Vocabulary

/// A decode engine's request that prefill write the KV known by a name into its blocks.
package struct KVAsk: Hashable, Sendable {
  /// Who the asker thinks it talks to; nil where the dialect does not say.
  package let engineID: String?
  /// The name under which both know the KV.
  package let name: String
  /// Whose blocks the content goes into.
  package let target: EngineSequenceID
  /// The asker's identity.
  package let consumerEngineID: String
  /// Where the asker takes what is written.
  package let address: HostAndPort
  /// How many blocks, the prompt's last ones.
  package let blockCount: Int

  /// Who asks: the same for all choices of one request, different for any other request.
  package var consumer: String { "\(consumerEngineID)/\(target.request.number)" }
}
