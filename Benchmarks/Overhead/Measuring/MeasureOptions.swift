internal import ArgumentParser
internal import Vocabulary

/// What is measured, and how long.
struct MeasureOptions: ParsableArguments {
  @Option(help: "Turns of each target in each case.")
  var rounds = 5

  @Option(help: "Seconds measured in each turn.")
  var seconds = 3.0

  @Option(help: "Seconds of load before measuring in each turn.")
  var warmUp = 0.5

  @Option(help: "Connections of closed loops with whole answers.")
  var connections = 64

  @Option(help: "Bytes of a request's body.")
  var bodyBytes = 512

  @Option(help: "Bytes of a whole answer's body.")
  var answerBytes = 512

  @Option(help: "Requests per second of the latency case.")
  var rate = 500.0

  @Option(help: "Streams open at a time in the streams case.")
  var streams = 256

  @Option(help: "Milliseconds between the events of a stream in the streams case.")
  var eventMs = 20

  @Option(help: "Streams of the open-streams case.")
  var openStreams = 1000

  @Option(help: "Events of each stream of the open-streams case, one a second.")
  var openStreamEvents = 20

  @Option(help: ArgumentHelp("Measure only this case; repeatable.", valueName: "name"))
  var only: [BenchmarkCase] = []

  @Option(help: "What answers behind the routers.")
  var engines = EngineKind.canned

  @Option(help: "Number of engines (of each role in the pd case).")
  var engineCount: UInt16 = 2

  @Option(help: "The router's program; next to this one unless told.")
  var router: String?

  @Option(
    parsing: .unconditionalSingleValue, help: "A further argument for our router; repeatable.")
  var routerArgument: [String] = []

  @Option(help: "Core that our router is bound to.")
  var routerCore: Int?

  @Option(help: "Core that the load and the backend are bound to.")
  var loadCore: Int?

  @Option(help: "A backend already running: then none is started; repeatable, with peers.")
  var backend: [String] = []

  @Option(help: "A running prefill backend; repeatable.")
  var prefill: [String] = []

  @Option(help: "A running decode backend; repeatable.")
  var decode: [String] = []

  @Option(help: ArgumentHelp("Another proxy before the same backends.", valueName: "name=url:pid"))
  var peer: [String] = []

  @Option(
    help: ArgumentHelp("The same with prefill and decode apart.", valueName: "name=url:pid"))
  var pdPeer: [String] = []

  @Flag(help: "Leave our router out.")
  var withoutRouter = false

  @Option(help: "Write every value to this file too.")
  var json: String?

  /// The cases asked for, in their order; all when none is named.
  var cases: [BenchmarkCase] {
    only.isEmpty ? BenchmarkCase.allCases : BenchmarkCase.allCases.filter { only.contains($0) }
  }

  func validate() throws {
    guard rounds > 0, seconds > 0, warmUp >= 0, connections > 0, streams > 0, rate > 0,
      openStreams > 0, openStreamEvents > 0, bodyBytes > 0, answerBytes > 0, eventMs >= 0,
      engineCount > 0, seconds < 3600, warmUp < 3600
    else { throw ValidationError("Numbers must be greater than 0.") }
    for text in peer + pdPeer where Target(peer: text) == nil {
      throw ValidationError("'\(text)' is not NAME=http://HOST:PORT:PID.")
    }
    for text in backend + prefill + decode where Target.address(text) == nil {
      throw ValidationError("'\(text)' is not http://HOST:PORT.")
    }
    for core in [routerCore, loadCore] {
      guard let core, !(0..<1024).contains(core) else { continue }
      throw ValidationError("Cores are numbered from 0.")
    }
    guard prefill.isEmpty == decode.isEmpty else {
      throw ValidationError("--prefill and --decode go together.")
    }
  }
}

extension BenchmarkCase: ExpressibleByArgument {}
extension EngineKind: ExpressibleByArgument {}
