internal import EventLoop
internal import Synchronization
internal import Vocabulary

/// The loops of one router, as far as they write to each other.
///
/// Shared by all of them. A loop joins when it is made and leaves when it ends; the list is looked
/// at for rare things only, never on the way of a request.
public final class LoopGroup: Sendable {
  private let mailboxes = Guarded<[LoopMailbox]>([])
  private let waiters = Atomic<Int>(0)
  private let watching = Guarded<LoopMailbox?>(nil)

  /// A group without loops.
  public init() {}

  /// Whether a loop probes the workers, so that a new one's health will be found out.
  var watchesWorkers: Bool { watcher != nil }

  /// The mailbox of the loop that probes the workers, if one does.
  var watcher: LoopMailbox? {
    get { watching.withLock { $0 } }
    set { watching.withLock { $0 = newValue } }
  }

  /// Counts in a request that waits for a worker.
  ///
  /// - Returns: false when `limit` of all loops wait; it is not counted then.
  func addWaiter(limit: Int) -> Bool {
    let count = waiters.wrappingAdd(1, ordering: .relaxed).newValue
    guard count > limit else { return true }
    removeWaiter()
    return false
  }

  /// Counts it out again.
  func removeWaiter() {
    let left = waiters.wrappingSubtract(1, ordering: .relaxed).newValue
    precondition(left >= 0, "a request stops waiting once")
  }

  /// A mailbox for a new loop.
  func join(number: Int, waker: any LoopWaker) -> LoopMailbox {
    let mailbox = LoopMailbox(number: number, waker: waker)
    mailboxes.withLock { $0.append(mailbox) }
    return mailbox
  }

  /// Closes a loop's mailbox; a second time does nothing.
  ///
  /// - Returns: how many permits it had not read.
  func leave(_ mailbox: LoopMailbox) -> Int {
    mailboxes.withLock { $0.removeAll { $0 === mailbox } }
    return mailbox.close()
  }

  /// Leaves a letter for loop number `number`.
  ///
  /// - Returns: false when that loop has ended.
  func post(_ letter: LoopLetter, to number: Int) -> Bool {
    let mailbox = mailboxes.withLock { $0.first { $0.number == number } }
    return mailbox?.post(letter) ?? false
  }

  /// Tells every loop, from any thread.
  func tell(_ notice: LoopNotice) {
    mailboxes.withLock { for mailbox in $0 { mailbox.post(.notice(notice)) } }
  }

  /// The mailboxes of all loops but one.
  func others(than mailbox: LoopMailbox) -> [LoopMailbox] {
    mailboxes.withLock { $0.filter { $0 !== mailbox } }
  }
}
