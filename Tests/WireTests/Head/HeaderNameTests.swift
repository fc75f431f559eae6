import Testing
import Wire

struct HeaderNameTests {
  private func recognize(_ name: String) -> HeaderName {
    latin1(name).withUnsafeBytes { HeaderName(recognizing: $0) }
  }

  private static let all = (0...UInt8.max).compactMap { HeaderName(rawValue: $0) }

  @Test func `each known name is recognised in any case and in nothing near it`() {
    #expect(HeaderNameTests.all.count > 30)
    for known in HeaderNameTests.all where known != .other {
      let name = known.lowercaseName.description
      #expect(recognize(name) == known)
      #expect(recognize(name.uppercased()) == known)
      #expect(recognize(name + "x") == .other)
      #expect(recognize(String(name.dropLast())) != known)
      for place in name.indices {
        var near = name
        near.replaceSubrange(place...place, with: "!")
        #expect(recognize(near) == .other, "\(near)")
        near.replaceSubrange(place...place, with: "_")
        #expect(recognize(near) == .other, "\(near)")
      }
    }
    #expect(recognize("") == .other)
    #expect(recognize("X-Unknown") == .other)
  }

  @Test func `the fields of one hop are those of RFC 9110`() {
    let names = HeaderNameTests.all.filter(\.isHopByHop).map(\.lowercaseName.description)
    #expect(
      Set(names) == [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate",
        "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
      ])
  }

  @Test func `a table keeps order beyond its first storage and forgets on demand`() {
    var table = HeaderTable()
    #expect(table.isEmpty == true)
    for number in 0..<100 {
      table.append(
        HeaderField(
          name: ByteRange(offset: UInt32(number), length: 1), value: .empty,
          known: number == 77 ? .date : .other))
    }
    #expect(table.count == 100)
    #expect(table.first(.date)?.name.offset == 77)
    let last = table[99]
    #expect(last.name.offset == 99)
    table.removeAll()
    #expect(table.isEmpty == true)
    #expect(table.first(.date) == nil)
  }
}
