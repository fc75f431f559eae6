import EventLoop
import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// What happens while answers are under way: slow clients, clients that leave, bodies in pieces.
struct HTTP2FrontFlowTests {
  private var narrow: NetworkConditions {
    var conditions = NetworkConditions()
    conditions.kernelBufferByteCount = 8 * 1024
    return conditions
  }

  private func write(_ count: Int, to exchange: Exchange) {
    withBytes(of: String(repeating: "z", count: count)) { exchange.write($0) }
  }

  @Test func `a client that gives one stream up loses that one only`() {
    let front = FrontendWorld()
    let client = front.http2Client()
    let ids = (0..<10).map { client.request("GET", "/\($0)") }
    front.world.run(for: .milliseconds(50))
    #expect(front.waiting.count == 10)
    client.reset(ids[3])
    front.world.run(for: .milliseconds(50))
    #expect(front.losses.count == 1 && front.waiting.count == 9)
    front.later { while !front.waiting.isEmpty { front.answerOldest() } }
    front.world.run(for: .milliseconds(50))
    for (number, id) in ids.enumerated() {
      #expect(client.answers[id]?.text == (number == 3 ? "" : "/\(number)"))
    }
    #expect(front.frontend?.http2Figures.resetsByClients == 1)
    front.finish()
  }

  @Test(arguments: [ClientScript.Ending.close, .reset])
  func `all requests of a connection that goes are lost, in the turn that its end arrives`(
    ending: ClientScript.Ending
  ) {
    let front = FrontendWorld()
    let client = front.http2Client()
    for number in 0..<10 { client.request("GET", "/\(number)") }
    front.world.run(for: .milliseconds(50))
    let left = front.world.now
    if ending == .close { client.stream?.close() } else { client.stream?.reset() }
    #expect(front.world.run(within: .seconds(2)) { front.losses.count == 10 })
    #expect(front.losses[9] - left < .milliseconds(1))
    front.world.run(for: .seconds(1))
    #expect(front.connectionCount == 0 && front.waiting.isEmpty)
    front.finish()
  }

  @Test func `a client that sends its end with its request still gets an answer given at once`() {
    let front = FrontendWorld()
    front.answers = { front, _ in front.answerOldest() }
    let client = front.http2Client()
    let id = client.request("GET", "/a")
    front.world.run(for: .microseconds(1))
    client.stream?.finishWriting()
    front.world.run(for: .seconds(1))
    #expect(client.answers[id]?.text == "/a" || client.answers[id]?.isLost == true)
    #expect(front.connectionCount == 0)
    front.finish()
  }

  @Test func `what one stream's client does not take is counted and bounded, others go on`() {
    let front = FrontendWorld()
    let client = front.http2Client()
    let slow = client.request("GET", "/slow")
    client.heldStreams.insert(slow)
    front.world.run(for: .milliseconds(50))
    let exchange = front.waiting[0]
    // The client's window takes the first part, and the rest waits.
    var written = 65_536
    front.later {
      front.begin(length: nil)
      self.write(65_536, to: exchange)
    }
    front.later(.milliseconds(20)) {
      while exchange.bufferedByteCount <= 64 * 1024 {
        self.write(1000, to: exchange)
        written += 1000
      }
    }
    front.world.run(for: .seconds(1))
    #expect(client.answers[slow]?.body.count == 65_536)
    for _ in 0..<20 {
      let id = client.request("GET", "/fast")
      front.world.run(for: .milliseconds(20))
      let fast = front.takeLatest()
      front.later {
        fast.respond(status: 200, fields: ByteBuffer(), body: ByteBuffer())
      }
      front.world.run(for: .milliseconds(20))
      #expect(client.answers[id]?.status == 200)
    }
    #expect(front.drainCount == 0)
    client.release(slow)
    front.world.run(for: .milliseconds(100))
    #expect(front.drainCount == 1 && exchange.bufferedByteCount == 0)
    #expect(client.answers[slow]?.body.count == written)
    front.finish()
  }

  @Test func `a slow socket keeps bytes in their streams, and all are drained in the end`() {
    let front = FrontendWorld(conditions: narrow)
    let client = front.http2Client()
    let ids = (0..<4).map { client.request("GET", "/\($0)") }
    front.world.run(for: .milliseconds(50))
    client.stream?.pauseReading()
    front.later {
      for exchange in front.waiting {
        exchange.begin(status: 200, fields: ByteBuffer(), length: nil)
        self.write(60_000, to: exchange)
      }
    }
    front.world.run(for: .seconds(5))
    let waiting = front.waiting.reduce(0) { $0 + $1.bufferedByteCount }
    #expect(waiting > 80_000 && waiting <= 240_000)
    client.stream?.resumeReading()
    front.world.run(for: .seconds(5))
    front.later { for exchange in front.waiting { exchange.end() } }
    front.world.run(for: .seconds(1))
    for id in ids {
      #expect(client.answers[id]?.body.count == 60_000 && client.answers[id]?.isComplete == true)
    }
    front.finish()
  }

  @Test func `100 streams share a connection, one of them slow, and the others do not notice`() {
    let front = FrontendWorld()
    let client = front.http2Client()
    let ids = (0..<100).map { client.request("GET", "/\($0)") }
    client.heldStreams.insert(ids[0])
    front.world.run(for: .milliseconds(50))
    #expect(front.waiting.count == 100)
    let exchanges = front.waiting
    front.later {
      for exchange in exchanges { exchange.begin(status: 200, fields: ByteBuffer(), length: nil) }
    }
    // The relay's rule: nothing is written above the high watermark.
    var written = [Int](repeating: 0, count: 100)
    for round in 0..<100 {
      front.later(.milliseconds(20 + 10 * round)) {
        for (place, exchange) in exchanges.enumerated() where exchange.bufferedByteCount <= 65_536 {
          self.write(4000, to: exchange)
          written[place] += 4000
        }
      }
    }
    front.world.run(for: .seconds(2))
    #expect(written[0] <= 65_536 + 65_536 + 4000)
    #expect(written[1...].allSatisfy { $0 == 400_000 })
    front.later { for exchange in exchanges[1...] { exchange.end() } }
    front.world.run(for: .seconds(1))
    for id in ids[1...] {
      #expect(client.answers[id]?.body.count == 400_000 && client.answers[id]?.isComplete == true)
    }
    #expect(client.answers[ids[0]]?.body.count == 65_536)
    front.finish()
  }

  @Test func `an answer that is cut never looks complete, and what was written comes`() {
    for length in [nil, 100] as [Int?] {
      let front = FrontendWorld()
      let client = front.http2Client()
      let id = client.request("GET", "/")
      let other = client.request("GET", "/other")
      front.world.run(for: .milliseconds(50))
      front.later {
        front.begin(length: length)
        withBytes(of: "some") { front.waiting[0].write($0) }
        front.end(cutting: true)
        front.answerOldest()
      }
      front.world.run(for: .milliseconds(50))
      let answer = client.answers[id]
      #expect(answer?.code == .internalError && answer?.isComplete == false)
      #expect(answer?.text == "some" && client.answers[other]?.text == "/other")
      #expect(front.frontend?.http2Figures.resetsByRouter == 1 && front.losses.isEmpty)
      front.finish()
    }
  }

  @Test func `a request answered before its body is complete is stopped without an error`() {
    let front = FrontendWorld()
    front.takesPieces = true
    front.answers = { front, _ in front.answerOldest("no") }
    let client = front.http2Client()
    let id = client.request("POST", "/", body: Array(repeating: 65, count: 100), ends: false)
    front.world.run(for: .milliseconds(50))
    #expect(client.answers[id]?.text == "no" && client.answers[id]?.code == .noError)
    #expect(front.connectionCount == 1 && front.losses.isEmpty)
    front.finish()
  }

  @Test func `a body in pieces comes no faster than it is taken`() {
    let front = FrontendWorld()
    front.takesPieces = true
    let client = front.http2Client()
    let body = [UInt8](repeating: 65, count: 2_000_000)
    let id = client.request("POST", "/", body: body)
    front.world.run(for: .seconds(100))
    let exchange = front.waiting[0]
    let window = ClientHTTP2Settings().streamWindowBytes
    #expect(exchange.body.count == window && !exchange.isBodyComplete)
    #expect(client.session.bufferedByteCount(id) == 2_000_000 - window)
    var taken = 0
    for round in 0..<100 {
      front.later(.milliseconds(10 * round)) {
        taken += exchange.body.count
        exchange.dropBody()
      }
    }
    front.world.run(for: .seconds(2))
    #expect(taken == 2_000_000 && exchange.isBodyComplete && front.losses.isEmpty)
    #expect(front.frontend?.untakenBodyBytes == 0)
    front.later { front.answerOldest("thanks") }
    front.world.run(for: .milliseconds(50))
    #expect(client.answers[id]?.text == "thanks")
    front.finish()
  }

  @Test func `a body in pieces over the limit loses its exchange and gets 413`() {
    let front = FrontendWorld { $0.requestBodyBytes = 200_000 }
    front.takesPieces = true
    let client = front.http2Client()
    let id = client.request("POST", "/", body: [UInt8](repeating: 65, count: 100_000), ends: false)
    front.world.run(for: .milliseconds(100))
    #expect(front.waiting.count == 1 && front.losses.isEmpty)
    client.write([UInt8](repeating: 65, count: 150_000), to: id)
    front.world.run(for: .milliseconds(100))
    #expect(front.losses.count == 1 && client.answers[id]?.status == 413)
    #expect(front.connectionCount == 1)
    front.finish()
  }

  @Test func `large bodies that are gathered come whole`() {
    let front = FrontendWorld()
    front.answers = { front, _ in front.answerOldest("ok") }
    let client = front.http2Client()
    let ids = (0..<3).map { _ in
      client.request("POST", "/", body: [UInt8](repeating: 65, count: 3_000_000))
    }
    front.world.run(for: .seconds(10))
    #expect(front.bodies.map(\.utf8.count) == [3_000_000, 3_000_000, 3_000_000])
    #expect(ids.allSatisfy { client.answers[$0]?.text == "ok" })
    front.finish()
  }

  @Test func `an engine that answers garbage takes its connection with it`() {
    let front = FrontendWorld()
    let client = front.http2Client()
    let id = client.request("GET", "/")
    let other = client.request("GET", "/other")
    front.world.run(for: .milliseconds(50))
    front.later { front.takeOldest().corrupt("HTTQ/9 what?\r\n\r\n") }
    front.world.run(for: .seconds(1))
    #expect(client.fault != nil && front.losses.count == 1)
    #expect(client.answers[id]?.isComplete == false && client.answers[other]?.isComplete == false)
    front.finish()
  }
}
