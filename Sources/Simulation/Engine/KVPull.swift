/// A read a decode engine wants done: its server sends it over the side channel and reports back
/// with `EngineScheduler.remoteKVArrived` or `remoteKVFailed`.
package struct KVPull: Hashable, Sendable {
  /// Whose blocks the content goes into.
  package let target: EngineSequenceID
  /// Where to read.
  package let source: KVSource
  /// The exporter's blocks to read, in order; empty when the whole prompt was in the local cache
  /// and the exporter is only told that it may free.
  package let blockIDs: [Int]
  /// Who reads: the same for all choices of one request, different for any other request.
  package let consumer: String
}
