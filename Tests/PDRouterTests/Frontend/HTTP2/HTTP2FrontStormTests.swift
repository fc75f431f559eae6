import EventLoop
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// Clients and answerers that do anything at any moment: nothing is left behind, every exchange
/// hears its end once, and what is complete is right.
struct HTTP2FrontStormTests {
  /// Answers as it likes, and counts who is told what.
  private final class Answerer: ExchangeHandler, ExchangeObserver {
    var random: SplitMix64
    var live: [ObjectIdentifier: Exchange] = [:]
    var begun = 0
    var ended = 0
    var lost = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    func takesBodyInPieces(_ exchange: Exchange) -> Bool { random.number(below: 2) == 0 }
    func didRefuse(status: Int) {}

    func handle(_ exchange: Exchange) {
      begun += 1
      exchange.observer = self
      live[ObjectIdentifier(exchange)] = exchange
      if random.number(below: 3) == 0 { act(on: exchange) }
    }

    func exchangeDidLoseClient(_ exchange: Exchange) {
      #expect(live.removeValue(forKey: ObjectIdentifier(exchange)) != nil)
      lost += 1
    }

    func exchangeDidDrain(_ exchange: Exchange) { act(on: exchange) }

    func exchangeDidReceiveBody(_ exchange: Exchange) {
      if random.number(below: 2) == 0 { exchange.dropBody() }
    }

    func exchangeMustEnd(_ exchange: Exchange) { finish(exchange) }

    func actOnAny() {
      let all = live.values.sorted { $0.receivedAt < $1.receivedAt }
      guard !all.isEmpty else { return }
      act(on: all[Int(random.number(below: UInt64(all.count)))])
    }

    func act(on exchange: Exchange) {
      guard live[ObjectIdentifier(exchange)] != nil else { return }
      switch random.number(below: 8) {
      case 0 where !exchange.hasBegun: begin(exchange)
      case 1...3 where exchange.hasBegun: write(exchange)
      case 4 where exchange.hasBegun: finish(exchange)
      case 5:
        live[ObjectIdentifier(exchange)] = nil
        ended += 1
        exchange.cut()
      case 6: exchange.dropBody()
      default: if !exchange.hasBegun { begin(exchange) }
      }
    }

    private func begin(_ exchange: Exchange) {
      exchange.begin(status: 200, fields: ByteBuffer(), length: nil)
    }

    private func write(_ exchange: Exchange) {
      guard exchange.bufferedByteCount <= 64 * 1024 else { return }
      let count = Int(random.number(below: 30_000))
      withBytes(of: String(repeating: "w", count: count)) { exchange.write($0) }
    }

    func finish(_ exchange: Exchange) {
      live[ObjectIdentifier(exchange)] = nil
      ended += 1
      if !exchange.hasBegun { begin(exchange) }
      if random.number(below: 2) == 0 {
        withBytes(of: "x-end: 1\r\n") { exchange.end(trailers: $0) }
      } else {
        exchange.end()
      }
    }
  }

  /// Does one thing to one of `clients`.
  private func act(
    _ clients: inout [HTTP2Client], _ random: inout SplitMix64,
    connect: () -> HTTP2Client
  ) {
    let alive = clients.filter { !$0.isClosed }
    guard alive.count > 2 || !alive.isEmpty && random.number(below: 10) > 0 else {
      clients.append(connect())
      return
    }
    let client = alive[Int(random.number(below: UInt64(alive.count)))]
    let open = client.answers.filter { $0.value.endedAt == nil }.keys.sorted()
    let one = open.isEmpty ? nil : open[Int(random.number(below: UInt64(open.count)))]
    switch random.number(below: 30) {
    case 0: if random.number(below: 4) == 0 { client.stream?.reset() }
    case 1: if random.number(below: 4) == 0 { client.close() }
    case 2: client.stream?.pauseReading()
    case 3, 4: client.stream?.resumeReading()
    case 5, 6: if let one { client.reset(one) }
    case 7, 8: if let one { client.heldStreams.insert(one) }
    case 9...11: if let one { client.release(one) }
    case 12...14:
      if let one, client.answers[one]?.isAsked == false {
        client.write([UInt8](repeating: 65, count: Int(random.number(below: 90_000))), to: one)
      }
    case 15, 16:
      if let one, client.answers[one]?.isAsked == false {
        client.end(one, trailers: random.number(below: 2) == 0 ? "x-sum: 1\r\n" : nil)
      }
    case 17:
      client.session.ping()
      client.needsOutput()
    default:
      guard client.session.mayOpenStream else { return }
      let size = Int(random.number(below: 3)) * Int(random.number(below: 100_000))
      let body = [UInt8](repeating: 66, count: size)
      client.request(
        "POST", "/", body: random.number(below: 3) == 0 ? nil : body,
        ends: random.number(below: 2) == 0)
    }
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func `nothing is left behind whatever clients and answerers do`(seed: UInt64) throws {
    var conditions = NetworkConditions()
    if seed.isMultiple(of: 2) { conditions.fragmentation = .seeded(chance: 0.5) }
    if seed.isMultiple(of: 3) { conditions.kernelBufferByteCount = 16 * 1024 }
    let world = SimulatedWorld(seed: seed, conditions: conditions)
    let answerer = Answerer(seed: seed ^ 0xA5)
    var limits = Limits()
    limits.requestBodyBytes = 200_000
    limits.gatheredBodyBytes = 1000
    let frontend = Frontend(
      loop: world.makeHost("router").loop, handler: answerer, limits: limits, timeouts: Timeouts())
    let address = HostAndPort(host: "router", port: 80)
    try frontend.listen(on: address, sharesPort: false)
    let host = world.makeHost("client")
    var clients: [HTTP2Client] = []
    var random = SplitMix64(seed: seed)
    for _ in 0..<400 {
      world.schedule(after: .milliseconds(1)) {
        act(&clients, &random) { HTTP2Client(on: host.loop, to: address) }
        for _ in 0..<3 { answerer.actOnAny() }
      }
      world.run(for: .milliseconds(Int(random.number(below: 20))))
    }
    frontend.drain()
    if seed.isMultiple(of: 5) { frontend.cutShort() }
    for _ in 0..<300 {
      world.schedule(after: .milliseconds(1)) {
        let left = Array(answerer.live.values)
        for exchange in left { answerer.finish(exchange) }
      }
      world.run(for: .seconds(1))
      if frontend.connectionCount == 0 { break }
    }
    #expect(frontend.connectionCount == 0)
    #expect(answerer.live.isEmpty && answerer.begun == answerer.ended + answerer.lost)
    #expect(answerer.begun > 50)
    #expect(frontend.http2Figures.streams == 0 && frontend.http2Figures.connections == 0)
    #expect(clients.allSatisfy { $0.fault == nil })
    for client in clients { client.close() }
  }
}
