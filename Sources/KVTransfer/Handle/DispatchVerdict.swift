/// Whether a handle may travel to a decode worker.
public enum DispatchVerdict: Hashable, Sendable {
  /// Send the decode leg at once.
  case go
  /// Too little of the lease is left. The ledger has settled the handle `expired`; its name is
  /// stale.
  case leaseExpired
  /// The ledger settled it earlier, by a sweep or because prefill restarted; its name is stale now.
  case withdrawn(KVSettlement)
}
