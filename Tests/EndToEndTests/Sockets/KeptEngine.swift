import Simulation
import Vocabulary

/// An engine that lives on a thread of its own, an `EngineThread`.
protocol KeptEngine: AnyObject {
  /// Where it listens.
  var address: HostAndPort { get }

  /// Closes everything.
  func stop()
}

extension SimulatedEngine: KeptEngine {
  func stop() { kill() }
}
