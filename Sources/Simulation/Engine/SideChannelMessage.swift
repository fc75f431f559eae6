/// What one engine says to another about KV: the stand-in for the metadata, RDMA transfers and
/// notifications of every dialect.
package enum SideChannelMessage: Hashable, Sendable {
  /// Reads blocks; answered with their content. `engineID` is who the reader thinks it talks to.
  case read(engineID: String?, requestID: String, blockIDs: [Int], consumer: String)
  /// Ends a handle, or gives up a name before there is one.
  case notice(requestID: String, reason: KVNotice.Reason)
  /// Extends the leases of handles; without any, asks for a sign of life.
  case heartbeat(requestIDs: [String])
  /// Asks prefill to write the KV of a name.
  case ask(KVAsk)
  /// Writes KV into decode's blocks.
  case write(KVWrite)
}
