internal import ArgumentParser
internal import Bench
internal import Vocabulary

/// How many requests `vllm-router bench` sends, and when.
struct BenchLoadOptions: ParsableArguments {
  @Option(help: "Requests; without it 1000, or all of a trace, or as many as --duration lets.")
  var numPrompts: Int?

  @Option(help: "Seconds after which no more requests are sent; those under way are waited for.")
  var duration: Double?

  @Option(help: "Most requests at a time; with no rate this is a closed loop.")
  var maxConcurrency: Int?

  @Option(help: "Requests a second (inf: each as soon as it may be sent).")
  var requestRate = Double.infinity

  @Option(help: "Shape of the gaps at a rate: 1 Poisson, less in bursts, more steadier, inf even.")
  var burstiness = 1.0

  @Option(help: "At a rate, latencies count from when a request was due, or was sent.")
  var latencyFrom = BenchPlan.Start.due

  @Option(help: "The same seed makes the same requests at the same times.")
  var seed: UInt64 = 0

  @Option(help: "Requests before the run that are not measured.")
  var numWarmups = 0

  @Option(
    help: "For so many seconds the first request is tried again until the server answers it.")
  var readyCheckTimeoutSec = 0.0

  @Flag(inversion: .prefixedNo, help: "Sends one request ahead and stops if it fails.")
  var readyCheck = true

  @Option(help: "Seconds for one answer.")
  var requestTimeoutSecs = 21_600.0

  /// Most requests of a run, so that what is kept of them fits into memory.
  static let mostRequests = 10_000_000

  func validate() throws {
    guard (1...BenchLoadOptions.mostRequests).contains(numPrompts ?? 1) else {
      throw ValidationError("--num-prompts must be from 1 to \(BenchLoadOptions.mostRequests)")
    }
    guard (1...1_000_000).contains(maxConcurrency ?? 1) else {
      throw ValidationError("--max-concurrency must be from 1 to 1000000")
    }
    guard requestRate > 0, requestRate == .infinity || (1e-6...1e6).contains(requestRate) else {
      throw ValidationError("--request-rate must be from 0.000001 to 1000000, or inf")
    }
    guard burstiness > 0 else { throw ValidationError("--burstiness must be above 0") }
    guard (0.001...1e7).contains(duration ?? 1) else {
      throw ValidationError("--duration must be from 0.001 to 10000000 seconds")
    }
    guard (0...1_000_000).contains(numWarmups) else {
      throw ValidationError("--num-warmups must be from 0 to 1000000")
    }
    guard (0...1e6).contains(readyCheckTimeoutSec), (0.001...1e6).contains(requestTimeoutSecs)
    else {
      throw ValidationError("times must be above 0 and at most 1000000 seconds")
    }
  }
}

extension BenchPlan.Start: ExpressibleByArgument {}
