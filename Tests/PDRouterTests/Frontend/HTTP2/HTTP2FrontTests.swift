import Simulation
import Testing
import Vocabulary
import Wire

@testable import PDRouter

/// A front end that answers each request at once with its own path.
private func makeEcho(
  _ conditions: NetworkConditions = NetworkConditions(),
  _ configure: (inout Limits) -> Void = { _ in }
) -> FrontendWorld {
  let front = FrontendWorld(conditions: conditions, configure: configure)
  front.answers = { front, _ in front.answerOldest() }
  return front
}

/// Requests and answers over HTTP/2 are what they are over HTTP/1.1.
struct HTTP2FrontTests {
  private func cut() -> NetworkConditions {
    var conditions = NetworkConditions()
    conditions.fragmentation = .singleBytes
    return conditions
  }

  @Test(arguments: [false, true])
  func `requests are answered each on its stream, however their bytes are cut`(isCut: Bool) {
    let front = makeEcho(isCut ? cut() : NetworkConditions())
    let client = front.http2Client()
    let ids = (0..<5).map { number in
      client.request(
        "POST", "/\(number)", fields: ["x-a: b"], body: Array("body \(number)".utf8))
    }
    front.world.run(for: .seconds(1))
    for (number, id) in ids.enumerated() {
      let answer = client.answers[id]
      #expect(answer?.status == 200 && answer?.text == "/\(number)")
      #expect(answer?.isComplete == true && answer?.code == .noError)
      #expect(answer?["x-test"] == "1" && answer?["content-length"] == "2")
      #expect(answer?["connection"] == nil && answer?["transfer-encoding"] == nil)
    }
    #expect(front.paths == (0..<5).map { "/\($0)" })
    #expect(front.bodies == (0..<5).map { "body \($0)" })
    #expect(front.connectionCount == 1 && client.fault == nil && front.losses.isEmpty)
    front.finish()
  }

  @Test func `answers come in any order`() {
    let front = FrontendWorld()
    let client = front.http2Client()
    let first = client.request("GET", "/first")
    let second = client.request("GET", "/second")
    front.world.run(for: .milliseconds(50))
    #expect(front.waiting.count == 2)
    let late = front.waiting[1]
    front.later { late.respond(status: 201, fields: ByteBuffer(), body: ByteBuffer()) }
    front.world.run(for: .milliseconds(50))
    #expect(client.answers[second]?.status == 201 && client.answers[first]?.status == 0)
    front.later { front.answerOldest() }
    front.world.run(for: .milliseconds(50))
    #expect(client.answers[first]?.text == "/first")
    front.finish()
  }

  @Test(arguments: [200, 204, 304])
  func `HEAD, 204 and 304 get a head only`(status: Int) {
    let front = FrontendWorld()
    front.answers = { front, exchange in
      front.begin(status: exchange.head.method == .head ? status : 200, length: 2)
      withBytes(of: "hi") { exchange.write($0) }
      front.end()
    }
    let client = front.http2Client()
    let head = client.request("HEAD", "/")
    let whole = client.request("GET", "/")
    front.world.run(for: .milliseconds(100))
    #expect(client.answers[head]?.status == status && client.answers[head]?.text == "")
    #expect(client.answers[head]?["content-length"] == (status == 204 ? nil : "2"))
    #expect(client.answers[head]?.isComplete == true)
    #expect(client.answers[whole]?.text == "hi")
    front.finish()
  }

  @Test func `an answer of unknown length ends with its stream, with trailers if there are any`() {
    let front = FrontendWorld()
    let client = front.http2Client()
    let id = client.request("GET", "/")
    front.world.run(for: .milliseconds(50))
    front.later {
      front.begin(length: nil)
      withBytes(of: "some ") { front.waiting[0].write($0) }
    }
    front.later(.milliseconds(20)) {
      withBytes(of: "text") { front.waiting[0].write($0) }
      withBytes(of: "grpc-status: 0\r\nx-more: yes\r\n") { front.waiting[0].end(trailers: $0) }
    }
    front.world.run(for: .milliseconds(100))
    let answer = client.answers[id]
    #expect(answer?.text == "some text" && answer?["content-length"] == nil)
    #expect(answer?.trailers == "grpc-status: 0\r\nx-more: yes\r\n" && answer?.isComplete == true)
    front.finish()
  }

  @Test func `a request's trailers are the exchange's`() {
    let front = makeEcho()
    var trailers: [String] = []
    front.answers = { front, exchange in
      trailers.append(exchange.trailers.text)
      front.answerOldest()
    }
    let client = front.http2Client()
    let first = client.request("POST", "/", body: Array("abc".utf8), ends: false)
    client.end(first, trailers: "x-sum: 7\r\n")
    front.world.run(for: .milliseconds(50))
    client.request("POST", "/", body: Array("abc".utf8))
    front.world.run(for: .milliseconds(50))
    #expect(trailers == ["x-sum: 7\r\n", ""])
    #expect(front.bodies == ["abc", "abc"])
    front.finish()
  }

  @Test func `a client that waits for 100 gets it, and one that does not wait gets none`() {
    let front = makeEcho()
    let client = front.http2Client()
    let fields = ["content-length: 3", "expect: 100-continue"]
    let polite = client.request("POST", "/x", fields: fields, body: [], ends: false)
    let hasty = client.request("POST", "/x", fields: fields, body: Array("abc".utf8))
    front.world.run(for: .milliseconds(50))
    #expect(client.answers[polite]?.interims == [100] && client.answers[polite]?.status == 0)
    client.write(Array("abc".utf8), to: polite)
    client.end(polite)
    front.world.run(for: .milliseconds(50))
    #expect(client.answers[polite]?.interims == [100] && client.answers[polite]?.status == 200)
    #expect(client.answers[hasty]?.interims == [] && client.answers[hasty]?.status == 200)
    #expect(front.bodies == ["abc", "abc"])
    front.finish()
  }

  static let tooLarge: [(name: String, fields: [String], body: [UInt8]?)] = [
    ("announced", ["content-length: 6"], nil),
    ("announced and waited for", ["content-length: 6", "expect: 100-continue"], nil),
    ("come", [], Array("123456".utf8)),
  ]

  @Test(arguments: tooLarge)
  func `a body over the limit gets 413, and its connection goes on`(
    _ row: (name: String, fields: [String], body: [UInt8]?)
  ) {
    let front = makeEcho { $0.requestBodyBytes = 5 }
    let client = front.http2Client()
    let large = client.request("POST", "/", fields: row.fields, body: row.body ?? [], ends: false)
    let fitting = client.request("POST", "/fits", body: Array("12345".utf8))
    front.world.run(for: .milliseconds(50))
    let answer = client.answers[large]
    #expect(answer?.status == 413 && answer?.isComplete == true && answer?.code == .noError)
    #expect(answer?.text.contains("\"error\"") == true && answer?.interims == [])
    #expect(client.answers[fitting]?.status == 200)
    #expect(front.refusals == [413] && front.connectionCount == 1 && client.fault == nil)
    front.finish()
  }

  @Test func `heads of too many bytes or fields get 431, and their connection goes on`() {
    let front = makeEcho {
      $0.headBytes = 1000
      $0.headerCount = 9
    }
    let client = front.http2Client()
    let long = client.request(
      "GET", "/", fields: ["x: " + String(repeating: "y", count: 1000)])
    let many = client.request("GET", "/", fields: (0..<12).map { "x-\($0): y" })
    let good = client.request("GET", "/good")
    front.world.run(for: .milliseconds(50))
    #expect(client.answers[long]?.status == 431 && client.answers[many]?.status == 431)
    #expect(client.answers[long]?["content-type"] == "application/json")
    #expect(client.answers[good]?.text == "/good")
    #expect(front.refusals == [431, 431] && client.fault == nil)
    front.finish()
  }

  @Test func `streams beyond the limit are refused, and served once there is room`() {
    let front = FrontendWorld(
      http2: {
        var settings = ClientHTTP2Settings()
        settings.maxConcurrentStreams = 2
        return settings
      }())
    let client = front.http2Client()
    // The client does not know the limit yet.
    let ids = (0..<3).map { client.request("GET", "/\($0)") }
    front.world.run(for: .milliseconds(50))
    #expect(client.answers[ids[2]]?.code == .refusedStream && front.waiting.count == 2)
    #expect(client.session.remoteMaxConcurrentStreams == 2 && !client.session.mayOpenStream)
    front.later { front.answerOldest() }
    front.world.run(for: .milliseconds(50))
    let again = client.request("GET", "/again")
    front.later { while !front.waiting.isEmpty { front.answerOldest() } }
    front.world.run(for: .milliseconds(50))
    #expect(client.answers[again]?.text == "/again" && front.connectionCount == 1)
    front.finish()
  }

  @Test func `fields of cross-origin sharing come with answers and refusals`() {
    let front = makeEcho { $0.requestBodyBytes = 5 }
    front.frontend?.crossOrigin = CrossOrigin(origins: ["https://a.example"])
    let client = front.http2Client()
    let origin = ["origin: https://a.example"]
    let good = client.request("GET", "/", fields: origin)
    let bad = client.request(
      "POST", "/", fields: origin + ["content-length: 9"], body: [], ends: false)
    let long = client.request(
      "GET", "/", fields: ["x: " + String(repeating: "y", count: 66_000)])
    front.world.run(for: .milliseconds(50))
    #expect(client.answers[good]?["access-control-allow-origin"] == "https://a.example")
    #expect(client.answers[bad]?["access-control-allow-origin"] == "https://a.example")
    #expect(client.answers[long]?.status == 431)
    #expect(client.answers[long]?["access-control-expose-headers"] == "x-request-id")
    front.finish()
  }

  @Test func `requests one after the other use what was made for the first ones`() {
    let front = makeEcho()
    let client = front.http2Client()
    for number in 0..<500 {
      let id = client.request("POST", "/\(number)", body: Array("x".utf8))
      front.world.run(for: .milliseconds(10))
      #expect(client.answers[id]?.text == "/\(number)")
    }
    #expect(front.frontend?.http2Figures.streamsOpened == 500)
    #expect(front.frontend?.http2Figures.streams == 0)
    #expect(front.frontend?.http2Figures.connections == 1)
    client.close()
    front.world.run(for: .milliseconds(50))
    #expect(front.frontend?.http2Figures.connections == 0 && front.connectionCount == 0)
    front.finish()
  }

  @Test func `what is not HTTP/2 on a stream ends that stream only`() {
    let front = makeEcho()
    let client = front.http2Client()
    // nghttp2 would not send them itself, so these are not acceptable rather than broken.
    let connect = client.request("OPTIONS", "*")
    let space = client.request("GET", "no-slash")
    let good = client.request("GET", "/good")
    front.world.run(for: .milliseconds(50))
    #expect(client.answers[connect]?.status == 200)
    #expect(client.answers[space]?.status == 400 || client.answers[space]?.code == .protocolError)
    #expect(client.answers[good]?.text == "/good")
    front.finish()
  }
}
