internal import CLibUV
internal import Glibc

/// A named operating-system thread with a loop of its own.
///
/// The loop is made on the thread and never leaves it; `body` sets it up and calls `run()`, its
/// local variables own what lives on the loop. The thread ends when `body` returns.
public final class LoopThread: Sendable {
  /// Deep call chains through TLS and HTTP/2 fit; the default of a thread depends on the machine.
  static let stackSize = 2 * 1024 * 1024

  private struct Start {
    let name: String
    let body: @Sendable (LibUVLoop) -> Void
  }

  private let thread: pthread_t

  private init(thread: pthread_t) {
    self.thread = thread
  }

  /// Starts a thread that makes a loop and hands it to `body`.
  ///
  /// `name` shows in `top -H` and debuggers, cut to the kernel's 15 bytes. Traps when the system
  /// cannot start a thread: nothing can be served then.
  public static func start(
    name: String, body: @Sendable @escaping (LibUVLoop) -> Void
  ) -> LoopThread {
    let start = UnsafeMutablePointer<Start>.allocate(capacity: 1)
    start.initialize(to: Start(name: name, body: body))
    var attributes = pthread_attr_t()
    var status = pthread_attr_init(&attributes)
    precondition(status == 0, "no thread attributes: \(status)")
    defer { pthread_attr_destroy(&attributes) }
    status = pthread_attr_setstacksize(&attributes, stackSize)
    precondition(status == 0, "a stack of \(stackSize) bytes was refused: \(status)")
    var thread = pthread_t()
    status = pthread_create(&thread, &attributes, runThread, start)
    precondition(status == 0, "no thread: \(status)")
    return LoopThread(thread: thread)
  }

  /// Waits for the thread's end; called once, from another thread.
  public func join() {
    precondition(pthread_equal(thread, pthread_self()) == 0, "a thread cannot wait for itself")
    let status = pthread_join(thread, nil)
    precondition(status == 0, "joined twice: \(status)")
  }

  /// Lets the thread end by itself, whenever that is; called once, in place of `join`.
  public func detach() {
    let status = pthread_detach(thread)
    precondition(status == 0, "joined or detached twice: \(status)")
  }

  private static let runThread:
    @convention(c) (UnsafeMutableRawPointer?) ->
      UnsafeMutableRawPointer? = {
        let pointer = $0!.assumingMemoryBound(to: Start.self)
        let start = pointer.move()
        pointer.deallocate()
        loop_thread_set_name(start.name)
        start.body(LibUVLoop())
        return nil
      }
}
