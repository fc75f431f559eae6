import Simulation
import Vocabulary

/// What a storm over sockets is made of: everything but the timing follows from the seed.
struct StormPlan: Sendable {
  var seed: UInt64
  /// Calls in all.
  var callCount = 1000
  /// Clients at once.
  var concurrency = 64
  var prefillCount = 3
  var decodeCount = 4
  /// Of a thousand clients, how many hang up.
  var leavingPerMille = 300
  /// How every client behaves; nil lets each draw its manner.
  var manner: StormManner?
  /// How long a client that leaves soon waits, in milliseconds.
  var delays: Range<Int64> = 0..<16
  /// Whether engines are probed, and ejected for what they fail, as the program does it; else dead
  /// workers stay eligible.
  var isWatched = false
  /// Attempts of one request.
  var attempts = 8
  /// How long a prefill leg may take: hung engines cost a client a second, not minutes.
  var prefillTimeout = Duration.seconds(1)
  /// How long a request may take.
  var requestTimeout = Duration.seconds(4)
  /// The engine that is killed once a quarter of the calls have begun, and stays dead.
  var victim: Int?
  /// Whether the time that handles stay pinned is measured.
  var timesHandles = false
  /// Pause between two misfortunes of engines; nil for a quiet time.
  var misfortunePause: Duration? = .milliseconds(30)
  /// How many times faster than the model engines run.
  var speed = 40.0
  /// Whether engines remember prompts, so that most are computed once.
  var cachesPrefixes = true
  /// After this long a storm is given up.
  var patience: Duration = .seconds(120)
  /// What clients ask; each call draws one.
  var requests = StormPlan.mixedRequests

  init(seed: UInt64) {
    self.seed = seed
  }

  /// Chats and completions, streamed and not, short prompts and one of two engine steps.
  static let mixedRequests: [FleetRequest] = {
    var requests: [FleetRequest] = []
    for number in 0..<6 {
      let prompt = "story number \(number) about the sea and what lies beyond it"
      requests.append(.chat(prompt, maxTokens: 4 + number))
      requests.append(.chat(prompt, maxTokens: 6 + number * 2, streams: true))
      requests.append(.completion(prompt, maxTokens: 3 + number, streams: number % 2 == 0))
    }
    requests.append(.completion(longPrompt, maxTokens: 5, streams: true))
    return requests
  }()

  /// More than one step of a prefill engine: such a leg is cut when its client leaves.
  static let longPrompt = String(repeating: "long ago ", count: 1100)
}
