internal import EventLoop
internal import JSONFields
internal import Vocabulary
internal import Wire

/// One request of one token that the router sends to itself, so that two engines meet.
///
/// Asks the prefill worker for its model's name, then runs a completion through the router's own
/// pipeline with the pair fixed. Is the client of that request: takes its answer and throws it
/// away. Lasts at most `PairWarmer.timeout`; confined to its loop.
final class PairWarmCall {
  private let prefill: Worker
  private let decode: Worker
  private unowned let router: RouterLoop
  private let query: WorkerQuery
  private let timer: any LoopTimer
  private var exchange: Exchange?
  private var status = 0
  private var whenEnded: ((String) -> Void)?

  init(prefill: Worker, decode: Worker, router: RouterLoop) {
    self.prefill = prefill
    self.decode = decode
    self.router = router
    timer = router.loop.makeTimer()
    query = WorkerQuery(
      "/v1/models", of: prefill, on: router.loop, timeout: router.configuration.health.timeout)
  }

  /// Begins; `whenEnded` is called once with what came of it, unless `cancel` comes first.
  func start(whenEnded: @escaping (String) -> Void) {
    precondition(self.whenEnded == nil, "a call is made once")
    self.whenEnded = whenEnded
    timer.arm(after: PairWarmer.timeout, for: self)
    query.put(through: router.pool(of: prefill)) { [weak self] outcome in
      guard let self else { return }
      guard case .answered(200, let body) = outcome, let model = model(in: body) else {
        end("no model's name")
        return
      }
      send(model)
    }
  }

  /// The first model in prefill's list that decode serves too, as far as that is known.
  private func model(in body: UnsafeRawBufferPointer) -> String? {
    guard let known = decode.models, let catalogue = ModelCatalogue(body) else {
      return WorkerAnswer.model(body)
    }
    return catalogue.entries.first { known.takesOthers || known.lists(ModelName.number($0.id)) }?
      .id
  }

  /// Ends it without a word; the engines learn of it as of any client that hangs up: prefill is let
  /// to its end.
  func cancel() {
    whenEnded = nil
    timer.cancel()
    query.cancel()
    hangUp()
  }

  private func send(_ model: String) {
    let exchange = Exchange()
    exchange.body.append("{\"model\":")
    exchange.body.append(jsonString: model)
    exchange.body.append(",\"prompt\":\"warm\",\"max_tokens\":1}")
    exchange.headBytes.append(
      "POST /v1/completions HTTP/1.1\r\nhost: vllm-router\r\ncontent-type: application/json\r\n")
    exchange.headBytes.append("x-request-id: prewarm-\(prefill.id)-\(decode.id)\r\n")
    exchange.headBytes.appendField(name: "content-length", value: exchange.body.count)
    exchange.headBytes.append("\r\n")
    do throws(WireError) {
      var parser = HTTP1RequestParser(limits: HTTP1Limits())
      let length = try parser.parse(exchange.headBytes.bytes, into: &exchange.head)
      precondition(length == exchange.headBytes.count, "our own head is whole")
    } catch {
      preconditionFailure("our own head is proper HTTP: \(error)")
    }
    exchange.receivedAt = router.loop.now
    exchange.transport = self
    self.exchange = exchange
    router.handle(exchange, pinnedTo: (prefill, decode))
  }

  private func end(_ outcome: String) {
    guard let whenEnded else { return }
    self.whenEnded = nil
    withExtendedLifetime(self) {
      timer.cancel()
      whenEnded(outcome)
    }
  }

  private func hangUp() {
    guard let exchange else { return }
    let observer = exchange.observer
    letGo()
    observer?.exchangeDidLoseClient(exchange)
  }

  /// Lets go of the exchange, which is over with that.
  private func letGo() {
    exchange?.observer = nil
    exchange?.transport = nil
    exchange = nil
  }
}

extension PairWarmCall: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    query.cancel()
    // A prefill of one token that takes this long hangs.
    exchange?.letsPrefillEnd = false
    hangUp()
    end("no answer in time")
  }
}

extension PairWarmCall: ExchangeTransport {
  var bufferedByteCount: Int { 0 }

  func bodyWasTaken(_ exchange: Exchange) {}

  func begin(_ exchange: Exchange, status: Int, fields: UnsafeRawBufferPointer, length: Int?) {
    self.status = status
  }

  func write(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer) {}

  func end(_ exchange: Exchange, trailers: UnsafeRawBufferPointer?) {
    letGo()
    end("status \(status)")
  }

  func cut(_ exchange: Exchange) {
    letGo()
    end("answer broke off")
  }

  func corrupt(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer) {
    cut(exchange)
  }
}
