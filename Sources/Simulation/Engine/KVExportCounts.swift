/// What happened to an engine's exported KV caches since it started. All of the misuses stay zero
/// when a router does its work.
package struct KVExportCounts: Hashable, Sendable {
  /// Handles made.
  package var exports = 0
  /// Handles ended because a decode engine had read them.
  package var consumed = 0
  /// Handles ended because a decode engine would not read them.
  package var released = 0
  /// Handles nobody collected before their lease ended (vLLM's `nixl_num_kv_expired_reqs`).
  package var expired = 0
  /// Words about handles that had ended or were never known
  /// (`nixl_num_notifications_after_expiry`).
  package var notificationsAfterExpiry = 0
  /// Reads, right or wrong; or blocks asked for under a name.
  package var reads = 0
  /// Reads of a handle that another request had read before.
  package var doubleUses = 0
  /// Reads of one block or more of a handle that was no longer live: possible corruption.
  package var readsAfterFree = 0
  /// Reads of a handle whose lease had ended.
  package var lateReads = 0
  /// Reads of a handle after its release.
  package var readsAfterRelease = 0
  /// Reads of a handle this engine never made, or forgot.
  package var unknownReads = 0
  /// Heartbeats for handles that were no longer live.
  package var heartbeatsTooLate = 0

  /// Writes to a decode engine that had asked and was gone: it was restarted, or gave up while the
  /// write was on its way. No router can rule that out, so it is no misuse.
  package var writesToGone = 0

  /// Nothing yet.
  package init() {}

  /// Every misuse a router is to blame for.
  package var misuses: Int {
    expired + doubleUses + readsAfterFree + lateReads + readsAfterRelease + unknownReads
  }
}
