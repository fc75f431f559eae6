import Testing
import Vocabulary

@testable import Wire

struct StreamTableTests {
  private func stream(_ number: Int32) -> HTTP2Stream {
    let stream = HTTP2Stream()
    stream.begin(HTTP2StreamID(number))
    return stream
  }

  @Test(arguments: 0..<10)
  func `a table finds what a dictionary finds, however it is filled and emptied`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    var table = HTTP2StreamTable()
    var model: [Int32: HTTP2Stream] = [:]
    var next: Int32 = 1
    for _ in 0..<2000 {
      if Int.random(in: 0..<5, using: &generator) < 3 || model.isEmpty {
        let added = stream(next)
        table.insert(added)
        model[next] = added
        next += 2 * Int32.random(in: 1...(seed < 5 ? 1 : 40), using: &generator)
      } else if let number = model.keys.sorted().randomElement(using: &generator) {
        let removed = table.remove(HTTP2StreamID(number))
        #expect(removed === model.removeValue(forKey: number))
      }
      #expect(table.count == model.count)
    }
    for number in stride(from: Int32(1), to: next, by: 2) {
      #expect(table[HTTP2StreamID(number)] === model[number])
    }
    var seen = 0
    table.forEach { stream in
      #expect(model[stream.id.number] === stream)
      seen += 1
    }
    #expect(seen == model.count)
  }

  @Test func `numbers that are not there are not found`() {
    var table = HTTP2StreamTable()
    #expect(table[HTTP2StreamID(0)] == nil)
    #expect(table[HTTP2StreamID(-1)] == nil)
    #expect(table.remove(HTTP2StreamID(5)) == nil)
    table.insert(stream(.max))
    #expect(table[HTTP2StreamID(.max)] != nil)
    #expect(table[HTTP2StreamID(.max - 2)] == nil)
  }
}
