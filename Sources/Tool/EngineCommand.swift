public import ArgumentParser
internal import EventLoop
internal import Glibc
internal import PDRouter
internal import Simulation
public import Vocabulary

/// `vllm-router engine`: a simulated vLLM engine on a real port.
struct EngineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine",
    abstract: "Runs a simulated vLLM engine on a real port.",
    discussion: """
      Its answers depend on every prompt token, so a mistake of routing shows in the text. \
      POST /fault sets what goes wrong; GET /metrics tells what it saw (sim:kv_double_use_total …).
      """)

  @Option(help: "Address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "Port to listen on; 0 takes a free one and prints it.")
  var port: UInt16 = 0

  @Option(help: "Port for other engines (KV); 0 takes a free one.")
  var sideChannelPort: UInt16 = 0

  @Option(help: "prefill, decode or both; matters to a bootstrap port and to SGLang.")
  var role = Role.both

  @Option(help: "nixl, nixl-push, mooncake, moriio-read, moriio-write or sglang.")
  var kvConnector = EngineConnector.nixlPull

  @Option(help: "Data-parallel ranks behind its port, each with a KV cache of its own.")
  var dataParallelSize = 1

  @Option(
    help: "Port of the bootstrap server of Mooncake or SGLang; 0 takes a free one.")
  var bootstrapPort: UInt16 = 8998

  @Option(help: "Name of the model it serves.")
  var model = "tiny"

  @Option(help: "Prompt tokens computed per second.")
  var prefillTokensPerSecond = 8000.0

  @Option(help: "Milliseconds of a decode step.")
  var decodeStepMs = 6.0

  @Option(help: "Further milliseconds of a decode step for each request in it.")
  var decodeStepPerRequestMs = 0.35

  @Option(help: "Most tokens one step computes.")
  var chunkTokens = 2048

  @Option(help: "Most requests in one batch.")
  var maxRunning = 256

  @Option(help: "Tokens that the KV cache holds.")
  var kvTokens = 524_288

  @Option(help: "Tokens per KV block.")
  var blockTokens = 16

  @Option(help: "Longest prompt and answer together, in tokens.")
  var maxModelLength = 131_072

  @Option(help: "Seconds for which KV is kept for a decode engine.")
  var leaseSecs = 30.0

  @Option(help: "How many times faster than the model everything runs.")
  var speed = 1.0

  @Option(help: "Seed of its dice.")
  var seed: UInt64 = 0

  @Option(help: "A certificate (PEM), to be reached over https.")
  var tlsCertPath: String?

  @Option(help: "Its private key (PEM).")
  var tlsKeyPath: String?

  @Option(help: "Authorities of clients (PEM): who shows no certificate of theirs is refused.")
  var tlsClientCaPath: String?

  @Option(help: "Faults from the start, as the JSON that POST /fault takes.")
  var faults: String?

  func run() throws {
    let loop = LibUVLoop()
    let engine = try SimulatedEngine(
      loop: loop, configuration: engineConfiguration(),
      listen: HostAndPort(host: host, port: port), created: Int(time(nil)), security: security())
    if let faults { try engine.setFaults(json: faults) }
    engine.whenDead = { Glibc.exit(1) }
    let stopper = SignalStopper()
    loop.handler = stopper
    for signal in [SIGINT, SIGTERM] { loop.watchSignal(signal) }
    let bootstrap = kvConnector.hasBootstrap(role)
    let rest = bootstrap ? ", bootstrap port \(engine.configuration.bootstrapPort)" : ""
    let scheme = tlsCertPath == nil ? "http" : "https"
    writeLine("engine \(role.rawValue) on \(scheme)://\(engine.address)\(rest)", to: STDOUT_FILENO)
    loop.run()
  }

  /// TLS for its clients, where it has a certificate.
  private func security() throws -> TransportSecurity? {
    guard let tlsCertPath, let tlsKeyPath else { return nil }
    var settings = TLSSettings()
    settings.certificatePaths = [tlsCertPath]
    settings.keyPaths = [tlsKeyPath]
    settings.clientAuthoritiesPath = tlsClientCaPath
    return try TransportSecurity(settings)
  }

  private func engineConfiguration() -> EngineConfiguration {
    var configuration = EngineConfiguration(engineID: EngineIdentity.make())
    configuration.model = model
    configuration.role = role
    configuration.connector = kvConnector
    configuration.dataParallelSize = dataParallelSize
    configuration.bootstrapPort = bootstrapPort
    configuration.sideChannelHost = host
    configuration.sideChannelPort = sideChannelPort
    configuration.cost.prefillTokensPerSecond = prefillTokensPerSecond
    configuration.cost.decodeStepBase = .nanoseconds(Int64(decodeStepMs * 1e6))
    configuration.cost.decodeStepPerRequest = .nanoseconds(Int64(decodeStepPerRequestMs * 1e6))
    configuration.cost.chunkTokens = chunkTokens
    configuration.cost.maxRunning = maxRunning
    configuration.cost.kvTokens = kvTokens
    configuration.cost.blockTokens = blockTokens
    configuration.cost.speed = speed
    configuration.maxModelLength = min(maxModelLength, kvTokens / blockTokens * blockTokens)
    configuration.lease = .nanoseconds(Int64(leaseSecs * 1e9))
    configuration.seed = seed
    return configuration
  }

  func validate() throws {
    guard (tlsCertPath == nil) == (tlsKeyPath == nil), tlsClientCaPath == nil || tlsKeyPath != nil
    else { throw ValidationError("--tls-cert-path and --tls-key-path need each other.") }
    guard prefillTokensPerSecond > 0, speed > 0, decodeStepMs >= 0, decodeStepPerRequestMs >= 0,
      chunkTokens > 0, maxRunning > 0, blockTokens > 0, kvTokens >= blockTokens, leaseSecs > 0
    else { throw ValidationError("Rates and sizes must be greater than 0, times not below 0.") }
    guard (1...64).contains(dataParallelSize), dataParallelSize == 1 || kvConnector.knowsRanks
    else {
      throw ValidationError(
        "--data-parallel-size must be from 1 to 64, and is for nixl, nixl-push and mooncake.")
    }
  }
}

extension Role: ExpressibleByArgument {}
extension EngineConnector: ExpressibleByArgument {}

/// Ends a loop at the first signal.
final class SignalStopper: LoopHandler {
  func loopDidWake(_ loop: any Loop) {}

  func loop(_ loop: any Loop, didReceiveSignal number: Int32) {
    loop.stop()
  }
}

/// Names of engine incarnations: another one at every start, as vLLM's are.
enum EngineIdentity {
  /// A random UUID (version 4).
  static func make() -> String {
    let high = UInt64.random(in: .min ... .max) & ~0xF000 | 0x4000
    let low = UInt64.random(in: .min ... .max) & ~(0b11 << 62) | 0b10 << 62
    let digits = hexadecimal(high) + hexadecimal(low)
    var text = ""
    for (place, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(place) { text += "-" }
      text.append(digit)
    }
    return text
  }

  private static func hexadecimal(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
