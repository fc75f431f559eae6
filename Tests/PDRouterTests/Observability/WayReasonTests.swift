import KVTransfer
import Policies
import Testing
import Vocabulary

@testable import PDRouter

struct WayReasonTests {
  @Test func `every reason has a place and a name of its own, and a place gives it back`() {
    let all =
      DisaggregationReason.allCases.map { WayReason($0) }
      + WholeReason.allCases.map { WayReason($0) } + [.pairNotReady, .noGeneration]
    #expect(all.map(\.place) == Array(0..<WayReason.count))
    #expect(Set(all.map(\.name.description)).count == WayReason.count)
    #expect((0..<WayReason.count).map { WayReason(place: $0) } == all)
    for reason in DisaggregationReason.allCases {
      #expect(WayReason(reason).name.description == reason.name.description)
    }
    for reason in WholeReason.allCases {
      #expect(WayReason(reason).name.description == reason.name.description)
    }
  }

  @Test func `a place that is none stops the program`() async {
    await #expect(processExitsWith: .failure) { _ = WayReason(place: WayReason.count) }
  }

  /// What the router does, and the reason that its record and its counter give.
  static let ways:
    [(decider: DeciderName?, minimum: Int?, body: String, way: String, reason: String)] = [
      (nil, nil, chatBody, "split", "decider_off"),
      (.threshold, 1, chatBody, "split", "long_prompt"),
      (.threshold, 5000, chatBody, "whole", "short_prompt"),
      (.cost, 1, chatBody, "split", "learning"),
      (.cost, 5000, chatBody, "whole", "learning"),
      (nil, nil, #"{"n":2,"# + chatBody.dropFirst(), "whole", "several_answers"),
    ]

  @Test(arguments: ways)
  func `both ways have their reason in the record and in a counter`(
    _ row: (decider: DeciderName?, minimum: Int?, body: String, way: String, reason: String)
  ) {
    let world = makeSplitWorld {
      $0.decider = row.decider
      $0.minimumPrefillTokens = row.minimum.map { TokenCount($0) }
    }
    #expect(world.fetch(post("/v1/chat/completions", row.body)).map(\.status) == [200])
    let record = world.records[0]
    #expect((record.prefillWorker != nil) == (row.way == "split"))
    #expect(record.wayReason?.name.description == row.reason)
    let text = MetricsText(loops: [world.router.metrics], workers: [], now: .zero).write().text
    let series = #"vllm_router_pd_decisions_total{way="\#(row.way)",reason="\#(row.reason)"} 1"#
    #expect(text.contains(series + "\n"))
    #expect(text.components(by: "vllm_router_pd_decisions_total{").count == 2)
  }

  @Test func `the last choice's reason counts, once a request`() {
    let world = makeSplitWorld(prefill: 1, decode: 1)
    world.engines[0].stopListening()
    #expect(world.fetch(post("/v1/chat/completions", chatBody)).map(\.status) == [200])
    #expect(world.records[0].attempts == 2)
    #expect(world.records[0].wayReason?.name.description == "no_prefill_worker")
    let text = MetricsText(loops: [world.router.metrics], workers: [], now: .zero).write().text
    #expect(text.contains(#"pd_decisions_total{way="whole",reason="no_prefill_worker"} 1"#))
    #expect(!text.contains(#"pd_decisions_total{way="split""#))
  }

  @Test func `in a single pool there is nothing to decide`() {
    let world = RouterWorld([.both])
    #expect(world.fetch(post("/v1/chat/completions", chatBody)).map(\.status) == [200])
    #expect(world.records[0].wayReason == nil)
    let text = MetricsText(loops: [world.router.metrics], workers: [], now: .zero).write().text
    #expect(!text.contains("pd_decisions_total{"))
  }
}
