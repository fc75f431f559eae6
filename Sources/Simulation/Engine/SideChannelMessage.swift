/// What one engine says to another about exported KV: the stand-in for NIXL's metadata, RDMA reads
/// and notifications.
package enum SideChannelMessage: Hashable, Sendable {
  /// Reads blocks; answered with their content. `engineID` is who the reader thinks it talks to.
  case read(engineID: String, requestID: String, blockIDs: [Int], consumer: String)
  /// Ends a handle.
  case notice(requestID: String, reason: KVNotice.Reason)
  /// Extends the leases of handles.
  case heartbeat(requestIDs: [String])
}
