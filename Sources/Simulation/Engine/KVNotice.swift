/// Word from a decode engine to an exporter that one request's blocks are no longer wanted.
package struct KVNotice: Hashable, Sendable {
  /// Why they are not.
  package enum Reason: String, Hashable, Sendable {
    /// They were read, or were in the reader's own cache.
    case consumed
    /// The request was aborted or refused before it read them.
    case released
  }

  /// Which blocks.
  package let source: KVSource
  /// Why.
  package let reason: Reason
}
