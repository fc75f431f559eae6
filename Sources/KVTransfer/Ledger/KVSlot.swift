internal import Vocabulary

/// One place of the ledger: the handle that lives there now, or the next free place.
///
/// The parameter buffer stays with the place, so a busy ledger allocates nothing.
struct KVSlot: ~Copyable {
  var machine = KVHandleStateMachine()
  var generation: UInt32 = 0
  var nextFree: UInt32?
  var prefillWorker = WorkerID(number: 0)
  var began = Instant.zero
  /// When its parameters came, which is when its age begins.
  var heldAt: Instant?
  var engine: KVEngineIdentity?
  var parameters = ByteBuffer()
}
