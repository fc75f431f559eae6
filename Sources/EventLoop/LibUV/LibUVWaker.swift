internal import CLibUV
internal import Glibc
internal import Synchronization

/// Wakes a `LibUVLoop` from any thread, also when the loop is long gone.
///
/// The lock is held for one `write` to the loop's event descriptor at most, and not taken at all
/// while a wake-up is on its way. A plain pthread mutex: thread sanitizer understands it.
final class LibUVWaker: LoopWaker {
  private let isPending = Atomic<Bool>(false)
  private nonisolated(unsafe) let lock: UnsafeMutablePointer<pthread_mutex_t>
  /// Guarded by `lock`; nil once the loop has ended.
  private nonisolated(unsafe) var async: UnsafeMutablePointer<uv_async_t>?

  init(async: UnsafeMutablePointer<uv_async_t>) {
    lock = .allocate(capacity: 1)
    let status = pthread_mutex_init(lock, nil)
    precondition(status == 0, "no mutex: \(status)")
    self.async = async
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  func wake() {
    if isPending.exchange(true, ordering: .acquiringAndReleasing) { return }
    pthread_mutex_lock(lock)
    if let async {
      let status = uv_async_send(async)
      precondition(status == 0, "a loop's async handle refused: \(status)")
    }
    pthread_mutex_unlock(lock)
  }

  /// The loop heard: what other threads do from here on needs a new wake-up.
  func acknowledge() {
    isPending.store(false, ordering: .sequentiallyConsistent)
  }

  /// Lets go of the handle before the loop closes it.
  func detach() {
    pthread_mutex_lock(lock)
    async = nil
    pthread_mutex_unlock(lock)
  }
}
