import EventLoop
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Bodies that are passed on as they come.
@Suite(.overBothProtocols) struct UploadTests {
  private let world: RouterWorld
  private let engines: [RawEngine]

  init() {
    let world = RouterWorld([.both, .both]) { configuration in
      configuration.limits.requestBodyBytes = 4 << 20
    }
    self.world = world
    engines = (0..<2).map { RawEngine(on: world.world.makeHost("raw\($0)")) }
    for worker in world.registry.workers { world.registry.remove(worker.id) }
    for place in 0..<2 { add("http://raw\(place):8000") }
  }

  private func add(_ url: String) {
    do { try world.registry.add(WorkerURL(url), role: .both) } catch { Issue.record("\(error)") }
  }

  /// The engine that the request went to.
  private var chosen: RawEngine? { engines.first { !$0.bytes.isEmpty } }

  private static let head =
    "POST /v1/audio/transcriptions?x=1 HTTP/1.1\r\nhost: r\r\n"
    + "content-type: multipart/form-data; boundary=b\r\n"

  private static func chunk(_ bytes: [UInt8]) -> [UInt8] {
    Array((String(bytes.count, radix: 16) + "\r\n").utf8) + bytes + Array("\r\n".utf8)
  }

  /// Bytes that are neither text nor alike.
  private static func blob(_ count: Int) -> [UInt8] {
    var generator = SplitMix64(seed: 7)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
  }

  /// What the bytes after a request's head carry: chunks in HTTP/1.1, and in HTTP/2 the body bare.
  private static func dechunked(_ bytes: [UInt8]) -> (body: [UInt8], isWhole: Bool) {
    if WorldProtocol.isHTTP2 { return (bytes, true) }
    var body: [UInt8] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 13) {
      let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16) ?? -1
      guard size >= 0 else { return (body, false) }
      if size == 0 { return (body, rest[end...].elementsEqual(Array("\r\n\r\n".utf8))) }
      guard rest.count >= end - rest.startIndex + 2 + size + 2 else { return (body, false) }
      body += rest[(end + 2)..<(end + 2 + size)]
      rest = rest[(end + 2 + size + 2)...]
    }
    return (body, false)
  }

  private func run(_ limit: Duration = .seconds(1), until isDone: () -> Bool) -> Bool {
    world.world.run(within: limit, until: isDone)
  }

  @Test func `a body of unknown length reaches the worker while it is being sent`() throws {
    let (first, second) = (Self.blob(1000), Self.blob(70_000))
    let client = world.client(
      .send(Array((Self.head + "transfer-encoding: chunked\r\n\r\n").utf8) + Self.chunk(first)),
      .wait(.seconds(1)),
      .send(Self.chunk(second) + Array("0\r\ntrailer: x\r\n\r\n".utf8)))
    #expect(run(.milliseconds(500)) { chosen?.body.isEmpty == false })
    let engine = try #require(chosen)
    #expect(Self.dechunked(engine.body).body == first)
    #expect(engine.head.contains("POST /v1/audio/transcriptions?x=1 HTTP/1.1"))
    let isChunked = engine.head.lowercased().contains("transfer-encoding: chunked")
    #expect(isChunked != WorldProtocol.isHTTP2)
    #expect(!engine.head.lowercased().contains("content-length"))
    #expect(run(.seconds(3)) { Self.dechunked(engine.body) == (first + second, true) })
    engine.answer(RouterWorld.ok)
    #expect(world.awaitAnswers(1, client))
    #expect(HTTPAnswer.all(in: client.record.bytes)[0].body == "ok")
    #expect(world.records.map(\.requestBytes) == [71_000])
    world.expectNothingLeft()
  }

  @Test func `a large body of known length keeps its length, and the connection is used again`()
    throws
  {
    let body = Self.blob(900_000)
    let client = world.client(
      .send(Array((Self.head + "content-length: 900000\r\n\r\n").utf8) + body),
      .awaitBytes(Array("ok".utf8)), .send(Array(get("/version").utf8)))
    #expect(run(.seconds(5)) { chosen?.body.count == body.count })
    let engine = try #require(chosen)
    #expect(engine.body == body)
    #expect(engine.head.lowercased().contains("content-length: 900000"))
    engine.answer(RouterWorld.ok)
    #expect(
      run(.seconds(5)) {
        engines.contains { $0.head.contains("GET /version") }
          || engine.bytes.count > body.count + 500
      })
    client.hangUp(.close)
    #expect(run { world.router.liveRequests == 0 })
    world.expectNothingLeft()
  }

  @Test func `a worker that takes nothing stops the client, and memory stays bounded`() throws {
    for engine in engines { engine.reads = false }
    let body = Self.blob(3 << 20)
    let client = world.client(
      .send(Array((Self.head + "content-length: \(body.count)\r\n\r\n").utf8) + body))
    _ = run(.seconds(20)) { false }
    // A stream's window is open before its engine reads.
    #expect((chosen?.body.count ?? 0) <= (WorldProtocol.isHTTP2 ? 256 * 1024 : 0))
    // What is neither with the client nor in the sockets' buffers is with the router.
    #expect(world.router.liveRequests == 1)
    #expect(world.bufferedUploadBytes < 512 * 1024)
    for engine in engines { engine.resume() }
    #expect(run(.seconds(20)) { chosen?.body.count == body.count })
    let engine = try #require(chosen)
    #expect(engine.body == body)
    engine.answer(RouterWorld.ok)
    #expect(world.awaitAnswers(1, client))
    world.expectNothingLeft()
  }

  @Test func `an answer before the body's end is passed on, and both connections end`() throws {
    let client = world.client(
      .send(Array((Self.head + "content-length: 1000000\r\n\r\n").utf8) + Self.blob(100_000)))
    #expect(run { chosen != nil })
    let engine = try #require(chosen)
    engine.answer(RouterWorld.answer("too much", status: 413))
    #expect(world.awaitAnswers(1, client))
    let answer = HTTPAnswer.all(in: client.record.bytes)[0]
    #expect(answer.status == 413 && answer.body == "too much")
    #expect(answer["connection"] == "close")
    #expect(run(.seconds(5)) { engine.closedAt != nil && client.record.endedAt != nil })
    world.expectNothingLeft()
  }

  @Test func `a client that leaves within its body cuts the leg`() throws {
    let client = world.client(
      .send(Array((Self.head + "transfer-encoding: chunked\r\n\r\n").utf8) + Self.chunk([1, 2])))
    #expect(run { chosen?.body.isEmpty == false })
    client.hangUp(.close)
    #expect(run { chosen?.closedAt != nil })
    #expect(world.records.map(\.outcome) == [.clientGone])
    world.expectNothingLeft()
  }

  @Test(arguments: [
    ("transfer-encoding: chunked\r\n\r\n2\r\nok\r\nrubbish\r\n", 400),
    ("transfer-encoding: chunked\r\n\r\n2\r\nok\r\n", 408),
    ("content-length: 100000\r\n\r\nok", 408),
    (
      "transfer-encoding: chunked\r\n\r\n2\r\nok\r\n700000\r\n"
        + String(repeating: "x", count: 5 << 20),
      413
    ),
    ("content-length: 5000000\r\n\r\nok", 413),
  ])
  func `a body that is broken, stalls or is too large is refused, and its leg cut`(
    _ rest: String, _ status: Int
  ) throws {
    let client = world.client(.send(Array((Self.head + rest).utf8)))
    #expect(world.awaitAnswers(1, client, within: .seconds(90)))
    let answer = HTTPAnswer.all(in: client.record.bytes)[0]
    #expect(answer.status == status && answer.isErrorObject)
    #expect(run(.seconds(5)) { chosen == nil || chosen?.closedAt != nil })
    world.expectNothingLeft()
  }

  @Test func `what a worker lost is not sent to another one`() throws {
    let client = world.client(
      .send(Array((Self.head + "content-length: 100000\r\n\r\n").utf8) + Self.blob(50_000)))
    #expect(run { chosen != nil })
    chosen?.die()
    #expect(world.awaitAnswers(1, client))
    #expect(HTTPAnswer.all(in: client.record.bytes)[0].status == 502)
    #expect(engines.map(\.connectionCount).reduce(0, +) == 1)
    world.expectNothingLeft()
  }

  @Test func `a worker that cannot be reached costs nothing of the body`() throws {
    engines[0].stopListening()
    let body = Self.blob(200_000)
    for _ in 0..<2 {
      let before = engines[1].bytes.count
      let client = world.client(
        .send(Array((Self.head + "content-length: \(body.count)\r\n\r\n").utf8) + body))
      #expect(run(.seconds(5)) { engines[1].bytes.count - before > body.count })
      engines[1].answer(RouterWorld.ok)
      #expect(world.awaitAnswers(1, client))
      #expect(HTTPAnswer.all(in: client.record.bytes)[0].status == 200)
    }
    world.expectNothingLeft()
  }

  @Test func `the client is told to go on before its body is read`() throws {
    let client = world.client(
      .send(
        Array((Self.head + "expect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n").utf8)),
      .awaitBytes(Array("HTTP/1.1 100".utf8)),
      .send(Self.chunk([1, 2, 3]) + Array("0\r\n\r\n".utf8)))
    // It was whole before the worker's connection was up.
    #expect(run { chosen?.body == [1, 2, 3] })
    #expect(chosen?.head.lowercased().contains("content-length: 3") == true)
    #expect(chosen?.head.lowercased().contains("expect") == false)
    chosen?.answer(RouterWorld.ok)
    #expect(run { HTTPAnswer.all(in: client.record.bytes).last?.body == "ok" })
    world.expectNothingLeft()
  }
}
