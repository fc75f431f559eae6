import Policies
import Simulation
import Testing
import Vocabulary

@testable import PDRouter

/// A conversation whose prompt a decode worker still holds, in a whole router.
struct CachedDecodeTests {
  /// A chat of some 3,000 tokens; what a later turn adds comes at the end.
  private func turn(_ added: String = "") -> String {
    let history = String(repeating: "tell me more about the sea. ", count: 430)
    return post(
      "/v1/chat/completions",
      #"{"model":"m","messages":[{"role":"user","content":"\#(history)\#(added)"}],"max_tokens":8}"#
    )
  }

  private func makeWorld(
    _ decider: DeciderName, _ pairChoice: PairChoiceName = .joint
  ) -> RouterWorld {
    makeSplitWorld(prefill: 1, decode: 3) { configuration in
      configuration.policy = .leastLoad
      configuration.decider = decider
      configuration.pairChoice = pairChoice
    }
  }

  /// Who served the last request, and whether prefill had a part in it.
  private func last(_ world: RouterWorld) -> (worker: UInt32?, isSplit: Bool, reason: String) {
    let record = world.records.last
    return (
      record?.servingWorker?.id.number, record?.prefillWorker != nil,
      record?.wayReason.map { "\($0.name)" } ?? ""
    )
  }

  @Test func `it serves the next turn alone, also with more to do than the others`() throws {
    let world = makeWorld(.threshold)
    #expect(world.fetch(turn()).map(\.status) == [200])
    let first = last(world)
    #expect(first.isSplit && first.reason == "long_prompt")
    let holder = try #require(world.registry.workers.first { $0.id.number == first.worker })
    for _ in 0..<4 { holder.reserve(TokenCount(100)) }
    #expect(world.fetch(turn("And the fish?")).map(\.status) == [200])
    let second = last(world)
    #expect(!second.isSplit && second.reason == "mostly_cached" && second.worker == first.worker)
    for _ in 0..<4 { holder.release(TokenCount(100)) }
    world.expectAllGivenBack()
  }

  @Test func `it is passed over when it is far busier, and the request is split`() throws {
    let world = makeWorld(.threshold)
    _ = world.fetch(turn())
    let first = last(world)
    let holder = try #require(world.registry.workers.first { $0.id.number == first.worker })
    for _ in 0..<40 { holder.reserve(TokenCount(100)) }
    _ = world.fetch(turn("And the fish?"))
    let second = last(world)
    #expect(second.isSplit && second.worker != first.worker)
    for _ in 0..<40 { holder.release(TokenCount(100)) }
    world.expectAllGivenBack()
  }

  @Test func `a turn that adds much is split`() {
    let world = makeWorld(.threshold)
    _ = world.fetch(turn())
    _ = world.fetch(turn(String(repeating: "and now for something else ", count: 200)))
    #expect(last(world).isSplit && last(world).reason == "long_prompt")
    world.expectAllGivenBack()
  }

  @Test func `with nobody to decide every turn is split`() {
    let world = makeWorld(.off)
    for _ in 0..<3 {
      _ = world.fetch(turn())
      #expect(last(world).isSplit)
    }
    world.expectAllGivenBack()
  }

  @Test func `chosen separately, a busier holder is not found`() throws {
    let world = makeWorld(.threshold, .separate)
    _ = world.fetch(turn())
    let first = last(world)
    let holder = try #require(world.registry.workers.first { $0.id.number == first.worker })
    // More than the handshake of the others is worth.
    for _ in 0..<5 { holder.reserve(TokenCount(100)) }
    _ = world.fetch(turn("And the fish?"))
    #expect(last(world).isSplit && last(world).worker != first.worker)
    for _ in 0..<5 { holder.release(TokenCount(100)) }
    world.expectAllGivenBack()
  }
}
