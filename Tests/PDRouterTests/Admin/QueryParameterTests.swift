import Testing
import Vocabulary

@testable import PDRouter

struct QueryParameterTests {
  private func value(_ query: String) -> String? {
    withBytes(of: query) { QueryParameter.value(of: "id", in: $0) }
      .map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: [
    ("id=a", "a"), ("x=1&id=a&y", "a"), ("id=a&id=b", "a"), ("&&id=a", "a"), ("id=a=b", "a=b"),
    ("id=", ""), ("id=a+b%2Bc%20d", "a b+c d"), ("id=%c3%ab", "ë"), ("id", nil), ("ID=a", nil),
    ("xid=a", nil), ("ids=a", nil), ("", nil), ("id=%", nil), ("id=%4", nil), ("id=%4x", nil),
  ])
  func `a parameter's value is found by its name and decoded`(query: String, wanted: String?) {
    #expect(value(query) == wanted)
  }

  @Test func `no query stops the program`() {
    var generator = SplitMix64(seed: 5)
    let letters = Array("id=&%+2Ffx\u{0}".utf8)
    for _ in 0..<3000 {
      let query = (0..<Int(generator.next() % 12)).map { _ in
        letters[Int(generator.next() % UInt64(letters.count))]
      }
      _ = query.withUnsafeBytes { QueryParameter.value(of: "id", in: $0) }
    }
  }
}
