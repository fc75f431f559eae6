internal import Glibc

/// A value that only one thread at a time can get at.
///
/// A lock of the system (`pthread_mutex_t`) beside the value, on the heap, so that neither ever
/// moves. Uncontended it costs some 20 ns. Held for a few instructions, never while calling
/// strangers, and not taken twice by one thread. In place of `Synchronization.Mutex`, whose waiting
/// side lies in a library that ThreadSanitizer cannot see into: it reports races where there are
/// none, and none could be told from them.
public struct Guarded<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let value: UnsafeMutablePointer<Value>

  /// A lock around `value`.
  public init(_ value: consuming sending Value) {
    lock = .allocate(capacity: 1)
    lock.initialize(to: pthread_mutex_t())
    let status = pthread_mutex_init(lock, nil)
    precondition(status == 0, "a mutex without attributes cannot fail: \(status)")
    self.value = .allocate(capacity: 1)
    self.value.initialize(to: value)
  }

  deinit {
    value.deinitialize(count: 1)
    value.deallocate()
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  /// Calls `body` with the value while no other thread can.
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return try body(&value.pointee)
  }
}
