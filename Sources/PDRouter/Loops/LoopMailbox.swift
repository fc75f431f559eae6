internal import EventLoop
internal import Vocabulary

/// Where other loops leave letters for one loop.
///
/// Shared by all loops; whoever posts wakes the owner, which takes all letters in one wake-up. A
/// lock is held for one append or one swap. Once closed it takes nothing more, so nobody waits for
/// a loop that has ended.
final class LoopMailbox: Sendable {
  /// The owner's number, for listings.
  let number: Int

  private struct State {
    var letters: [LoopLetter] = []
    var isClosed = false
  }

  private let waker: any LoopWaker
  private let state = Guarded(State())

  /// An empty mailbox of loop `number`, which `waker` wakes.
  init(number: Int, waker: any LoopWaker) {
    precondition(number >= 0)
    self.number = number
    self.waker = waker
  }

  /// Leaves a letter, from any thread.
  ///
  /// - Returns: false when the owner has ended; the letter is lost then.
  @discardableResult
  func post(_ letter: LoopLetter) -> Bool {
    let isTaken = state.withLock { state in
      guard !state.isClosed else { return false }
      state.letters.append(letter)
      return true
    }
    if isTaken { waker.wake() }
    return isTaken
  }

  /// Everything posted since the last time, in order; for the owner.
  func take() -> [LoopLetter] {
    state.withLock { state in
      guard !state.letters.isEmpty else { return [] }
      defer { state.letters = [] }
      return state.letters
    }
  }

  /// Takes no more letters; questions not yet read are answered with nothing.
  ///
  /// - Returns: how many permits were not read, which are others' now.
  @discardableResult
  func close() -> Int {
    let unread = state.withLock { state in
      state.isClosed = true
      defer { state.letters = [] }
      return state.letters
    }
    for case .question(_, let number, let asker) in unread {
      asker.post(.answer(nil, number: number))
    }
    return unread.count { if case .permit = $0 { true } else { false } }
  }
}
