import Glibc

/// One value handed from thread to thread; `take` waits for it.
final class Mailbox<Value: Sendable>: Sendable {
  private nonisolated(unsafe) var value: Value?
  private nonisolated(unsafe) let semaphore: UnsafeMutablePointer<sem_t>

  init() {
    semaphore = .allocate(capacity: 1)
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func put(_ value: Value) {
    self.value = value
    sem_post(semaphore)
  }

  func take() -> Value {
    while sem_wait(semaphore) != 0 {}
    return value!
  }
}
