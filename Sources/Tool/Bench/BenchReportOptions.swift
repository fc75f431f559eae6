internal import ArgumentParser
internal import Bench

/// What `vllm-router bench` reports, and where.
struct BenchReportOptions: ParsableArguments {
  @Option(
    help: """
      Times reported, of ttft, tpot, itl, e2el, client_queue_time, e2el_including_client_queue \
      (ttft,tpot,itl; e2el with --no-stream).
      """)
  var percentileMetrics: String?

  @Option(help: "Percentiles reported, from 0 to 100, with commas.")
  var metricPercentiles = "99"

  @Option(
    parsing: .upToNextOption,
    help: "Goals in ms that a good request keeps: ttft:200 tpot:50 e2el:3000.")
  var goodput: [String] = []

  @Flag(help: "Writes the result as JSON, with the keys of vllm bench serve.")
  var saveResult = false

  @Flag(help: "Adds each request's times, text and error to the result.")
  var saveDetailed = false

  @Option(help: "The folder for the result; made where it is missing.")
  var resultDir: String?

  @Option(help: "The result's name; without it, made of label, rate, model and date.")
  var resultFilename: String?

  @Option(help: "A name for the run, in the result.")
  var label: String?

  @Option(
    parsing: .upToNextOption, help: "Members of your own in the result, NAME=VALUE (several).")
  var metadata: [String] = []

  @Option(help: "Draws the run's timeline into this file (SVG).")
  var plot: String?

  @Flag(help: "Shows no progress.")
  var disableTqdm = false

  /// The times reported.
  ///
  /// - Throws: a name that is none.
  func metrics(streams: Bool) throws -> [LatencyMetric] {
    let names = percentileMetrics ?? (streams ? "ttft,tpot,itl" : "e2el")
    return try names.split(separator: ",").map { name in
      guard let metric = LatencyMetric(rawValue: String(name)) else {
        let known = LatencyMetric.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--percentile-metrics: '\(name)' is none of \(known)")
      }
      return metric
    }
  }

  /// The percentiles reported.
  ///
  /// - Throws: what is no share.
  func percentiles() throws -> [Double] {
    try metricPercentiles.split(separator: ",").map { text in
      guard let share = Double(text), (0...100).contains(share) else {
        throw ValidationError("--metric-percentiles: '\(text)' is not from 0 to 100")
      }
      return share
    }
  }

  /// The members of the user's own.
  ///
  /// - Throws: what is not NAME=VALUE.
  func ownMembers() throws -> [(name: String, value: String)] {
    try metadata.map { text in
      guard let mark = text.firstIndex(of: "=") else {
        throw ValidationError("--metadata '\(text)' is not NAME=VALUE")
      }
      return (String(text[..<mark]), String(text[text.index(after: mark)...]))
    }
  }

  /// The goals.
  ///
  /// - Throws: what is no goal.
  func goals() throws -> Goodput {
    do throws(Goodput.Fault) {
      return try Goodput(goodput)
    } catch {
      throw ValidationError("--goodput: \(error)")
    }
  }

  func validate() throws {
    _ = try (metrics(streams: true), percentiles(), ownMembers(), goals())
  }
}
