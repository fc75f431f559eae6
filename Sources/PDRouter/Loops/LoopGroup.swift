internal import EventLoop
internal import Synchronization

/// The loops of one router, as far as they write to each other.
///
/// Shared by all of them. A loop joins when it is made and leaves when it ends; the list is looked
/// at for rare things only, never on the way of a request.
public final class LoopGroup: Sendable {
  private let mailboxes = Mutex<[LoopMailbox]>([])
  private let watching = Mutex<LoopMailbox?>(nil)

  /// A group without loops.
  public init() {}

  /// Whether a loop probes the workers, so that a new one's health will be found out.
  var watchesWorkers: Bool { watcher != nil }

  /// The mailbox of the loop that probes the workers, if one does.
  var watcher: LoopMailbox? {
    get { watching.withLock { $0 } }
    set { watching.withLock { $0 = newValue } }
  }

  /// A mailbox for a new loop.
  func join(number: Int, waker: any LoopWaker) -> LoopMailbox {
    let mailbox = LoopMailbox(number: number, waker: waker)
    mailboxes.withLock { $0.append(mailbox) }
    return mailbox
  }

  /// Closes a loop's mailbox; a second time does nothing.
  func leave(_ mailbox: LoopMailbox) {
    mailboxes.withLock { $0.removeAll { $0 === mailbox } }
    mailbox.close()
  }

  /// The mailboxes of all loops but one.
  func others(than mailbox: LoopMailbox) -> [LoopMailbox] {
    mailboxes.withLock { $0.filter { $0 !== mailbox } }
  }
}
