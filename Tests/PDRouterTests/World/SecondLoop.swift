import EventLoop
import Simulation
import Vocabulary

@testable import PDRouter

/// Another loop of a world's router: the same workers, its own requests and ledger.
final class SecondLoop {
  let router: RouterLoop
  let metrics = LoopMetrics()
  let address = HostAndPort(host: "router-2", port: 80)
  private let world: RouterWorld

  init(of world: RouterWorld) {
    self.world = world
    let host = world.world.makeHost(address.host)
    router = RouterLoop(
      loop: host.loop, configuration: world.router.configuration, registry: world.registry,
      metrics: metrics, seed: 2, loops: world.router.loops, number: 1,
      policyMemory: world.router.policyMemory, gate: world.router.admission.gate)
    do throws(StreamError) {
      try router.listen(on: address, sharesPort: false)
    } catch {
      preconditionFailure("\(error)")
    }
    host.loop.handler = MailReader(router)
  }

  deinit {
    router.loop.handler = nil
    router.abort()
  }

  /// A client of this loop that begins its script now.
  func client(_ steps: ClientScript.Step...) -> SimulatedClient {
    SimulatedClient(on: world.clientHost.loop, to: address, ClientScript(steps))
  }
}
