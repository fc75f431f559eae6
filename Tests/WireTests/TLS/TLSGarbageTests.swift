internal import Testing
internal import Vocabulary
internal import Wire

/// Bytes that no peer should send: each ends in a failure or in waiting for more, never otherwise.
struct TLSGarbageTests {
  private static func random(_ generator: inout SplitMix64, _ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  @Test func `random bytes, also behind a proper start, never crash a server or a client`() throws {
    let server = try TestCertificates.server("server")
    let client = try TestCertificates.client()
    var generator = SplitMix64(seed: 7)
    for round in 0..<400 {
      let end = SessionEnd(
        round % 2 == 0
          ? TLSSession(serving: server) : TLSSession(to: "localhost", context: client))
      if round % 2 == 1 { end.start() }
      var bytes = Self.random(&generator, Int.random(in: 1...600, using: &generator))
      if round % 4 < 2 { bytes = [22, 3, 1, 0, UInt8(bytes.count & 0xFF)] + bytes }
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Int.random(in: 1...rest.count, using: &generator)
        end.take(rest.prefix(count))
        rest = rest.dropFirst(count)
      }
      end.endTransport()
      #expect(end.failure != nil)
      #expect(end.text.isEmpty)
    }
  }

  @Test func `a handshake with any changed byte comes about or fails, on both sides`() throws {
    let server = try TestCertificates.server("server")
    let client = try TestCertificates.client()
    var generator = SplitMix64(seed: 8)
    for _ in 0..<300 {
      let pair = SessionPair(client: client, server: server)
      let place = Int.random(in: 0..<700, using: &generator)
      let change = UInt8.random(in: 1...255, using: &generator)
      var passed = 0
      pair.tamper = { bytes in
        var bytes = bytes
        if (passed..<passed + bytes.count).contains(place) { bytes[place - passed] ^= change }
        passed += bytes.count
        return bytes
      }
      pair.connect()
      pair.client.endTransport()
      pair.server.endTransport()
      #expect(pair.server.failure != nil)
      #expect(pair.server.text.isEmpty)
    }
  }

  @Test func `application data with changed, lost and doubled bytes is never handed over wrong`()
    throws
  {
    let server = try TestCertificates.server("server")
    let client = try TestCertificates.client()
    var generator = SplitMix64(seed: 9)
    let text = Self.random(&generator, 3000)
    for _ in 0..<200 {
      let pair = SessionPair(client: client, server: server)
      pair.connect()
      for start in stride(from: 0, to: 3000, by: 300) {
        pair.client.write(Array(text[start..<start + 300]))
      }
      var bytes = pair.client.takeOutput()
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: bytes[place] ^= UInt8.random(in: 1...255, using: &generator)
      case 1: bytes.remove(at: place)
      default: bytes.insert(bytes[place], at: place)
      }
      pair.server.take(bytes)
      #expect(text.starts(with: pair.server.text))
      #expect(pair.server.text.count < text.count || pair.server.failure != nil)
    }
  }
}
