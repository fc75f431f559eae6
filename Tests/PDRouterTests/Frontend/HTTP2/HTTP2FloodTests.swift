import EventLoop
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// Clients that cost more than they pay: each way ends the connection with a code, a counter and a
/// line in the log, and nobody else notices.
struct HTTP2FloodTests {
  struct Flood {
    var reason: String
    var code: Int
    var bytes: [UInt8]

    /// `count` times the frames that `make` gives for a number.
    static func frames(_ count: Int, _ make: (Int) -> [UInt8]) -> [UInt8] {
      (0..<count).flatMap(make)
    }
  }

  private static let calm = 0xB

  static let floods: [Flood] = [
    // CVE-2023-44487.
    Flood(
      reason: "reset_flood", code: calm,
      bytes: Flood.frames(600) { place in
        let stream = 2 * place + 1
        return Frame.request(stream)
          + Frame(kind: 3, stream: stream, payload: [0, 0, 0, 8]).bytes
      }),
    // CVE-2019-9512.
    Flood(
      reason: "ping_flood", code: calm,
      bytes: Flood.frames(1100) { _ in
        Frame(kind: 6, payload: [UInt8](repeating: 7, count: 8)).bytes
      }),
    // CVE-2019-9515.
    Flood(
      reason: "settings_flood", code: calm, bytes: Flood.frames(200) { _ in Frame(kind: 4).bytes }),
    // CVE-2019-9513.
    Flood(
      reason: "priority_flood", code: calm,
      bytes: Flood.frames(700) { place in
        Frame(kind: 2, stream: 2 * place + 1, payload: [0, 0, 0, 0, 1]).bytes
      }),
    Flood(
      reason: "window_update_flood", code: calm,
      bytes: Flood.frames(3000) { _ in Frame(kind: 8, payload: [0, 0, 0, 1]).bytes }),
    // CVE-2019-9518.
    Flood(
      reason: "empty_data_flood", code: calm,
      bytes: Frame.request(1, ends: false)
        + Flood.frames(300) { _ in Frame(kind: 0, stream: 1).bytes }),
    // CVE-2024-27316 and its kin.
    Flood(
      reason: "continuation_flood", code: calm,
      bytes: Frame(kind: 1, stream: 1, payload: [0x82]).bytes
        + Flood.frames(100) { _ in Frame(kind: 9, stream: 1, payload: [0x86]).bytes }),
    // A small block that decodes to a large one: one field of 4,000 bytes, named again and again.
    Flood(
      reason: "header_list_flood", code: calm,
      bytes: {
        let value = [UInt8](repeating: 0x61, count: 3900)
        // A literal with indexing, name `x`, length 3900 as 127 + 3773 in HPACK's integers.
        let field: [UInt8] = [0x40, 0x01, 0x78, 0x7F, 0xBD, 0x1D] + value
        let block: [UInt8] =
          [0x82, 0x86, 0x84, 0x01, 0x01, 0x72] + field + [UInt8](repeating: 0xBE, count: 100)
        return Frame(kind: 1, flags: 5, stream: 1, payload: block).bytes
      }()),
    Flood(
      reason: "protocol_error", code: 1,
      bytes: Frame(kind: 0, stream: 0, payload: [1]).bytes),
    Flood(
      reason: "frame_size_error", code: 6,
      bytes: Frame(kind: 6, payload: [1]).bytes),
    Flood(
      reason: "compression_error", code: 9,
      bytes: Frame(kind: 1, flags: 5, stream: 1, payload: [0xFF, 0xFF, 0xFF, 0xFF, 0x0F]).bytes),
    Flood(
      reason: "flow_control_error", code: 3,
      bytes: Frame(kind: 8, payload: [0x7F, 0xFF, 0xFF, 0xFF]).bytes
        + Frame(kind: 8, payload: [0x7F, 0xFF, 0xFF, 0xFF]).bytes),
  ]

  @Test(arguments: floods.indices)
  func `a flood or a fault ends its connection, and others go on`(place: Int) {
    let flood = Self.floods[place]
    let front = FrontendWorld()
    let other = front.http2Client()
    let id = other.request("GET", "/other")
    front.world.run(for: .milliseconds(50))
    let client = front.client(
      .send(Frame.beginning), .sendInPieces(flood.bytes, size: 5000, pause: .milliseconds(1)))
    front.world.run(for: .milliseconds(500))
    #expect(front.faults == [flood.reason])
    #expect(Frame.goAwayCodes(client.record.bytes).last == flood.code, "\(flood.reason)")
    front.world.run(for: .seconds(6))
    #expect(client.record.endedAt != nil && front.connectionCount == 1)
    // Whatever had begun was lost, and leaves nothing behind.
    #expect(front.waiting.count == 1 && front.frontend?.http2Figures.streams == 1)
    front.later { front.answerOldest() }
    front.world.run(for: .milliseconds(50))
    #expect(other.answers[id]?.text == "/other")
    front.finish()
  }

  @Test func `a rapid reset reaches no more requests than its budget`() {
    let front = FrontendWorld()
    let client = front.client(.send(Frame.beginning + Self.floods[0].bytes))
    front.world.run(for: .seconds(1))
    #expect(front.paths.count <= 501 && front.losses.count == front.paths.count)
    #expect(client.record.endedAt != nil)
    front.finish()
  }

  @Test func `requests given up at a bearable pace are no flood`() {
    let front = FrontendWorld()
    let client = front.http2Client()
    for _ in 0..<1000 {
      let id = client.request("GET", "/")
      front.world.run(for: .milliseconds(20))
      client.reset(id)
      front.world.run(for: .milliseconds(20))
    }
    #expect(front.losses.count == 1000 && front.faults.isEmpty && !client.isClosed)
    front.finish()
  }

  @Test func `a client that asks and never reads is closed, and holds little`() {
    var narrow = NetworkConditions()
    narrow.kernelBufferByteCount = 8 * 1024
    let front = FrontendWorld(conditions: narrow)
    let ping = Frame(kind: 6, payload: [UInt8](repeating: 7, count: 8)).bytes
    var script = ClientScript([.pauseReading, .send(Frame.beginning + Frame.request(1))])
    for _ in 0..<100 {
      script.steps.append(.send(Array(repeating: ping, count: 50).flatMap { $0 }))
      script.steps.append(.wait(.seconds(2)))
    }
    let client = SimulatedClient(on: front.clientHost.loop, to: front.address, script)
    front.world.run(for: .seconds(200))
    #expect(front.connectionCount == 0 && front.faults == ["stalled"])
    #expect(client.record.bytes.count < 20_000)
    front.finish()
  }

  @Test func `garbage after the preface ends the connection, wherever it is cut`() {
    var random = SplitMix64(seed: 5)
    for round in 0..<200 {
      let front = FrontendWorld()
      front.answers = { front, _ in front.answerOldest() }
      let garbage = (0..<300).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let start = round.isMultiple(of: 2) ? Frame.preface : Frame.beginning + Frame.request(1)
      let size = 1 + Int(random.number(below: 60))
      let client = front.client(
        .sendInPieces(start + garbage, size: size, pause: .milliseconds(1)))
      front.world.run(for: .seconds(100))
      // A frame that never comes to its end is waited for like anything else.
      #expect(front.connectionCount == 0 && client.isClosed || client.record.endedAt != nil)
      #expect(front.frontend?.http2Figures.streams == 0)
      #expect(front.frontend?.http2Figures.connections == 0)
      front.finish()
    }
  }

  @Test func `each kind of ending is told once in a while, and how many were not`() {
    let book = LogBook()
    let log = ConnectionLog(logger: book.logger)
    let fault = ConnectionFault(label: "ping_flood", message: "m", peer: "p")
    let other = ConnectionFault(label: "stalled", message: "m", peer: "p")
    for millisecond in 0..<9 { log.note(fault, now: at(Int64(1000 * millisecond))) }
    log.note(other, now: at(8000))
    #expect(book.messages.count == 2)
    log.note(fault, now: at(10_000))
    #expect(book.messages.count == 3)
  }
}
