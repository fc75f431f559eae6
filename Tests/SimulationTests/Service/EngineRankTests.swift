import Simulation
import Testing
import Vocabulary

/// Several data-parallel ranks behind one port of a simulated engine.
@Suite struct EngineRankTests {
  private func town(_ size: Int, _ connector: EngineConnector = .nixlPull) throws -> EngineTown {
    let town = EngineTown()
    for name in ["p", "d"] {
      try town.add(name) {
        $0.dataParallelSize = size
        $0.connector = connector
      }
    }
    return town
  }

  private func request(
    _ rank: String?, maxTokens: Int = 6, extra: String = ""
  ) -> FleetRequest {
    let request = FleetRequest.completion(words(40), maxTokens: maxTokens, extra: extra)
    return rank.map { request.with("X-data-parallel-rank", $0) } ?? request
  }

  @Test func `a rank serves what names it, and its cache is its own`() throws {
    let town = try town(3)
    let engine = try #require(town.engines["p"])
    for rank in ["2", "2", "1"] { #expect(town.ask(request(rank), of: "p").status == 200) }
    #expect(engine.ranks.map { $0.scheduler.counters.requests } == [0, 1, 2])
    #expect(engine.ranks.map { $0.scheduler.counters.prefixHits > 0 } == [false, false, true])
    #expect(Set(engine.ranks.map(\.configuration.engineID)).count == 3)
    #expect(Set(engine.ranks.map(\.configuration.sideChannelPort)).count == 3)
  }

  @Test(arguments: ["3", "-1", "99999"])
  func `a rank that it has not is refused as vLLM does it`(rank: String) throws {
    let answer = try town(3).ask(request(rank), of: "p")
    #expect(answer.status == 400)
    #expect(answer.body.contains("data_parallel_rank \(rank) is out of range [0, 3)."))
  }

  @Test(arguments: [nil, "x", "", "1.5"] as [String?])
  func `without a number the idlest rank serves`(rank: String?) throws {
    let town = try town(3)
    let engine = try #require(town.engines["p"])
    let calls = (0..<3).map { _ in town.call(request(rank), of: "p") }
    town.run(.seconds(20))
    #expect(calls.allSatisfy { $0.status == 200 })
    #expect(engine.ranks.map { $0.scheduler.counters.requests } == [1, 1, 1])
  }

  @Test func `an engine of one rank takes rank 0 and refuses others`() throws {
    let town = try town(1)
    #expect(town.ask(request("0"), of: "p").status == 200)
    #expect(town.ask(request("1"), of: "p").status == 400)
    #expect(town.engines["p"]?.configuration.engineID == "p")
  }

  @Test func `a handle of one rank is read there, by any rank of decode`() throws {
    let town = try town(2)
    let first = town.ask(request("1", maxTokens: 1, extra: prefillMember), of: "p")
    #expect(first.kv.contains("\"remote_engine_id\":\"p_dp1\""))
    let second = town.ask(
      request("0", extra: #","kv_transfer_params":\#(first.kv)"#), of: "d")
    #expect(second.text == town.ask(request(nil), of: "p").text)
    let counts = try #require(town.engines["p"]).exportCounts
    #expect(counts.map(\.consumed) == [0, 1] && counts.map(\.misuses) == [0, 0])
  }

  @Test func `metrics tell of every rank once, family by family`() throws {
    let town = try town(2)
    _ = town.ask(request("1"), of: "p")
    let page = town.ask(FleetRequest("GET", "/metrics"), of: "p").body
    let lines = page.split(separator: "\n").map(String.init)
    for rank in 0..<2 {
      #expect(lines.contains { $0.hasPrefix("sim:requests_total{engine=\"\(rank)\",") })
    }
    let families = lines.filter { $0.hasPrefix("# TYPE") }
    #expect(Set(families).count == families.count)
    let alone = EngineTown()
    try alone.add("p")
    let single = alone.ask(FleetRequest("GET", "/metrics"), of: "p").body
    let singleLines = single.split(separator: "\n")
    #expect(families.count == singleLines.count { $0.hasPrefix("# TYPE") })
    #expect(lines.count == 2 * singleLines.count - families.count)
  }

  @Test func `Mooncake's bootstrap server tells every rank's name`() throws {
    let town = EngineTown()
    try town.add("p", .prefill) {
      $0.dataParallelSize = 2
      $0.connector = .mooncake
    }
    let answer = town.ask(FleetRequest("GET", "/query"), of: "p", port: 8998)
    #expect(answer.status == 200)
    for rank in 0..<2 {
      #expect(answer.body.contains("\"\(rank)\":{\"engine_id\":\"p_dp\(rank)\""))
    }
  }

  @Test func `an engine dies with all its ranks`() throws {
    let town = try town(2)
    let engine = try #require(town.engines["p"])
    var deaths = 0
    engine.whenDead = { deaths += 1 }
    try engine.setFaults(json: #"{"kind":"die","at":"after_tokens","tokens":2}"#)
    #expect(town.ask(request("1"), of: "p").isWhole == false)
    #expect(deaths == 1 && engine.isDead && engine.liveRequests == 0)
    #expect(engine.ranks.allSatisfy { $0.isDead })
  }
}
