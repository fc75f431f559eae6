import EventLoop
import Testing
import Wire

@testable import PDRouter

struct ResponseTallyTests {
  @Test func `a kind is its key and back`() {
    for endpoint in Endpoint.allCases {
      for phase in ResponseKind.Phase.allCases {
        for status in [100, 200, 429, 599] {
          let kind = ResponseKind(endpoint, phase, .other, status: status)
          #expect(kind.key != 0 && ResponseKind(key: kind.key) == kind)
        }
      }
    }
  }

  @Test func `several threads count the same and different kinds, and nothing is lost`() {
    let tally = ResponseTally(capacity: 64)
    let threads = (0..<4).map { _ in
      LoopThread.start(name: "counter") { _ in
        for number in 0..<20_000 {
          tally.count(ResponseKind(.completions, .decode, .post, status: 200 + number % 40))
        }
      }
    }
    for thread in threads { thread.join() }
    var counts: [Int: Int] = [:]
    tally.forEach { kind, count in
      #expect(counts.updateValue(count, forKey: kind.status) == nil)
    }
    #expect(counts == Dictionary(uniqueKeysWithValues: (200..<240).map { ($0, 2000) }))
    #expect(tally.beyondCapacity == 0)
  }

  @Test func `kinds beyond the capacity are counted together`() {
    let tally = ResponseTally(capacity: 8)
    for status in 200..<220 {
      for _ in 0..<2 { tally.count(ResponseKind(.passThrough, .inference, .get, status: status)) }
    }
    var kinds = 0
    var sum = 0
    tally.forEach {
      kinds += 1
      sum += $1
    }
    #expect(kinds == 8 && sum == 16 && tally.beyondCapacity == 24)
  }
}
