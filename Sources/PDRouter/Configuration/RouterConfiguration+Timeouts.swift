internal import Vocabulary

// How long things may take.
extension RouterConfiguration {
  /// What is wrong with the time-outs, a sentence each.
  func timeoutFaults() -> [String] {
    var faults: [String] = []
    func need(_ holds: Bool, _ sentence: String) {
      if !holds { faults.append(sentence) }
    }
    need(timeouts.connect > .zero, "--connect-timeout-secs must be greater than 0")
    need(
      timeouts.tlsHandshake > .zero, "--tls-handshake-timeout-secs must be greater than 0")
    need(timeouts.firstByte >= .zero, "--first-byte-timeout-secs must be 0 or greater")
    need(timeouts.streamIdle >= .zero, "--stream-idle-timeout-secs must be 0 or greater")
    need(timeouts.prefill > .zero, "--prefill-timeout-secs must be greater than 0")
    need(timeouts.workerIdle >= .zero, "--pool-idle-timeout-secs must be 0 or greater")
    return faults
  }
}
