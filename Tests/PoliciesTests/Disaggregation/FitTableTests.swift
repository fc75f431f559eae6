import Testing
import Vocabulary

@testable import Policies

struct FitTableTests {
  private let factors = CostFactors(uncached: 100)

  @Test func `a key's own fit is preferred, and the pooled one used without it`() {
    var table = FitTable<Int>()
    #expect(table.known(1, at: 0) == nil)
    for _ in 0..<40 { table.note(1, factors, took: .seconds(2), at: 0) }
    for _ in 0..<15 { table.note(2, factors, took: .seconds(1), at: 0) }
    let own = table.known(1, at: 0)
    #expect(own?.wantsSample == false)
    #expect(abs((own?.fit.seconds(factors) ?? 0) - 2) < 0.02)
    let pooled = table.known(2, at: 0)
    #expect(pooled?.wantsSample == true)
    #expect(pooled.map { $0.fit.seconds(factors) < 1.99 } == true)
    #expect(table.known(3, at: 0)?.wantsSample == true)
  }

  @Test func `a stale own fit gives way to the pooled one`() {
    var table = FitTable<Int>()
    for _ in 0..<40 { table.note(1, factors, took: .seconds(9), at: 0) }
    #expect(table.known(1, at: 4_096)?.wantsSample == false)
    for _ in 0..<400 { table.note(2, factors, took: .seconds(1), at: 4_097) }
    let known = table.known(1, at: 4_097)
    #expect(known?.wantsSample == true)
    #expect(known.map { $0.fit.seconds(factors) < 1.1 } == true)
  }

  @Test func `beyond its limit a table teaches only the pooled fit`() {
    var table = FitTable<Int>()
    for key in 0..<4_096 { table.note(key, factors, took: .seconds(1), at: 0) }
    for _ in 0..<40 { table.note(5_000, factors, took: .seconds(1), at: 0) }
    #expect(table.known(5_000, at: 0)?.wantsSample == true)
    table.forget { $0 < 10 }
    for _ in 0..<40 { table.note(5_000, factors, took: .seconds(1), at: 0) }
    #expect(table.known(5_000, at: 0)?.wantsSample == false)
  }

  @Test func `a forgotten key has no fit of its own`() {
    var table = FitTable<Int>()
    for _ in 0..<40 { table.note(1, factors, took: .seconds(1), at: 0) }
    table.forget { $0 == 2 }
    #expect(table.known(1, at: 0)?.wantsSample == false)
    table.forget { $0 == 1 }
    #expect(table.known(1, at: 0)?.wantsSample == true)
  }
}
