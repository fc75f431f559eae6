import Testing
import Vocabulary
import Wire

/// What costs a peer nothing and us something is put up with for a while, then ends the connection.
struct FloodTests {
  private static let post = RawFrame.headers(1, HeaderText.request("POST"), ends: false)

  /// A flood: what is sent once before, what again and again, and how many times are allowed.
  struct Flood: Sendable, CustomTestStringConvertible {
    let error: HTTP2Error
    var before: [RawFrame] = []
    let allowed: Int
    /// Frames of round `n`, from 0.
    let round: @Sendable (Int) -> [RawFrame]

    var testDescription: String { "\(error)" }
  }

  private static func odd(_ round: Int, from first: Int = 1) -> UInt32 {
    UInt32(first + 2 * round)
  }

  private static let floods = [
    Flood(error: .resetFlood, allowed: 500) {
      [.headers(odd($0), HeaderText.request()), .reset(odd($0), .cancel)]
    },
    // The peer makes us reset.
    Flood(error: .resetFlood, allowed: 500) {
      [
        .headers(odd($0), HeaderText.request("POST"), ends: false),
        .windowUpdate(odd($0), 0x7FFF_FFFF),
      ]
    },
    Flood(error: .resetFlood, allowed: 500) { [.headers(odd($0), [(":method", "GET")])] },
    Flood(error: .pingFlood, allowed: 1000) { _ in [.ping()] },
    Flood(error: .settingsFlood, allowed: 99) { _ in [.settings()] },
    Flood(error: .priorityFlood, before: [post], allowed: 500) {
      [.priority(odd($0, from: 3), dependsOn: 1)]
    },
    Flood(error: .windowUpdateFlood, before: [post], allowed: 2010) {
      [.windowUpdate($0 % 2 == 0 ? 0 : 1, 1)]
    },
    Flood(error: .emptyDataFlood, before: [post], allowed: 100) { _ in [.data(1, "")] },
    Flood(error: .emptyDataFlood, before: [post], allowed: 100) { _ in
      [RawFrame(.data, RawFrame.padded, 1, [2, 0, 0])]
    },
    // The first round opens the stream, and each stream earns one more.
    Flood(error: .strayFrameFlood, before: [post, .reset(1, .cancel)], allowed: 1000) { _ in
      [.reset(1, .cancel)]
    },
    Flood(error: .strayFrameFlood, before: [post, .reset(1, .cancel)], allowed: 1000) { _ in
      [.headers(1, [("x", "y")])]
    },
    Flood(error: .idleByteFlood, allowed: 1023) { _ in
      [RawFrame(0x33, 0, 0, [UInt8](repeating: 0, count: 16_384))]
    },
    Flood(error: .idleByteFlood, before: [post, .reset(1, .cancel)], allowed: 1023) { _ in
      [RawFrame(.data, 0, 1, [UInt8](repeating: 0, count: 16_384))]
    },
  ]

  private func server() -> SessionSide {
    let side = SessionSide(.server)
    side.receive(RawFrame.preface + RawFrame.settings().bytes)
    side.receive(RawFrame.settings(ack: true).bytes)
    _ = side.output()
    return side
  }

  @Test(arguments: floods)
  func `a flood ends the connection beyond its budget and not before`(flood: Flood) {
    let side = server()
    side.receive(flood.before.flatMap(\.bytes))
    var sent = 0
    for round in 0..<flood.allowed {
      side.receive(flood.round(round).flatMap(\.bytes))
      sent += side.output().count
      side.heard = []
    }
    #expect(side.error == nil)
    var last: [UInt8] = []
    for round in flood.allowed..<flood.allowed + 3 where side.error == nil {
      side.receive(flood.round(round).flatMap(\.bytes))
      last += side.output()
    }
    #expect(side.error == flood.error)
    last += side.output()
    #expect(RawFrame.all(last).last?.code(at: 4) == .enhanceYourCalm)
    #expect(side.session.isOver)
    #expect(sent < flood.allowed * 40)
    #expect(side.session.openStreams == 0)
  }

  @Test(arguments: floods)
  func `a flood in one piece, with nothing taken, stays within bounds`(flood: Flood) {
    let side = server()
    side.receive(flood.before.flatMap(\.bytes))
    for start in stride(from: 0, to: flood.allowed * 4, by: 100) where side.error == nil {
      side.receive((start..<start + 100).flatMap { flood.round($0).flatMap(\.bytes) })
      side.heard = []
    }
    // DATA that nobody answers for meets the window of the connection first.
    let code = side.error?.code
    #expect(code == .enhanceYourCalm || code == .flowControlError)
    #expect(side.output().count < 40_000)
    #expect(side.session.isOver)
  }

  @Test func `a budget comes back in time`() {
    let side = server()
    for round in 0..<500 { side.receive(FloodTests.floods[0].round(round).flatMap(\.bytes)) }
    side.now = side.now + .seconds(2)
    for round in 500..<566 { side.receive(FloodTests.floods[0].round(round).flatMap(\.bytes)) }
    #expect(side.error == nil)
    side.receive(FloodTests.floods[0].round(566).flatMap(\.bytes))
    #expect(side.error == .resetFlood)
  }

  @Test func `requests reset at a rate that is allowed may be for ever`() {
    let side = server()
    for round in 0..<5000 {
      side.now = side.now + .milliseconds(31)
      side.receive(FloodTests.floods[0].round(round).flatMap(\.bytes))
      _ = side.output()
      side.heard = []
    }
    #expect(side.error == nil)
  }

  @Test func `a client that leaves answers that have begun is no flood`() {
    let side = server()
    side.onEvent = { if case .requestHead(let id, _) = $0 { side.respond(id, 200) } }
    for round in 0..<3000 {
      let id = UInt32(1 + 2 * round)
      side.receive(RawFrame.headers(id, HeaderText.request()).bytes)
      _ = side.output()
      side.receive(RawFrame.reset(id, .cancel).bytes)
      side.heard = []
    }
    #expect(side.error == nil)
  }

  @Test func `windows and PINGs that go with an answer are no flood`() {
    let side = server()
    side.receive(
      (RawFrame.settings([(4, 0x7FFF_FFFF)]).bytes + RawFrame.windowUpdate(0, 1 << 30).bytes
        + RawFrame.headers(1, HeaderText.request()).bytes))
    side.respond(HTTP2StreamID(1), 200)
    for _ in 0..<10_000 {
      side.write(HTTP2StreamID(1), "data: x\n\n")
      _ = side.output()
      side.receive(
        RawFrame.windowUpdate(0, 9).bytes + RawFrame.windowUpdate(1, 9).bytes
          + RawFrame.ping().bytes)
    }
    #expect(side.error == nil)
  }

  @Test func `answers that are asked for and not taken end the connection`() {
    var settings = HTTP2Settings()
    settings.floods.pings = HTTP2FloodBudget(burst: 1_000_000, perSecond: 0)
    let side = SessionSide(.server, settings)
    side.receive(RawFrame.preface + RawFrame.settings().bytes)
    for _ in 0..<2000 where side.error == nil { side.receive(RawFrame.ping().bytes) }
    #expect(side.error == .outputFlood)
    #expect(side.output().count < 20_000)
    #expect(side.session.isOver)
  }

  @Test func `answers of any size that wait for their socket are no flood`() {
    let side = server()
    side.onEvent = { event in
      guard case .requestHead(let id, _) = event else { return }
      side.respond(id, 200, "x: " + String(repeating: "v", count: 4000) + "\r\n", ends: true)
    }
    for place in 0..<90 {
      side.receive(RawFrame.headers(UInt32(1 + 2 * place), HeaderText.request()).bytes)
    }
    // A broken stream makes the session look at what waits.
    side.receive(RawFrame.headers(191, [(":method", "GET")]).bytes)
    #expect(side.error == nil)
    let frames = RawFrame.all(side.output())
    #expect(frames.count { $0.kind == RawFrame.Kind.headers.rawValue } == 90)
    #expect(frames.count { $0.kind == RawFrame.Kind.reset.rawValue } == 1)
  }

  @Test func `a client is protected as well`() {
    let side = SessionSide(.client)
    side.receive(RawFrame.settings().bytes)
    for _ in 0..<2000 where side.error == nil {
      side.receive(RawFrame.ping().bytes)
      _ = side.output()
    }
    #expect(side.error == .pingFlood)
  }

  @Test func `every error has a label of the list, and the list has no other`() {
    let errors: [HTTP2Error] =
      [
        .badPreface, .headerListFlood, .continuationFlood, .settingsEntriesFlood, .resetFlood,
        .pingFlood, .settingsFlood, .priorityFlood, .windowUpdateFlood, .emptyDataFlood,
        .strayFrameFlood, .idleByteFlood, .outputFlood, .invalidUpgrade, .outOfMemory,
        .libraryFailure(-1),
      ] + (0..<20).map { .protocolViolation(HTTP2ErrorCode(number: $0)) }
    #expect(Set(errors.map { "\($0.label)" }) == Set(HTTP2Error.labels.map { "\($0)" }))
    #expect(errors.allSatisfy { !"\($0.message)".isEmpty && !"\($0.code.name)".isEmpty })
  }

  @Test func `every code is its own number`() {
    for number in UInt32(0)..<20 { #expect(HTTP2ErrorCode(number: number).number == number) }
    #expect(HTTP2ErrorCode(number: 13) == .http11Required)
    #expect(HTTP2ErrorCode(number: 14) == .unknown(14))
  }
}
