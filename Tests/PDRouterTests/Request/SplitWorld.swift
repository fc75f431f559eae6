import KVTransfer
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// What prefill engines answer in tests of split requests, and what decode is given of it.
enum SplitWorld {
  /// A prefill answer's parameters, which name the engine.
  static func parameters(_ engine: Int) -> String {
    let names = #""remote_engine_id":"e\#(engine)","remote_request_id":"r0""#
    let place = #""remote_host":"h","remote_port":5600,"remote_block_ids":[1,2]"#
    return #"{"do_remote_prefill":true,\#(names),\#(place)}"#
  }

  /// A prefill engine's whole answer.
  static func prefilled(_ engine: Int) -> String {
    RouterWorld.answer(#"{"kv_transfer_params":\#(parameters(engine))}"#)
  }

  /// Which engine's parameters a decode request carries.
  static func origin(_ request: ScriptedEngine.Request) -> Int? {
    (0...2).first { request.body.contains(#""kv_transfer_params":\#(parameters($0))"#) }
  }
}

extension RouterWorld {
  /// Whether the leg that `worker` got as number `leg` has lost its connection.
  func hasLost(_ leg: Int, at worker: Int) -> Bool {
    let engine = engines[worker]
    return engine.connections[engine.legs[leg].connection].closedAt != nil
  }

  /// Starts a request of a client that stays.
  func begin(_ text: String) -> SimulatedClient { client(.text(text)) }

  /// What `client` was answered last.
  func answer(to client: SimulatedClient) -> HTTPAnswer? {
    HTTPAnswer.all(in: client.record.bytes).last
  }
}

/// A router for `prefill` and then `decode` engines; round robin begins with the first of each.
func makeSplitWorld(
  prefill: Int = 2, decode: Int = 2, details: [Int: WorkerDetails] = [:],
  _ configure: (inout RouterConfiguration) -> Void = { _ in }
) -> RouterWorld {
  let roles =
    Array(repeating: Role.prefill, count: prefill) + Array(repeating: Role.decode, count: decode)
  let world = RouterWorld(roles, details: details, configure: configure)
  for number in 0..<prefill {
    world.engines[number].script = { _ in [.send(SplitWorld.prefilled(number))] }
  }
  return world
}

extension ScriptedEngine {
  /// The requests that are legs of clients' requests.
  var legs: [Request] { requests.filter { $0.head[0].hasPrefix("POST") && !$0.isRelease } }
}

extension ScriptedEngine.Request {
  /// Whether the release desk sent it to give a handle back.
  var isRelease: Bool {
    let isDropped =
      body.contains(#","max_tokens":1,"kv_transfer_params":{"#)
      && (body.contains(#""prompt":[0]"#) || body.contains(#""content":"0"}]"#))
    return isDropped || head[0].contains("/abort_request")
  }

  /// The first value of a member `name` of the body, wherever that is: a string or a number.
  func value(of name: String) -> String? {
    let parts = body.components(by: "\"\(name)\":")
    guard parts.count > 1 else { return nil }
    let quoted = parts[1].hasPrefix("\"")
    let rest = quoted ? String(parts[1].dropFirst()) : parts[1]
    return String(rest.prefix { quoted ? $0 != "\"" : !",}".contains($0) })
  }
}

extension RouterWorld {
  /// What engines were sent to give handles back.
  var releases: [ScriptedEngine.Request] { engines.flatMap(\.requests).filter(\.isRelease) }

  /// Lets it be known of every prefill engine who it is, as an answer or a bootstrap server tells.
  func introducePrefills() {
    for (number, worker) in registry.workers.enumerated() where worker.role == .prefill {
      let identity = KVPeerIdentity(
        engine: withBytes(of: "e\(number)") { KVEngineIdentity(engineID: $0) },
        members: Array(#""remote_engine_id":"e\#(number)""#.utf8))
      worker.updatePeer { $0.identity = identity }
    }
  }

  /// Lets the release desk finish, then expects that nothing of any request is left.
  func expectAllGivenBack(
    within limit: Duration = .seconds(5), _ location: SourceLocation = #_sourceLocation
  ) {
    _ = world.run(within: limit) { [router] in
      router.liveRequests == 0 && router.liveHandles == 0
    }
    expectNothingLeft(location)
  }
}
