/// What a prefill engine writes into a decode engine's blocks: the answer to a `KVAsk`.
package struct KVWrite: Hashable, Sendable {
  /// Who the writer thinks it talks to.
  package let engineID: String
  /// The name under which both know the KV.
  package let name: String
  /// Whose blocks the content goes into.
  package let target: EngineSequenceID
  /// The contents, in the order of the prompt.
  package let contents: [TokenDigest]
}
