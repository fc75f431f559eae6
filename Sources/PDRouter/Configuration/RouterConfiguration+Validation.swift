internal import Policies
internal import Vocabulary

/// Why a configuration cannot run: every fault found, one sentence each.
public struct ConfigurationFaults: Error, Equatable, CustomStringConvertible {
  /// The faults, in the order of the configuration.
  public let sentences: [String]

  /// Faults, at least one.
  public init(sentences: [String]) {
    precondition(!sentences.isEmpty, "without a fault there is nothing to throw")
    self.sentences = sentences
  }

  /// The faults, a line each.
  public var description: String { sentences.joined(separator: "\n") }
}

extension RouterConfiguration {
  /// Checks the whole configuration.
  ///
  /// - Throws: `ConfigurationFaults` with all faults at once.
  public func validate() throws(ConfigurationFaults) {
    var faults = statedFaults
    faults += workerFaults()
    faults += poolFaults()
    faults += policyFaults()
    faults += rankFaults()
    faults += deciderFaults()
    faults += pairFaults()
    faults += admission.faults
    faults += clients.faults(limits, timeouts)
    faults += tls.faults
    faults += http2.faults
    faults += rangeFaults()
    faults += retries.faults
    faults += timeoutFaults()
    faults += workerProtocol.faults
    faults += startup.faults
    faults += health.faults
    faults += breaker.faults
    guard faults.isEmpty else { throw ConfigurationFaults(sentences: faults) }
  }

  private func workerFaults() -> [String] {
    var faults: [String] = []
    var seen: [Role: [WorkerURL]] = [:]
    for entry in workers {
      do throws(WorkerURL.Fault) {
        let url = try WorkerURL(entry.url)
        if let other = seen[entry.role]?.first(where: { $0.overlaps(url) }) {
          faults.append(
            other == url
              ? "worker '\(url)' is given twice as \(entry.role)"
              : "worker '\(url)' is given as \(entry.role) beside '\(other)'")
        }
        seen[entry.role, default: []].append(url)
      } catch {
        faults.append("worker \(error.message)")
      }
    }
    return faults
  }

  private func poolFaults() -> [String] {
    guard isDisaggregated else {
      return workers.contains { $0.role != .both }
        ? ["--prefill and --decode need --vllm-pd-disaggregation"] : []
    }
    var faults: [String] = []
    for role in [Role.prefill, .decode] where !workers.contains(where: { $0.role == role }) {
      faults.append("PD disaggregation mode requires --\(role)")
    }
    if workers.contains(where: { $0.role == .both }) {
      faults.append("--worker-urls and --vllm-pd-disaggregation exclude each other")
    }
    return faults
  }

  private func rangeFaults() -> [String] {
    var faults: [String] = []
    func need(_ holds: Bool, _ sentence: String) {
      if !holds { faults.append(sentence) }
    }
    need((1...256).contains(loops), "--loops must be from 1 to 256, not \(loops)")
    need(limits.requestBodyBytes > 0, "--max-payload-size must be greater than 0")
    need(limits.tlsHandshakes > 0, "--tls-max-handshakes must be greater than 0")
    need(timeouts.request > .zero, "--request-timeout-secs must be greater than 0")
    need(
      lease.map { $0 > leaseMargin } ?? true,
      "--kv-lease-secs must be greater than its margin of 3 seconds")
    need(loadCheckInterval >= .zero, "--load-check-interval must be 0 or greater")
    need(policySettings.slowStart >= .zero, "--slow-start-secs must be 0 or greater")
    need(
      policySettings.temperature >= 0 && policySettings.temperature.isFinite,
      "--router-temperature must be 0 or greater, not \(policySettings.temperature)")
    return faults
  }
}
