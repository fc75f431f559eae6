import EventLoop
import Glibc
import Testing
import Vocabulary

@Suite struct DescriptorLimitTests {
  /// Lowers the limit so that no descriptor is left beyond those open now.
  static func takeAllDescriptors() -> [Int32] {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(7), &limit)
    limit.rlim_cur = 64
    setrlimit(__rlimit_resource_t(7), &limit)
    var taken: [Int32] = []
    while case let descriptor = dup(0), descriptor >= 0 { taken.append(descriptor) }
    return taken
  }

  @Test func `without descriptors connections are turned away and counted, and service goes on`()
    async
  {
    await #expect(processExitsWith: .success) {
      let harness = LoopHarness()
      let loop = harness.loop
      let peer = try harness.listen { stream in
        stream.handler = Recorder()
        stream.write("served")
        stream.closeAfterFlush()
      }
      // Three callers wait in the kernel's queue before the descriptors run out.
      let callers = [
        try RawSocket.connected(to: peer.port).release(),
        try RawSocket.connected(to: peer.port).release(),
        try RawSocket.connected(to: peer.port).release(),
      ]
      var taken = DescriptorLimitTests.takeAllDescriptors()
      var failures = 0
      let timer = loop.makeTimer()
      let late = Recorder()
      late.onEnd = { $0.close() }
      late.onClose = { _, _ in loop.stop() }
      timer.arm(
        after: .milliseconds(50),
        for: TimerAction {
          // The test's own process may have freed a descriptor behind our back.
          let accepted = loop.counters.acceptedStreams
          guard loop.counters.failedAccepts + accepted == 3, accepted < 2 else { exit(2) }
          failures = 3 - accepted
          for descriptor in taken { close(descriptor) }
          taken = []
          harness.connect(to: peer, late)
        })
      let before = clock()
      harness.run()
      // POSIX: a million clocks a second.
      let spentSeconds = (clock() - before) / 1_000_000
      // A caller turned away sees an end or a reset, and not a byte.
      let answers = callers.map { RawSocket(descriptor: $0).readToEnd() ?? [] }
      guard answers.count(where: \.isEmpty) == failures else { exit(3) }
      guard late.receivedText == "served", loop.counters.failedAccepts == failures else { exit(4) }
      exit(spentSeconds < 1 ? 0 : 5)
    }
  }

  @Test func `without even the spare descriptor it pauses instead of spinning, and recovers`() async
  {
    await #expect(processExitsWith: .success) {
      let harness = LoopHarness()
      let loop = harness.loop
      let peer = try harness.listen { stream in
        stream.write("served")
        stream.closeAfterFlush()
      }
      let caller = try RawSocket.connected(to: peer.port)
      // A limit under the number of open descriptors: even the one given up cannot be had again.
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(7), &limit)
      let before = limit
      limit.rlim_cur = 3
      setrlimit(__rlimit_resource_t(7), &limit)
      let timer = loop.makeTimer()
      timer.arm(
        after: .milliseconds(350),
        for: TimerAction {
          let failures = loop.counters.failedAccepts
          guard failures >= 2, failures <= 5 else { exit(2) }
          var restored = before
          setrlimit(__rlimit_resource_t(7), &restored)
          timer.arm(after: .milliseconds(300), for: TimerAction { loop.stop() })
        })
      harness.run()
      guard loop.counters.acceptedStreams == 1 else { exit(3) }
      exit(caller.readToEnd() == Array("served".utf8) ? 0 : 4)
    }
  }

  @Test func `a connection for which no descriptor is left fails by name`() async {
    await #expect(processExitsWith: .success) {
      let harness = LoopHarness()
      let client = Recorder()
      let peer = try harness.listen { $0.close() }
      let taken = DescriptorLimitTests.takeAllDescriptors()
      harness.stopWhenClosed(client)
      harness.connect(to: peer, client)
      harness.run()
      let isNamed = client.closeReasons == [.failed(.connectFailed(detail: "EMFILE"))]
      exit(isNamed && !taken.isEmpty ? 0 : 1)
    }
  }
}
