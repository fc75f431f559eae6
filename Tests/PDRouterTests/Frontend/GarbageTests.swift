import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// Garbage of every kind, in every cut, through a front end with the whole router behind it.
struct GarbageTests {
  private static let good = post("/v1/completions", #"{"prompt":"x"}"#)

  private func makeWorld() -> RouterWorld {
    RouterWorld { $0.limits.requestBodyBytes = 2000 }
  }

  /// Sends `garbage` as `step` says and expects its error; the next connection must work.
  private func expectError(
    _ world: RouterWorld, _ garbage: Garbage, _ steps: [ClientScript.Step], isClosed: Bool,
    _ comment: @autoclosure () -> String
  ) {
    let client = world.client(steps)
    let hasAnswer = world.awaitAnswers(1, client)
    let answers = HTTPAnswer.all(in: client.record.bytes)
    let isRight =
      hasAnswer && answers.count == 1 && answers[0].status == garbage.status
      && answers[0].isErrorObject && answers[0]["content-type"] == "application/json"
      && (answers[0]["connection"] == "close") == isClosed
    #expect(isRight, "\(comment()): \(client.record.text.prefix(400))")
    client.hangUp(.close)
  }

  private func expectNextWorks(_ world: RouterWorld) {
    let answers = world.fetch(GarbageTests.good)
    #expect(answers.count == 1 && answers.first?.status == 200)
    #expect(answers.first?.body == "ok")
  }

  private func check(_ garbage: Garbage, isClosed: Bool) {
    let world = makeWorld()
    expectError(world, garbage, [.send(garbage.bytes)], isClosed: isClosed, "whole")
    expectNextWorks(world)
    let count = garbage.bytes.count
    for cut in stride(from: 1, to: count, by: max(1, count / 200)) {
      let steps: [ClientScript.Step] = [
        .send(Array(garbage.bytes[..<cut])), .wait(.milliseconds(1)),
        .send(Array(garbage.bytes[cut...])),
      ]
      expectError(world, garbage, steps, isClosed: isClosed, "cut at \(cut)")
    }
    expectNextWorks(world)
    if count < 2000 {
      let step = ClientScript.Step.sendInPieces(garbage.bytes, size: 1, pause: .milliseconds(5))
      expectError(world, garbage, [step], isClosed: isClosed, "byte by byte")
      expectNextWorks(world)
    }
    world.world.run(for: .seconds(5))
    world.expectNothingLeft()
    #expect(world.router.clientConnections == 0)
    #expect(world.engines[0].requests.allSatisfy { $0.body == #"{"prompt":"x"}"# })
  }

  @Test func `the tables hold more than sixty kinds of garbage`() {
    let all = Garbage.startLines + Garbage.fields + Garbage.framings + Garbage.bodies
    #expect(all.count >= 100)
    #expect(Set(all.map { String(decoding: $0.bytes, as: UTF8.self) }).count == all.count)
  }

  @Test(arguments: Garbage.startLines)
  func `a start line that is no HTTP is refused however it is cut`(garbage: Garbage) {
    check(garbage, isClosed: true)
  }

  @Test(arguments: Garbage.fields)
  func `a header section that is no HTTP is refused however it is cut`(garbage: Garbage) {
    check(garbage, isClosed: true)
  }

  @Test(arguments: Garbage.framings)
  func `a body whose end is in doubt or out of bounds is refused however it is cut`(
    garbage: Garbage
  ) {
    check(garbage, isClosed: true)
  }

  @Test(arguments: Garbage.bodies)
  func `a body that is no JSON object is refused and the connection lives on`(garbage: Garbage) {
    check(garbage, isClosed: false)
  }

  @Test func `seeded garbage is refused or waited for, and the next connection works`() {
    let world = makeWorld()
    var generator = SplitMix64(seed: 7)
    let alphabet = Array("GET POST/ HTTP/1.1\r\n\r\n: host content-length 0123{}\"\u{0}é".utf8)
    for _ in 0..<400 {
      let bytes = (0..<(8 + Int(generator.next() % 120))).map { _ in
        alphabet[Int(generator.next() % UInt64(alphabet.count))]
      }
      let client = world.client(.send(bytes), .finishWriting)
      _ = world.world.run(within: .seconds(5)) { client.record.endedAt != nil || client.isClosed }
      for answer in HTTPAnswer.all(in: client.record.bytes) {
        #expect(answer.status >= 400 && answer.isErrorObject && answer.isComplete)
      }
      #expect(client.record.endedAt != nil || client.isClosed)
    }
    expectNextWorks(world)
    #expect(world.engines[0].requests.count == 1)
  }

  @Test func `a good request with one byte changed never breaks the router`() {
    let world = makeWorld()
    var generator = SplitMix64(seed: 3)
    for place in 0..<GarbageTests.good.utf8.count {
      var bytes = Array(GarbageTests.good.utf8)
      bytes[place] = UInt8(truncatingIfNeeded: generator.next())
      let client = world.client(.send(bytes), .wait(.milliseconds(20)), .hangUp(.close))
      _ = world.world.run(within: .seconds(5)) { client.isClosed }
      for answer in HTTPAnswer.all(in: client.record.bytes) {
        #expect(answer.status == 200 || answer.isErrorObject)
      }
    }
    expectNextWorks(world)
    world.world.run(for: .seconds(5))
    world.expectNothingLeft()
  }
}
