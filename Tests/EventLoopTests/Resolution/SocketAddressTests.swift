import Testing
import Vocabulary

@testable import EventLoop

@Suite struct SocketAddressTests {
  @Test(arguments: [
    ("127.0.0.1", 80, "127.0.0.1:80"), ("0.0.0.0", 0, "0.0.0.0:0"),
    ("255.255.255.255", 65_535, "255.255.255.255:65535"), ("::1", 8000, "[::1]:8000"),
    ("::", 1, "[::]:1"), ("2001:DB8::1", 443, "[2001:db8::1]:443"),
    ("::ffff:10.0.0.1", 9, "[::ffff:10.0.0.1]:9"),
  ])
  func `a literal becomes an address and text again`(host: String, port: UInt16, text: String)
    throws
  {
    let address = try #require(SocketAddress(literal: host, port: port))
    #expect(address.description == text)
    #expect(address.port == port)
    let copy = address.withPointer { pointer, _ in SocketAddress(copying: pointer) }
    #expect(copy == address)
  }

  @Test(arguments: [
    "", "localhost", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4 ", " ::1", "[::1]", ":::",
    "0x7f.1",
    "g::1", "127.0.0.1\0", "1.2.3.4%lo",
  ])
  func `what is not a literal is left to the resolver`(host: String) {
    #expect(SocketAddress(literal: host, port: 1) == nil)
  }

  @Test func `addresses differ by address and by port`() {
    let one = SocketAddress(literal: "127.0.0.1", port: 1)
    #expect(one != SocketAddress(literal: "127.0.0.1", port: 2))
    #expect(one != SocketAddress(literal: "127.0.0.2", port: 1))
    #expect(one == SocketAddress(literal: "127.0.0.1", port: 1))
    #expect(SocketAddress(literal: "::", port: 1) != SocketAddress(literal: "0.0.0.0", port: 1))
  }

  @Test(arguments: UInt64(1)...20)
  func `garbage is never a trap`(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let letters = Array("0123456789abcdef.:%[]x- ")
    for _ in 0..<500 {
      let length = Int.random(in: 0...50, using: &generator)
      let text = String((0..<length).map { _ in letters.randomElement(using: &generator)! })
      if let address = SocketAddress(literal: text, port: 1) {
        #expect(SocketAddress(literal: address.host, port: 1) == address)
      }
    }
  }
}
