package import EventLoop
internal import JSONFields
package import PDRouter
package import Vocabulary
internal import Wire

/// A chat client on any loop: sends one question, shows each token of the streamed answer as it
/// comes.
package final class ChatClient: LegObserver {
  private let pool: WorkerPool?
  private let body: String
  private let show: (String) -> Void
  private let whenDone: (String?) -> Void
  private lazy var leg = Leg(observer: self)
  private var events = ByteBuffer()
  private var answer = ""

  /// A client that asks whoever listens at `address`; `show` gets each token, `whenDone` the whole
  /// answer, nil when there was none. The question must not need escaping in JSON.
  package init(
    loop: any Loop, address: HostAndPort, question: String, show: @escaping (String) -> Void,
    whenDone: @escaping (String?) -> Void
  ) {
    pool = (try? WorkerURL("http://\(address)")).map { url in
      WorkerPool(
        worker: Worker(id: WorkerID(number: 0), url: url, role: .both), loop: loop,
        limits: Limits(), timeouts: Timeouts())
    }
    body = """
      {"model":"tiny","messages":[{"role":"user","content":"\(question)"}],\
      "max_tokens":16,"stream":true}
      """
    self.show = show
    self.whenDone = whenDone
  }

  /// Sends the question.
  package func start() {
    if pool?.start(leg) != true { whenDone(nil) }
  }

  /// Sends the question over the connection that is there now.
  package func legIsReady(_ leg: Leg) {
    var request = ByteBuffer(capacity: 1024)
    request.append("POST /v1/chat/completions HTTP/1.1\r\nhost: demo\r\n")
    request.append("content-type: application/json\r\n")
    request.appendField(name: "content-length", value: body.utf8.count)
    request.appendHeadEnd()
    var question = ByteBuffer(capacity: body.utf8.count)
    question.append(body)
    withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: 2) { pieces in
      pieces.initializeElement(at: 0, to: request.bytes)
      pieces.initializeElement(at: 1, to: question.bytes)
      leg.send(UnsafeBufferPointer(pieces))
    }
  }

  /// Nothing to do before the tokens come.
  package func legDidReceiveHead(_ leg: Leg) {}

  /// Shows the tokens in what arrived.
  package func leg(_ leg: Leg, didReceive bytes: UnsafeRawBufferPointer) {
    events.append(bytes)
    while let event = takeEvent() {
      guard let chunk = try? JSONValue(validating: event.bytes),
        let token = chunk["choices"]?[0]?["delta"]?["content"]?.string, !token.isEmpty
      else { continue }
      answer += token
      show(token)
    }
  }

  /// The answer is complete.
  package func legDidEnd(_ leg: Leg) {
    whenDone(leg.head.status == 200 ? answer : nil)
  }

  /// There is no answer.
  package func leg(_ leg: Leg, didFail failure: LegFailure) {
    whenDone(nil)
  }

  /// Takes the data of the next whole event out of what has arrived.
  private func takeEvent() -> ByteBuffer? {
    let lineFeed = UInt8(ascii: "\n")
    let bytes = events.bytes
    guard
      let end = bytes.indices.dropLast().first(where: {
        bytes[$0] == lineFeed && bytes[$0 + 1] == lineFeed
      })
    else { return nil }
    var event = ByteBuffer(capacity: end)
    event.append(UnsafeRawBufferPointer(rebasing: bytes[min(6, end)..<end]))
    events.removeFirst(end + 2)
    return event
  }
}
