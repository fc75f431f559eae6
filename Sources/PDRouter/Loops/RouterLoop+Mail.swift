internal import EventLoop
internal import KVTransfer
internal import Vocabulary

// Loops share almost nothing; what one must know of all others it asks for by letter.
extension RouterLoop {
  /// Reads what other loops have written; called when the loop was woken.
  package func readMail() {
    for letter in mailbox.take() {
      switch letter {
      case .question(let question, let number, let asker):
        asker.post(.answer(answer(to: question), number: number))
      case .answer(let answer, let number): inquiries.take(answer, number: number)?()
      case .notice(let notice): heed(notice)
      case .permit: admission.permitCame()
      case .roomForOne: admission.admitWaiting()
      }
    }
  }

  /// Puts a question to every loop, this one included; never blocks.
  ///
  /// Calls `whenAnswered` with one answer a loop: at once when there is only this loop, else after
  /// one wake-up of each. A loop that ends meanwhile gives none.
  ///
  /// - Returns: false when too many questions are open; nothing is asked then.
  func ask(
    _ question: LoopQuestion, whenAnswered: @escaping ([LoopAnswer]) -> Void
  ) -> Bool {
    guard !inquiries.isFull else { return false }
    let own = answer(to: question)
    let number = inquiries.makeNumber()
    let awaited = loops.others(than: mailbox).count {
      $0.post(.question(question, number: number, from: mailbox))
    }
    guard awaited > 0 else {
      whenAnswered([own])
      return true
    }
    inquiries.wait(for: awaited, number: number, own: own, whenAnswered: whenAnswered)
    return true
  }

  /// Tells every loop, this one at once.
  func tellAll(_ notice: LoopNotice) {
    heed(notice)
    for other in loops.others(than: mailbox) { other.post(.notice(notice)) }
  }

  private func answer(to question: LoopQuestion) -> LoopAnswer {
    switch question {
    case .handlesOfWorkers(let ids):
      return .count(ids.reduce(0) { $0 + ledger.live(on: $1) })
    case .handles(let limit):
      var inventory = HandleInventory()
      let (number, now) = (mailbox.number, loop.now)
      ledger.forEachLive { inventory.note($0, loop: number, now: now, limit: limit) }
      return .handles(inventory)
    }
  }

  func heed(_ notice: LoopNotice) {
    switch notice {
    case .membershipChanged: noteMembership()
    case .workersChanged:
      noteMembership()
      wakeWaiting()
    case .pairWarmed(let prefill, let decode):
      workers.pairs.noteMeeting(prefill: prefill, decode: decode)
    case .workerReturned(let id):
      workers.pairs.forget(id)
      workers.caches?.forget(id)
    case .cachesFlushed(let ids):
      for id in ids { workers.caches?.forget(id) }
    case .reconfigured(let next): take(next)
    case .workerDoubted(let id): watcher?.workerIsDoubted(id)
    case .breakerChanged(let id, let change): watcher?.breakerDidChange(change, of: id)
    }
  }
}
