internal import Vocabulary

/// A prefill worker and the decode worker it hands over to.
struct WorkerPair: Hashable, Sendable {
  let prefill: WorkerID
  let decode: WorkerID
}
