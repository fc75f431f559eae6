internal import EventLoop
internal import Vocabulary
internal import Wire

// The way out: answers as bytes, refusals, and the end of the connection.
extension HTTP1FrontendConnection: ExchangeTransport, ChunkWriter {
  var bufferedByteCount: Int { stream.bufferedByteCount }

  func begin(_ exchange: Exchange, status: Int, fields: UnsafeRawBufferPointer, length: Int?) {
    frontend.headScratch.removeAll()
    frontend.headScratch.appendStatusLine(status)
    frontend.headScratch.append(fields)
    frontend.headScratch.append(exchange.ownFields.bytes)
    frontend.crossOrigin?.append(
      to: &frontend.headScratch, for: exchange.head, base: exchange.headBytes.bytes)
    let announces = frame(status, exchange.head, length)
    // Whether the client will send all of its body after it has its answer is anyone's guess.
    if frontend.isDraining || isReceivingBody { keepsAlive = false }
    frontend.headScratch.append(upTo: HTTP1FrontendConnection.framingRoom) { pen in
      if announces, let length {
        pen.put("content-length: ")
        pen.put(decimal: length)
        pen.put("\r\n")
      }
      if case .chunked = framing { pen.put("transfer-encoding: chunked\r\n") }
      if !keepsAlive {
        pen.put("connection: close\r\n")
      } else if exchange.head.isHTTP10 {
        pen.put("connection: keep-alive\r\n")
      }
      pen.put("\r\n")
    }
    writtenByteCount = stream.bufferedByteCount &+ frontend.headScratch.count
    takenByteCount = 0
    stream.write(frontend.headScratch.bytes)
    frontend.handler.didAnswer(exchange, status: status)
    takenAt = frontend.now
    // Until then the timer is the body's.
    if !isReceivingBody { watchAnswer() }
  }

  /// More than the lines of framing and connection need.
  private static let framingRoom = 128

  /// Decides how the body is delimited; whether its length is told.
  private func frame(_ status: Int, _ head: borrowing RequestHead, _ length: Int?) -> Bool {
    if status == 204 || status == 304 || head.method == .head {
      framing = .suppressed
      return status != 204
    }
    if length != nil {
      framing = .length
    } else if head.isHTTP10 {
      framing = .untilClose
      keepsAlive = false
    } else {
      framing = .chunked
    }
    return true
  }

  /// Looks now and then whether the client takes the answer that is under way.
  func watchAnswer() {
    timer.arm(after: frontend.stallLook, for: self)
  }

  func write(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0 else { return }
    writtenByteCount &+= bytes.count
    switch framing {
    case .suppressed: return
    case .length, .untilClose: stream.write(bytes)
    case .chunked:
      frontend.headScratch.removeAll()
      frontend.headScratch.appendChunkHead(size: bytes.count)
      writtenByteCount &+= frontend.headScratch.count &+ 2
      let lineEnd: StaticString = "\r\n"
      withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: 3) { pieces in
        pieces[0] = frontend.headScratch.bytes
        pieces[1] = bytes
        pieces[2] = UnsafeRawBufferPointer(start: lineEnd.utf8Start, count: 2)
        stream.write(gathering: UnsafeBufferPointer(pieces))
      }
    }
  }

  var chunkWriter: (any ChunkWriter)? { framing == .chunked ? self : nil }

  func writeChunks(_ bytes: UnsafeRawBufferPointer, isAll: Bool) -> Int {
    precondition(framing == .chunked, "another framing would give chunks away as body")
    writtenByteCount &+= bytes.count
    if isAll { return stream.writeThrough(bytes) }
    stream.write(bytes)
    return stream.bufferedByteCount
  }

  func end(_ exchange: Exchange, trailers: UnsafeRawBufferPointer?) {
    if case .chunked = framing { writeLastChunk(exchange, trailers) }
    letGo(of: exchange)
    // An answer whose head promised keep-alive may end while draining: it was the last all the
    // same.
    guard keepsAlive, !frontend.isDraining else {
      linger()
      return
    }
    state = .idle
    watchTaking(again: frontend.timeouts.clientIdle)
    if !isProcessing, !inbox.isEmpty { processInbox() }
  }

  private func writeLastChunk(_ exchange: Exchange, _ trailers: UnsafeRawBufferPointer?) {
    frontend.headScratch.removeAll()
    if let trailers, exchange.takesTrailers {
      frontend.headScratch.append("0\r\n")
      frontend.headScratch.append(trailers)
      frontend.headScratch.append("\r\n")
    } else {
      frontend.headScratch.appendLastChunk()
    }
    stream.write(frontend.headScratch.bytes)
  }

  func cut(_ exchange: Exchange) {
    letGo(of: exchange)
    state = .closed
    // What was relayed may still be read; the missing end says that it is not all. Without framing
    // only a reset can say so.
    if case .untilClose = framing { stream.reset() } else { stream.closeAfterFlush() }
  }

  func corrupt(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer) {
    letGo(of: exchange)
    state = .closed
    stream.write(bytes)
    stream.closeAfterFlush()
  }

  private func letGo(of exchange: Exchange) {
    precondition(self.exchange === exchange, "an exchange ends once, on its own connection")
    self.exchange = nil
    isReceivingBody = false
    exchange.letGo()
    frontend.giveBack(exchange)
  }

  func refuseBody() {
    refuse(status: 413, frontend.largeBodyMessage)
  }

  /// Answers what is no acceptable request, and gives up the connection.
  func refuse(status: Int, _ message: String) {
    let body = frontend.beginRefusal(status: status, message)
    frontend.headScratch.appendStatusLine(status)
    frontend.headScratch.append("content-type: application/json\r\nconnection: close\r\n")
    frontend.appendRefusalFields(for: exchange)
    frontend.headScratch.appendField(name: "content-length", value: body.count)
    frontend.headScratch.append("\r\n")
    stream.write(frontend.headScratch.bytes)
    stream.write(body.bytes)
    exchange = nil
    linger()
  }

  /// Sends our end and reads on for a while, so that a reset does not overtake the answer.
  func linger() {
    state = .lingering
    inbox.releaseMemory()
    stream.finishWriting()
    if isPaused { stream.resumeReading() }
    watchTaking(again: frontend.timeouts.linger)
  }
}

// MARK: - Deadlines

extension HTTP1FrontendConnection: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    switch state {
    case .idle: closeUnlessTaking(again: frontend.timeouts.clientIdle)
    case .lingering: closeUnlessTaking(again: frontend.timeouts.linger)
    case .readingHead, .readingBody: refuse(status: 408, Frontend.slowMessage)
    case .answering where isReceivingBody && !isPaused:
      if stopReceivingBody() { refuse(status: 408, Frontend.slowMessage) }
    case .answering: closeIfStalled()
    case .closed: break
    }
  }

  /// Closes an answer under way of which the client has taken nothing for `answerStall`, looking
  /// four times as often.
  private func closeIfStalled() {
    guard exchange?.hasBegun == true else { return }
    let left = stream.bufferedByteCount
    let taken = writtenByteCount &- left
    if left == 0 || taken != takenByteCount {
      takenByteCount = taken
      takenAt = frontend.now
    }
    guard frontend.now - takenAt < frontend.timeouts.answerStall else { return closeNow() }
    watchAnswer()
  }

  /// Looks again after `delay` whether the client has taken the last answer.
  private func watchTaking(again delay: Duration) {
    untakenByteCount = stream.bufferedByteCount
    takenAt = frontend.now
    timer.arm(after: delay, for: self)
  }

  /// Closes, unless the client is still taking the last answer: it may go on as long as it takes
  /// something within `answerStall`.
  private func closeUnlessTaking(again delay: Duration) {
    let left = stream.bufferedByteCount
    let now = frontend.now
    if left < untakenByteCount {
      untakenByteCount = left
      takenAt = now
    }
    guard left > 0, now - takenAt < frontend.timeouts.answerStall else {
      closeNow()
      return
    }
    timer.arm(after: delay, for: self)
  }
}
