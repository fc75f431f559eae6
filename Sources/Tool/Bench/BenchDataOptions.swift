internal import ArgumentParser
internal import Bench
internal import SettingsFile
internal import Vocabulary

/// What the requests of `vllm-router bench` look like.
struct BenchDataOptions: ParsableArguments {
  /// Where they come from.
  enum DatasetName: String, CaseIterable, ExpressibleByArgument {
    case random
    case prefixRepetition = "prefix_repetition"
    case mooncake
    case timedTrace = "timed_trace"
    case azure

    /// Whether there is a file.
    var isTrace: Bool { self == .mooncake || self == .timedTrace || self == .azure }
  }

  @Option(help: "random, prefix_repetition, mooncake (or timed_trace), azure.")
  var datasetName = DatasetName.random

  @Option(help: "The trace: a JSON object a line for mooncake, CSV for azure.")
  var datasetPath: String?

  @Option(help: "How many times faster than it was recorded a trace is replayed.")
  var speed = 1.0

  @Flag(inversion: .prefixedNo, help: "Requests of a trace come at its times.")
  var selfTimed = true

  @Option(
    name: [.customLong("block-tokens"), .customLong("timed-trace-chunk-hash-size")],
    help: "Tokens of a block that hash_ids name.")
  var blockTokens = 512

  @Option(help: "Seconds that a timestamp of 1 means in a trace of JSON lines.")
  var timedTraceSecMultiplier = 0.001

  @Option(
    name: [.customLong("random-input-len"), .customLong("input-len")],
    help: "Tokens of a random prompt behind the common prefix.")
  var randomInputLen = 1024

  @Option(
    name: [.customLong("random-output-len"), .customLong("output-len")],
    help: "Tokens of its answer.")
  var randomOutputLen = 128

  @Option(help: "Both vary evenly by this share, up and down; from 0 to below 1.")
  var randomRangeRatio = 0.0

  @Option(help: "Tokens of a prefix that all random prompts share.")
  var randomPrefixLen = 0

  @Option(help: "Prefixes that prefix_repetition uses in turn.")
  var prefixRepetitionNumPrefixes = 10

  @Option(help: "Tokens of each of them.")
  var prefixRepetitionPrefixLen = 256

  @Option(help: "Tokens behind a prefix.")
  var prefixRepetitionSuffixLen = 256

  @Option(help: "Tokens of an answer of prefix_repetition.")
  var prefixRepetitionOutputLen = 128

  /// A trace's file is held in memory.
  private static let fileLimit = 1 << 30
  /// The longest prompt or answer that can be asked for.
  private static let mostTokens = 1 << 24

  /// What requests look like; reads the trace.
  ///
  /// - Throws: what is wrong with the file, with its line.
  func source() throws -> WorkloadSource {
    switch datasetName {
    case .random:
      return .random(
        prefixTokens: randomPrefixLen, inputTokens: randomInputLen,
        outputTokens: randomOutputLen, rangeRatio: randomRangeRatio)
    case .prefixRepetition:
      return .prefixRepetition(
        prefixes: prefixRepetitionNumPrefixes, prefixTokens: prefixRepetitionPrefixLen,
        suffixTokens: prefixRepetitionSuffixLen, outputTokens: prefixRepetitionOutputLen)
    case .mooncake, .timedTrace, .azure:
      guard let datasetPath else { throw BenchFault("--dataset-path is missing") }
      do {
        let bytes = try TextFile.read(datasetPath, limit: BenchDataOptions.fileLimit)
        let form = datasetName == .azure ? Trace.Form.azure : .mooncake
        let unit = Duration.seconds(timedTraceSecMultiplier)
        let trace = try bytes.withUnsafeBytes {
          try Trace(parsing: $0, as: form, timeUnit: unit)
        }
        return .trace(trace.requests, blockTokens: blockTokens)
      } catch let fault as TraceFault {
        throw BenchFault("\(datasetPath), \(fault)")
      } catch let fault as SettingsFault {
        throw BenchFault("\(datasetPath): \(fault.message)")
      }
    }
  }

  func validate() throws {
    guard datasetName.isTrace == (datasetPath != nil) else {
      throw ValidationError("--dataset-path is for traces, and traces need it")
    }
    guard (1e-6...1e6).contains(speed) else {
      throw ValidationError("--speed must be from 0.000001 to 1000000")
    }
    guard (1e-9...1e6).contains(timedTraceSecMultiplier) else {
      throw ValidationError("--timed-trace-sec-multiplier must be from 0.000000001 to 1000000")
    }
    let counts = [
      randomInputLen, randomPrefixLen, prefixRepetitionPrefixLen, prefixRepetitionSuffixLen,
    ]
    guard counts.allSatisfy({ (0...BenchDataOptions.mostTokens).contains($0) }) else {
      throw ValidationError("lengths must be from 0 to \(BenchDataOptions.mostTokens) tokens")
    }
    let further = [
      randomOutputLen, prefixRepetitionOutputLen, blockTokens, prefixRepetitionNumPrefixes,
    ]
    guard further.allSatisfy({ (1...BenchDataOptions.mostTokens).contains($0) }) else {
      throw ValidationError(
        "lengths of answers and blocks, and the number of prefixes, must be from 1 to "
          + "\(BenchDataOptions.mostTokens)")
    }
    guard randomRangeRatio >= 0, randomRangeRatio < 1 else {
      throw ValidationError("--random-range-ratio must be from 0 to below 1")
    }
  }
}
