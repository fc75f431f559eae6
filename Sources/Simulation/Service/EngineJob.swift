internal import PDRouter
internal import Vocabulary

/// One request a simulated engine is answering: the client, the answer so far, its faults.
final class EngineJob: ExchangeObserver {
  /// What became of the answer after an event.
  enum Progress {
    case goesOn
    case ended
    /// Cut on purpose; the scheduler need not go on.
    case cut
    /// To be ended by the scheduler with an abort for every choice.
    case aborts
    /// The process is to die now.
    case died
  }

  let exchange: Exchange
  private unowned let engine: SimulatedEngine
  /// The scheduler's name for it, once submitted.
  var id: EngineRequestID?
  /// Whether the answer carries transfer parameters.
  private var exports = false
  /// The name its request goes by.
  let requestID: String
  private var reply: EngineReply
  private let streams: Bool
  private let faults: [EngineFault.Kind]
  private var sentTokens = 0
  private var isAborting = false
  private var bytes = ByteBuffer()

  init(
    exchange: Exchange, engine: SimulatedEngine, reply: EngineReply, request: EngineRequest,
    faults: [EngineFault.Kind]
  ) {
    self.exchange = exchange
    requestID = request.requestID
    streams = request.streams
    self.engine = engine
    self.reply = reply
    self.faults = faults
  }

  /// Begins a stream: head and role chunk leave before any token exists, as vLLM does it.
  func open() -> Progress {
    guard streams, !faults.contains(.stall) else { return .goesOn }
    if faults.contains(.die(.beforeHead)) { return .died }
    begin(status: 200, length: nil)
    if reply.open(into: &bytes) { send() }
    return faults.contains(.die(.afterHead)) ? .died : .goesOn
  }

  func exchangeDidLoseClient(_ exchange: Exchange) {
    engine.abandon(self)
  }

  func exchangeDidDrain(_ exchange: Exchange) {}

  /// Takes an event of the scheduler.
  func take(_ event: EngineEvent) -> Progress {
    if faults.contains(.stall) { return .goesOn }
    if case .token = event {
      if isAborting { return .goesOn }
      if let fault = endingFault { return end(by: fault) }
    }
    var event = event
    if case .finished(let finish) = event {
      // What the scheduler had ended already when the abort came.
      if isAborting { event = .finished(finish.asAborted) }
      if let kv = finish.kv {
        exports = true
        reply.kvInstead = engine.lie(faults, about: kv)
      }
    }
    let outcome = reply.absorb(event, into: &bytes)
    if case .token = event { sentTokens += 1 }
    switch outcome {
    case .nothing: return .goesOn
    case .part:
      send()
      return .goesOn
    case .end: return finish(status: 200)
    case .failed(let status): return finish(status: status)
    }
  }

  private func finish(status: Int) -> Progress {
    if !streams {
      if faults.contains(.die(.beforeHead)) { return .died }
      begin(status: status, length: bytes.count)
      if faults.contains(.die(.afterHead)) { return .died }
    }
    send()
    exchange.observer = nil
    exchange.end()
    return exports && faults.contains(.die(.afterHandle)) ? .died : .ended
  }

  private func begin(status: Int, length: Int?) {
    var fields = ByteBuffer(capacity: 128)
    fields.append("server: uvicorn\r\ncontent-type: ")
    fields.append(status == 200 ? reply.contentType : "application/json")
    fields.append("\r\n")
    exchange.begin(status: status, fields: fields, length: length)
  }

  private func send() {
    exchange.write(bytes.bytes)
    bytes.removeAll(keepingCapacityUpTo: 16 * 1024)
  }

  /// What ends the answer before the next token, if anything.
  private var endingFault: EngineFault.Kind? {
    faults.first { fault in
      switch fault {
      case .die(.afterTokens(let count)), .truncate(let count), .errorEvent(let count),
        .abort(let count):
        sentTokens >= count
      default: false
      }
    }
  }

  private func end(by fault: EngineFault.Kind) -> Progress {
    if case .die = fault { return .died }
    if case .abort = fault {
      isAborting = true
      return .aborts
    }
    exchange.observer = nil
    if !exchange.hasBegun { begin(status: 200, length: 1 << 20) }
    if case .errorEvent = fault, streams {
      EngineRefusal.internalError.writeEvent(to: &bytes)
      bytes.append("data: [DONE]\n\n")
      send()
      exchange.end()
    } else {
      exchange.cut()
    }
    return .cut
  }
}
