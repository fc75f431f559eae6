internal import EventLoop
internal import Glibc
internal import KVTransfer
internal import PDRouter
internal import Simulation
internal import Vocabulary

/// The script of the demo: asks, shows tokens and routes, compares, ends the loop.
final class Demo: RouteObserver {
  /// Whether every answer was the lone engine's.
  private(set) var succeeded = false

  private let fleet: DemoFleet
  private var client: ChatClient?
  private var expected: [String] = []
  private var mistakes = 0
  private var route = ""
  private static let questions = [
    "Why is the sky blue?",
    "Explain how a prefill engine hands its KV cache to a decode engine, step by step.",
  ]

  init(fleet: DemoFleet) {
    self.fleet = fleet
    fleet.split.routeObserver = self
    fleet.single.routeObserver = self
  }

  /// Begins; the rest follows as answers arrive.
  func start() {
    say("Asking one engine directly, to know the right answers ...")
    askDirectly(0)
  }

  private func askDirectly(_ number: Int) {
    guard number < Demo.questions.count else {
      let (prefill, decode) = ("prefill-1 prefill-2", "decode-1 decode-2")
      say("\nThrough prefill and decode pools (\(prefill) | \(decode)), \(fleet.splitAddress):")
      askSplit(0)
      return
    }
    ask(fleet.lone.address, number, shows: false) { answer in
      self.expected.append(answer ?? "")
      self.askDirectly(number + 1)
    }
  }

  private func askSplit(_ number: Int) {
    guard number < Demo.questions.count else {
      say("\nThrough a single pool (engine-1 engine-2), \(fleet.singleAddress):")
      askSingle(0)
      return
    }
    ask(fleet.splitAddress, number, shows: true) { answer in
      self.compare(answer, number)
      self.askSplit(number + 1)
    }
  }

  private func askSingle(_ number: Int) {
    guard number < Demo.questions.count else {
      end()
      return
    }
    ask(fleet.singleAddress, number, shows: true) { answer in
      self.compare(answer, number)
      self.askSingle(number + 1)
    }
  }

  private func ask(
    _ address: HostAndPort, _ number: Int, shows: Bool, then: @escaping (String?) -> Void
  ) {
    let question = Demo.questions[number]
    if shows { say("  > \(question)\n  <", terminator: "") }
    client = ChatClient(loop: fleet.loop, address: address, question: question) { token in
      if shows { self.say(token, terminator: "") }
    } whenDone: { answer in
      if shows { self.say("\n" + self.route) }
      then(answer)
    }
    client?.start()
  }

  private func compare(_ answer: String?, _ number: Int) {
    if answer != expected[number] {
      mistakes += 1
      say("  WRONG: the lone engine said\(expected[number])")
    }
  }

  private func end() {
    say(
      "\n\(2 * Demo.questions.count) answers, \(mistakes) unlike the lone engine's; "
        + "KV handles: \(fleet.split.handleCounts.consumed) consumed, "
        + "\(fleet.split.liveHandles) live, \(fleet.misuses) misused, "
        + "\(fleet.pinnedBlocks) blocks left pinned.")
    succeeded = mistakes == 0 && fleet.misuses == 0 && fleet.split.liveHandles == 0
    fleet.loop.stop()
  }

  /// Notes the route of a request that has ended; shown once its last token is.
  func requestDidEnd(_ record: RouteRecord, requestID: UnsafeRawBufferPointer) {
    func name(_ worker: Worker?) -> String {
      worker.map { fleet.names[$0.url.text] ?? $0.url.text } ?? "-"
    }
    func milliseconds(_ start: Instant?, _ end: Instant?) -> String {
      guard let start, let end else { return "-" }
      let tenths = (end - start).wholeNanoseconds / 100_000
      return "\(tenths / 10).\(tenths % 10) ms"
    }
    let ttft = milliseconds(record.receivedAt, record.firstTokenAt)
    let total = milliseconds(record.receivedAt, record.endedAt)
    guard record.prefillWorker != nil else {
      route =
        "    route: \(name(record.servingWorker)) (\(record.reason)); "
        + "TTFT \(ttft), total \(total)"
      return
    }
    route = """
          route: \(name(record.prefillWorker)) -> \(name(record.servingWorker)) \
      (\(record.reason)); TTFT \(ttft), total \(total)
          KV handle: prefilling \(milliseconds(record.prefillStartedAt, record.prefillEndedAt)), \
      held and dispatched \(milliseconds(record.prefillEndedAt, record.servingStartedAt)), \
      attached and \(record.handleOutcome) \
      \(milliseconds(record.servingStartedAt, record.firstTokenAt)) later
      """
  }

  private func say(_ text: String, terminator: String = "\n") {
    writeText(text + terminator, to: STDOUT_FILENO)
  }
}
