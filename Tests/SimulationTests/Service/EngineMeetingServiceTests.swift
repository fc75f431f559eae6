import EventLoop
import Simulation
import Testing
import Vocabulary

/// The dialects in which engines meet, as servers over a network: both legs, hang-ups, deaths.
@Suite struct EngineMeetingServiceTests {
  private func town(_ dialect: ServedDialect) throws -> EngineTown {
    let town = EngineTown()
    try town.add("p", .prefill) { $0.connector = dialect.connector }
    try town.add("d", .decode) { $0.connector = dialect.connector }
    return town
  }

  private func counts(_ town: EngineTown) throws -> KVExportCounts {
    try #require(town.engines["p"]).scheduler.exports.counts
  }

  private func isClean(_ town: EngineTown) -> Bool {
    town.engines.values.allSatisfy { $0.liveRequests == 0 && $0.scheduler.figures == .zero }
  }

  /// What one engine alone says.
  private func alone(_ prompt: String) throws -> String {
    let town = EngineTown()
    try town.add("x")
    return town.ask(.completion(prompt, maxTokens: 9), of: "x").text
  }

  @Test(arguments: ServedDialect.meeting, [0, 3, -3])
  func `both legs at once or one after the other give the text of one engine`(
    dialect: ServedDialect, milliseconds: Int
  ) throws {
    let town = try town(dialect)
    let prompt = words(60)
    let id = dialect.requestID("m")
    let start = { (name: String, leg: FleetRequest) in town.call(leg, of: name, id: id) }
    let prefill = dialect.prefill(prompt, "m")
    let decode = dialect.decode(prompt, "m")
    var calls: [EngineTown.Call] = []
    if milliseconds >= 0 {
      calls.append(start("p", prefill))
      town.run(.milliseconds(10 * milliseconds))
      calls.append(start("d", decode))
    } else {
      calls.append(start("d", decode))
      town.run(.milliseconds(-10 * milliseconds))
      calls.append(start("p", prefill))
    }
    town.run(.seconds(3))
    let texts = calls.map(\.text)
    #expect(calls.map(\.status) == [200, 200] && calls.allSatisfy(\.isWhole))
    #expect(texts.contains(try alone(prompt)))
    #expect(dialect.connector == .nixlPush || !calls.contains { $0.kv.contains("remote") })
    #expect(try counts(town).consumed == 1 && isClean(town))
    #expect(try counts(town).misuses == 0)
    let d = try #require(town.engines["d"])
    #expect(d.scheduler.counters.computedPromptTokens == 0)
  }

  @Test(arguments: ServedDialect.meeting)
  func `a decode client that leaves at any moment after it was heard leaves nothing behind`(
    dialect: ServedDialect
  )
    throws
  {
    for step in 0..<40 {
      let town = try town(dialect)
      let id = dialect.requestID("m")
      var wasHeard = false
      town.engines["d"]?.whenVisited = { _ in wasHeard = true }
      let prefill = town.call(dialect.prefill(words(40), "m"), of: "p", id: id)
      let decode = town.call(dialect.decode(words(40), "m"), of: "d", id: id)
      town.world.schedule(after: .microseconds(200 + step * 700)) {
        decode.client.hangUp(step.isMultiple(of: 2) ? .close : .reset)
      }
      town.run(.seconds(2))
      if !dialect.connector.tellsPrefill { prefill.client.hangUp(.close) }
      town.run(.seconds(1))
      #expect(isClean(town) || !wasHeard, "step \(step)")
      #expect(wasHeard || step < 3)
      #expect(try counts(town).misuses == 0)
    }
  }

  @Test(arguments: ServedDialect.meeting)
  func `a refused decode request frees prefill`(dialect: ServedDialect) throws {
    guard dialect.connector.tellsPrefill else { return }
    let town = try town(dialect)
    let id = dialect.requestID("m")
    let prefill = town.call(dialect.prefill(words(40), "m"), of: "p", id: id)
    let refused = town.ask(dialect.decode(words(40), "m", model: "nobody"), of: "d", id: id)
    town.run(.seconds(1))
    #expect(refused.status == 404 && prefill.status == 200)
    #expect(try counts(town).released == 1 && isClean(town))
  }

  @Test(arguments: ServedDialect.meeting)
  func `prefill dies: decode hears nothing or fails, and is free when its client leaves`(
    dialect: ServedDialect
  ) throws {
    let town = try town(dialect)
    let id = dialect.requestID("m")
    let decode = town.call(dialect.decode(words(900), "m"), of: "d", id: id)
    _ = town.call(dialect.prefill(words(900), "m"), of: "p", id: id)
    town.run(.milliseconds(60))
    town.kill("p")
    town.run(.seconds(30))
    if dialect.connector == .sglang {
      #expect(decode.status == 500)
    } else {
      #expect(decode.client.record.bytes.isEmpty)
    }
    decode.client.hangUp(.close)
    town.run(.seconds(1))
    #expect(town.engines["d"]?.scheduler.figures == .zero)
  }

  @Test(arguments: ServedDialect.meeting)
  func `prefill is dead from the start: decode fails at once`(dialect: ServedDialect) throws {
    let town = try town(dialect)
    town.kill("p")
    let decode = town.ask(
      dialect.decode(words(40), "m"), of: "d", id: dialect.requestID("m"))
    #expect(decode.status == 500 && isClean(town))
  }

  @Test(arguments: ServedDialect.meeting)
  func `decode dies: prefill keeps its blocks for its time, and no longer`(dialect: ServedDialect)
    throws
  {
    let town = try town(dialect)
    town.kill("d")
    _ = town.call(
      dialect.prefill(words(40), "m"), of: "p", id: dialect.requestID("m"))
    let p = try #require(town.engines["p"])
    town.run(p.configuration.keepTime - .seconds(1))
    #expect(p.scheduler.figures.exports == 1)
    town.run(.seconds(2))
    #expect(p.scheduler.figures == .zero && p.liveRequests == 0)
    #expect(try counts(town).expired == 1)
  }
}
