internal import EventLoop
internal import Vocabulary
internal import Wire

/// One keep-alive connection of a run: a request at a time.
///
/// Reads strictly, so that a broken or unfinished answer counts as a failure. Tells its run of
/// every token, and of the end of each request exactly once. Confined to its loop.
final class BenchConnection {
  /// The request under way.
  private(set) var job: BenchJob?
  /// Whether requests can be written.
  private(set) var isOpen = false
  /// What has been seen of the answer.
  private(set) var tally = AnswerTally(wantsText: false)
  /// Times between the answer's tokens, where kept.
  private(set) var gaps: [Duration] = []

  private unowned let run: BenchRun
  private let keepsDetails: Bool
  private let requestTimeout: Duration
  private var stream: (any ByteStream)?
  private var reader = AnswerReader()
  private let timer: any LoopTimer
  /// Whether the stream has come about at all.
  private var wasOpen = false
  /// Requests that were answered over it.
  private var served = 0

  /// A connection whose stream is to be given to `attach`.
  init(for run: BenchRun, on loop: any Loop, plan: BenchPlan) {
    self.run = run
    keepsDetails = plan.keepsDetails
    requestTimeout = plan.requestTimeout
    timer = loop.makeTimer()
  }

  /// Takes the stream that is coming about with this connection as its handler.
  func attach(_ stream: any ByteStream) {
    precondition(self.stream == nil, "a connection has one stream")
    self.stream = stream
  }

  /// Begins a request: the run is asked to write it at once, or when the connection is up.
  func begin(_ job: BenchJob) {
    precondition(self.job == nil, "a connection carries one request at a time")
    self.job = job
    reader.begin(job.purpose == .model ? .get : .post)
    tally = AnswerTally(wantsText: keepsDetails && job.purpose == .measured)
    gaps.removeAll(keepingCapacity: true)
    timer.arm(after: requestTimeout, for: self)
    if isOpen { run.write(job, to: self) }
  }

  /// Writes the bytes of the request.
  func write(_ bytes: UnsafeRawBufferPointer) {
    stream?.write(bytes)
  }

  /// Ends the request under way, if any, without a word, and the connection.
  func abandon() {
    job = nil
    close()
  }

  /// What the answer says in its body, where it is no stream.
  func withBody(_ use: (UnsafeRawBufferPointer) -> Void) { use(reader.bodyBytes) }

  private func close() {
    isOpen = false
    timer.cancel()
    stream?.close()
  }

  private func fail(_ kind: String, _ detail: String = "") {
    end(RequestFailure(kind: kind, detail: detail))
  }

  private func end(_ failure: RequestFailure?, wasConnecting: Bool = false) {
    guard let job else { return }
    self.job = nil
    timer.cancel()
    served += 1
    if failure != nil || !reader.keepsAlive { close() }
    run.connection(self, didEnd: job, failure, wasConnecting: wasConnecting)
  }

  /// The whole answer has come.
  private func judge() {
    if reader.status != 200 {
      return end(RequestFailure.status(reader.status, body: reader.bodyBytes))
    }
    if reader.isStream {
      tally.end()
    } else if job?.purpose != .model {
      tally.take(whole: reader.bodyBytes)
    }
    if let error = tally.error { return fail("error in the answer", error) }
    guard reader.isStream else { return end(nil) }
    guard tally.isDone else { return fail("the stream ended without [DONE]") }
    if tally.firstTokenAt == nil { return fail("the stream had no token") }
    end(nil)
  }
}

extension BenchConnection: ByteStreamHandler {
  func streamDidConnect(_ stream: any ByteStream) {
    isOpen = true
    wasOpen = true
    run.connectionDidOpen(self)
    if let job { run.write(job, to: self) }
  }

  func stream(_ stream: any ByteStream, didRead bytes: UnsafeRawBufferPointer) {
    guard job != nil else { return close() }
    let now = stream.loop.now
    do throws(WireError) {
      let progress = try reader.read(bytes) { event in
        let before = tally.tokenEvents
        let gap = tally.take(event, at: now)
        guard tally.tokenEvents > before else { return }
        if keepsDetails, let gap { gaps.append(gap) }
        run.connection(self, didReceiveTokenAfter: gap, at: now)
      }
      switch progress {
      case .unfinished: break
      case .complete: judge()
      case .broken(let why): fail("bad answer", why)
      }
    } catch {
      fail("bad answer", "\(error)")
    }
  }

  func streamDidReadEnd(_ stream: any ByteStream) {
    if job != nil, reader.readEnd() { judge() }
    // What the request comes to without a whole answer, `streamDidClose` says.
    close()
  }

  func streamDidDrain(_ stream: any ByteStream) {}

  func streamDidClose(_ stream: any ByteStream, reason: StreamCloseReason) {
    let wasConnecting = !wasOpen
    isOpen = false
    self.stream = nil
    timer.cancel()
    if let job {
      // A server may end an idle connection while a request is on its way to it: nobody's fault.
      if served > 0, !reader.hasBytes, !job.isRepeated {
        self.job = nil
        run.connection(self, mustRepeat: job)
      } else {
        end(RequestFailure(reason, whileAnswering: reader.hasBytes), wasConnecting: wasConnecting)
      }
    }
    run.connectionDidClose(self, wasConnecting: wasConnecting)
  }
}

extension BenchConnection: LoopTimerHandler {
  func timerDidFire(_ timer: any LoopTimer) {
    fail("timed out", "no whole answer after \(requestTimeout.inSeconds) s")
  }
}

extension RequestFailure {
  /// A connection that is gone before its answer was complete.
  fileprivate init(_ reason: StreamCloseReason, whileAnswering: Bool) {
    switch reason {
    case .closedHere:
      self.init(kind: whileAnswering ? "the answer was cut off" : "closed without an answer")
    case .failed(.resolutionFailed(let detail)):
      self.init(kind: "the host's name has no address", detail: detail)
    case .failed(.connectTimedOut): self.init(kind: "connecting timed out")
    case .failed(.connectFailed(let detail)), .failed(.bindFailed(let detail)):
      self.init(kind: "cannot connect", detail: detail)
    case .failed(.tlsFailed(let detail)): self.init(kind: "no TLS connection", detail: detail)
    case .failed(.connectionBroken(let detail)):
      self.init(kind: "the connection broke", detail: detail)
    }
  }
}
