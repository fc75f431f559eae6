import EventLoop
import Synchronization
import Testing

@testable import PDRouter

struct LoopMailboxTests {
  /// Counts wake-ups.
  private final class CountingWaker: LoopWaker {
    let count = Atomic<Int>(0)
    func wake() { count.wrappingAdd(1, ordering: .relaxed) }
  }

  @Test func `letters are taken in order, once, and each wakes the owner`() {
    let waker = CountingWaker()
    let mailbox = LoopGroup().join(number: 3, waker: waker)
    for number in 1...3 { #expect(mailbox.post(.answer(nil, number: number))) }
    #expect(waker.count.load(ordering: .relaxed) == 3)
    let numbers = mailbox.take().map { letter in
      if case .answer(_, let number) = letter { number } else { 0 }
    }
    #expect(numbers == [1, 2, 3] && mailbox.take().isEmpty && mailbox.number == 3)
  }

  @Test func `a closed mailbox takes nothing, and what it had not read is answered with nothing`() {
    let group = LoopGroup()
    let asker = group.join(number: 0, waker: CountingWaker())
    let other = group.join(number: 1, waker: CountingWaker())
    #expect(group.others(than: asker).map(\.number) == [1])
    #expect(other.post(.question(.handles(limit: 1), number: 9, from: asker)))
    #expect(group.leave(other) == 0)
    #expect(!other.post(.notice(.membershipChanged)) && other.take().isEmpty)
    #expect(group.others(than: asker).isEmpty)
    let answers = asker.take()
    #expect(answers.count == 1)
    guard case .answer(nil, number: 9) = answers.first else {
      Issue.record("the question is left without an answer")
      return
    }
  }

  @Test func `a letter reaches the loop it names, and permits not read are counted at its end`() {
    let group = LoopGroup()
    let mailbox = group.join(number: 4, waker: CountingWaker())
    #expect(!group.post(.permit, to: 3) && group.post(.permit, to: 4))
    #expect(mailbox.take().count == 1)
    for letter in [LoopLetter.permit, .roomForOne, .permit] { #expect(group.post(letter, to: 4)) }
    #expect(group.leave(mailbox) == 2 && group.leave(mailbox) == 0)
    #expect(!group.post(.permit, to: 4))
  }

  @Test func `an inquiry ends with its last answer, and an answer to none is ignored`() {
    var inquiries = LoopInquiries()
    var sums: [Int] = []
    let number = inquiries.makeNumber()
    inquiries.wait(for: 2, number: number, own: .count(1)) { answers in
      var sum = 0
      for case .count(let count) in answers { sum += count }
      sums.append(sum)
    }
    #expect(inquiries.take(.count(10), number: number + 1) == nil)
    #expect(inquiries.take(.count(10), number: number) == nil)
    inquiries.take(nil, number: number)?()
    #expect(sums == [11])
    #expect(inquiries.take(.count(10), number: number) == nil && sums == [11])
  }

  @Test func `beyond the limit no further inquiry is taken`() {
    var inquiries = LoopInquiries()
    for _ in 0..<LoopInquiries.limit {
      #expect(!inquiries.isFull)
      let number = inquiries.makeNumber()
      inquiries.wait(for: 1, number: number, own: .count(0)) { _ in }
    }
    #expect(inquiries.isFull)
    inquiries.removeAll()
    #expect(!inquiries.isFull)
  }
}
