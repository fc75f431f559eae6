import Testing
import Vocabulary

@testable import PDRouter

struct AdmissionQueueTests {
  private typealias Line = AdmissionQueue<Int>

  /// A line of waiters 0, 1, … with these turns in milliseconds, each a millisecond after the one
  /// before, who wait for a second.
  private func makeLine(_ turns: [Int64]) -> (line: Line, tickets: [Line.Ticket]) {
    var line = Line()
    let tickets = turns.enumerated().map { number, turn in
      line.add(number, turn: at(turn), deadline: at(1000 + Int64(number)))
    }
    return (line, tickets)
  }

  private func drain(_ line: inout Line) -> [Int] {
    var served: [Int] = []
    while let next = line.takeFirst() { served.append(next) }
    return served
  }

  /// Turns, and who is served in what order.
  @Test(
    arguments: [
      ([], []), ([5], [0]), ([1, 2, 3], [0, 1, 2]), ([3, 2, 1], [2, 1, 0]),
      ([7, 7, 7, 7], [0, 1, 2, 3]), ([9, 7, 9, 7, 8], [1, 3, 4, 0, 2]), ([0, -4, 0], [1, 0, 2]),
    ] as [([Int64], [Int])])
  func `the first turn is served first, and among equals who came first`(
    turns: [Int64], order: [Int]
  ) {
    var (line, _) = makeLine(turns)
    #expect(line.count == turns.count)
    #expect(line.firstTurn == (turns.min().map { at($0) } ?? .distantFuture))
    #expect(drain(&line) == order)
    #expect(line.count == 0 && line.firstTurn == .distantFuture && line.firstDeadline == nil)
  }

  @Test func `who has waited too long is given up in order of arrival, whatever the turns`() {
    var (line, _) = makeLine([9, 1, 5])
    #expect(line.firstDeadline == at(1000))
    #expect(line.takeExpired(now: at(999)) == nil)
    #expect(line.takeExpired(now: at(1001)) == 0 && line.takeExpired(now: at(1001)) == 1)
    #expect(line.takeExpired(now: at(1001)) == nil && line.count == 1)
    #expect(line.firstDeadline == at(1002) && line.firstTurn == at(5))
  }

  @Test func `who leaves is gone from both orders`() {
    for leaver in 0..<4 {
      var (line, tickets) = makeLine([4, 3, 2, 1])
      #expect(line.take(tickets[leaver]) == leaver)
      #expect(drain(&line) == [3, 2, 1, 0].filter { $0 != leaver })
      (line, tickets) = makeLine([4, 3, 2, 1])
      line.take(tickets[leaver])
      var expired: [Int] = []
      while let next = line.takeExpired(now: at(5000)) { expired.append(next) }
      #expect(expired == [0, 1, 2, 3].filter { $0 != leaver })
    }
  }

  /// One of the model's waiters.
  private struct Model {
    let name: Int
    let turn: Instant
    let deadline: Instant
    let ticket: Line.Ticket
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `thousands of random steps do what a sorted list would`(seed: UInt64) {
    var dice = SplitMix64(seed: seed)
    var line = Line()
    var model: [Model] = []
    var now: Int64 = 0
    for name in 0..<3000 {
      now += Int64.random(in: 0...3, using: &dice)
      switch Int.random(in: 0..<10, using: &dice) {
      case 0..<5:
        let turn = at(now + Int64.random(in: -20...20, using: &dice))
        let ticket = line.add(name, turn: turn, deadline: at(now + 100))
        model.append(Model(name: name, turn: turn, deadline: at(now + 100), ticket: ticket))
      case 5..<8:
        let first = model.indices.min {
          (model[$0].turn, $0) < (model[$1].turn, $1)
        }
        #expect(line.takeFirst() == first.map { model[$0].name })
        if let first { model.remove(at: first) }
      case 8:
        guard let leaver = model.indices.randomElement(using: &dice) else { continue }
        #expect(line.take(model[leaver].ticket) == model[leaver].name)
        model.remove(at: leaver)
      default:
        let isDue = model.first.map { $0.deadline <= at(now) } ?? false
        #expect(line.takeExpired(now: at(now)) == (isDue ? model[0].name : nil))
        if isDue { model.removeFirst() }
      }
      #expect(line.count == model.count && line.firstDeadline == model.first?.deadline)
      #expect(line.firstTurn == model.map(\.turn).min() ?? .distantFuture)
    }
  }
}
