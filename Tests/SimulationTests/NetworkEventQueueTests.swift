import Simulation
import Testing
import Vocabulary

@Suite struct NetworkEventQueueTests {
  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func `events come out by time and then by sequence, as from a sorted list`(
    _ seed: UInt64
  ) {
    var random = SplitMix64(seed: seed)
    var queue = EventQueue<UInt64>()
    var model: [EventQueue<UInt64>.Moment] = []
    var sequence: UInt64 = 0
    for _ in 0..<2000 {
      if random.number(below: 5) < 3 {
        sequence += 1
        let time = random.number(in: 0...50)
        let moment = EventQueue<UInt64>.Moment(time: time, sequence: sequence)
        queue.push(sequence, at: moment)
        model.append(moment)
        model.sort()
      } else if !model.isEmpty {
        let expected = model.removeFirst()
        #expect(queue.firstMoment == expected)
        #expect(queue.first == expected.sequence)
        let event = queue.removeFirst()
        #expect(event == expected.sequence)
      }
      #expect(queue.count == model.count)
    }
    var left = 0
    queue.forEach { _ in left += 1 }
    #expect(left == model.count)
    while queue.count > 0 {
      let expected = model.removeFirst().sequence
      let event = queue.removeFirst()
      #expect(event == expected)
    }
    #expect(queue.first == nil && queue.firstMoment == nil)
  }

  @Test func `a queue lets go of what was taken out`() {
    final class Thing {}
    weak var seen: Thing?
    var queue = EventQueue<Thing>()
    do {
      let thing = Thing()
      seen = thing
      queue.push(thing, at: .init(time: 1, sequence: 1))
    }
    #expect(seen != nil)
    _ = queue.removeFirst()
    #expect(seen == nil)
  }

  @Test func `seeded choices stay within their bounds and reach both ends`() {
    var random = SplitMix64(seed: 9)
    var seen: Set<Int64> = []
    for _ in 0..<500 {
      let number = random.number(in: -3...3)
      #expect((-3...3).contains(number))
      seen.insert(number)
      let least = random.number(below: 1)
      let (never, always) = (random.happens(withChance: 0), random.happens(withChance: 1))
      #expect(least == 0 && !never && always)
    }
    #expect(seen.count == 7)
    let only = random.number(in: 4...4)
    #expect(only == 4)
    _ = random.number(in: .min ... .max)
  }
}
