import Testing
import Vocabulary
import Wire

/// Frames from a seed, good ones and broken ones: nothing traps, and what is told of streams makes
/// sense (`SessionSide` looks at that).
struct BrokenFrameTests {
  private static let fields = [
    HeaderText.request(), HeaderText.request("POST", "/a?b"), HeaderText.request("OPTIONS", "*"),
    [(":status", "200")], [(":status", "103"), ("x", "y")], [("x", "y")],
    HeaderText.request([("content-length", "3")]), HeaderText.request([("X", "y")]),
  ]

  private func frame(_ generator: inout SplitMix64) -> RawFrame {
    let stream = UInt32.random(in: 0..<12, using: &generator)
    let number = UInt32.random(in: 0..<4, using: &generator)
    let block = BrokenFrameTests.fields.randomElement(using: &generator) ?? []
    switch Int.random(in: 0..<14, using: &generator) {
    case 0, 1, 2: return .headers(stream | 1, block, ends: number % 2 == 0)
    case 3, 4:
      return .data(stream | 1, String(repeating: "d", count: Int(number) * 100), ends: number == 0)
    case 5: return .reset(stream | 1, HTTP2ErrorCode(number: number * 4))
    case 6: return .windowUpdate(number == 0 ? 0 : stream, 1 << (number * 10))
    case 7: return .ping(ack: number == 0)
    case 8: return .settings([(UInt16(stream), 1 << (number * 8))], ack: number == 3)
    case 9: return .priority(stream, dependsOn: number)
    case 10: return .goAway(stream, HTTP2ErrorCode(number: number))
    case 11: return RawFrame(.continuation, UInt8(number), stream, HeaderText.block(block))
    case 12: return RawFrame(.pushPromise, 4, stream, big(2) + HeaderText.block(block))
    default: return RawFrame(UInt8(stream) + 8, UInt8(number), number, [1, 2, 3])
    }
  }

  /// Breaks one byte of a frame in four.
  private func bytes(_ count: Int, _ generator: inout SplitMix64) -> [UInt8] {
    var all: [UInt8] = []
    for _ in 0..<count {
      var bytes = frame(&generator).bytes
      if Int.random(in: 0..<8, using: &generator) == 0 {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
      }
      all += bytes
    }
    return all
  }

  /// Feeds `bytes` in pieces of any size; answers and gives up as an owner would, at random.
  private func run(_ side: SessionSide, _ bytes: [UInt8], _ generator: inout SplitMix64) {
    var choices = generator
    side.onEvent = { event in
      let choice = Int.random(in: 0..<6, using: &choices)
      switch event {
      case .requestHead(let id, _), .badHead(let id, _):
        guard side.session.side == .server, choice > 0 else {
          return side.session.reset(id, .cancel)
        }
        side.respond(id, 200, "a: b\r\n", ends: choice == 1)
        if choice == 2 { side.session.refuseRest(of: id) }
        if choice > 2 { side.write(id, "body") }
        if choice > 3 { side.end(id, choice == 5 ? "t: u\r\n" : nil) }
      case .data(let id, _) where choice == 0: side.session.reset(id, .internalError)
      default: break
      }
    }
    var start = 0
    while start < bytes.count, side.error == nil {
      let end = min(bytes.count, start + Int.random(in: 1...300, using: &generator))
      side.receive(Array(bytes[start..<end]))
      if Bool.random(using: &generator) {
        _ = side.output(upTo: Int.random(in: 0...900, using: &generator))
      }
      start = end
    }
    _ = side.output()
    side.session.goAway(.noError)
    side.drain()
    _ = side.output()
    #expect(side.session.openStreams == 0)
    #expect(side.announced == side.closed)
    #expect(side.session.isOver)
  }

  @Test(arguments: 0..<60)
  func `a server takes any frames`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    for _ in 0..<20 {
      let side = SessionSide(.server)
      let frames = bytes(60, &generator)
      run(side, RawFrame.preface + RawFrame.settings().bytes + frames, &generator)
    }
  }

  @Test(arguments: 0..<60)
  func `a client takes any frames`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed) + 1000)
    for _ in 0..<20 {
      let side = SessionSide(.client)
      for place in 0..<6 {
        let head = "\(place == 3 ? "HEAD" : "POST") / HTTP/1.1\r\nHost: h\r\n\r\n"
        guard let id = side.request(head, ends: place % 2 == 1) else { continue }
        if place % 2 == 0 { side.write(id, "body") }
        if place == 4 { side.end(id) }
      }
      _ = side.output()
      run(side, RawFrame.settings().bytes + bytes(60, &generator), &generator)
    }
  }

  @Test(arguments: 0..<20)
  func `any bytes are taken`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed) + 2000)
    for _ in 0..<50 {
      let count = Int.random(in: 0..<300, using: &generator)
      let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      run(SessionSide(.server), noise, &generator)
      run(SessionSide(.server), RawFrame.preface + RawFrame.settings().bytes + noise, &generator)
      run(SessionSide(.client), RawFrame.settings().bytes + noise, &generator)
    }
  }
}
