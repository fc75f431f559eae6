internal import ArgumentParser
internal import EventLoop
internal import Glibc
internal import Vocabulary

/// `vllm-router demo`: real HTTP requests through both shapes of the router, on simulated engines.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Shows requests routed through simulated engines, with tokens and route.",
    discussion: """
      Starts two prefill, two decode and two whole engines and two routers on free ports of this \
      machine, streams chat requests through them, and compares the answers with one engine's.
      """)

  func run() throws {
    let loop = LibUVLoop()
    let fleet = try DemoFleet(loop: loop)
    let demo = Demo(fleet: fleet)
    demo.start()
    loop.run()
    guard demo.succeeded else { throw ExitCode(1) }
  }
}
