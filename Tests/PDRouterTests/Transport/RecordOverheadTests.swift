import Testing

@testable import PDRouter

/// What waits, in the writer's bytes.
@Suite struct RecordOverheadTests {
  @Test func `while nothing is taken, what waits is what was written`() {
    var overhead = RecordOverhead()
    var queued = 0
    for round in 1...100 {
      overhead.note(plaintext: 50, ciphertext: 72, before: queued, after: queued + 72)
      queued += 72
      #expect(overhead.plaintext(in: queued) == round * 50)
    }
  }

  @Test func `what was taken takes its share of TLS's own bytes with it`() {
    var overhead = RecordOverhead()
    overhead.note(plaintext: 800, ciphertext: 1000, before: 0, after: 1000)
    #expect(overhead.plaintext(in: 500) == 400)
    #expect(overhead.plaintext(in: 1) == 1)
    #expect(overhead.plaintext(in: 0) == 0)
    overhead.note(plaintext: 400, ciphertext: 500, before: 500, after: 1000)
    #expect(overhead.plaintext(in: 1000) == 800)
  }

  @Test func `what leaves at once leaves nothing behind`() {
    var overhead = RecordOverhead()
    for _ in 0..<1000 { overhead.note(plaintext: 10, ciphertext: 32, before: 0, after: 0) }
    overhead.note(plaintext: 100, ciphertext: 122, before: 0, after: 122)
    #expect(overhead.plaintext(in: 122) == 100)
  }
}
