/// One generated token.
package struct EngineToken: Hashable, Sendable {
  /// Whose it is.
  package let sequence: EngineSequenceID
  /// Its place in the answer, from 0.
  package let index: Int
  /// Its id.
  package let id: UInt32
  /// The text that may be sent now: empty while it could still become a stop text, and for the
  /// token that ends the sequence.
  package let text: String
}
