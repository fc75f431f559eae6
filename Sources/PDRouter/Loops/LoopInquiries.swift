/// The questions that one loop has put to all others and that are not all answered yet.
///
/// Confined to its loop. Limit: `limit` questions at once; whoever would ask one more is refused.
struct LoopInquiries {
  /// Most open questions: each belongs to a client of the admin routes, of which there are few.
  static let limit = 64

  private struct Inquiry {
    var awaited: Int
    var answers: [LoopAnswer]
    let whenAnswered: ([LoopAnswer]) -> Void
  }

  private var open: [Int: Inquiry] = [:]
  private var nextNumber = 0

  /// Whether no further question may be asked now.
  var isFull: Bool { open.count >= LoopInquiries.limit }

  /// The number of the next question.
  mutating func makeNumber() -> Int {
    nextNumber += 1
    return nextNumber
  }

  /// Waits for `awaited` answers besides `own`; they are handed over with the last one.
  mutating func wait(
    for awaited: Int, number: Int, own: LoopAnswer, whenAnswered: @escaping ([LoopAnswer]) -> Void
  ) {
    precondition(awaited > 0 && open[number] == nil, "a question is asked once, of somebody")
    open[number] = Inquiry(awaited: awaited, answers: [own], whenAnswered: whenAnswered)
  }

  /// Takes one loop's answer; nil is one from a loop that has ended.
  ///
  /// - Returns: what is to be done when it was the last one.
  mutating func take(_ answer: LoopAnswer?, number: Int) -> (() -> Void)? {
    guard var inquiry = open[number] else { return nil }
    if let answer { inquiry.answers.append(answer) }
    inquiry.awaited -= 1
    guard inquiry.awaited == 0 else {
      open[number] = inquiry
      return nil
    }
    open[number] = nil
    return { inquiry.whenAnswered(inquiry.answers) }
  }

  /// Forgets every question; nobody is told.
  mutating func removeAll() {
    open.removeAll()
  }
}
