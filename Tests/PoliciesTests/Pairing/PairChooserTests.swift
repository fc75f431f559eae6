import Policies
import Testing
import Vocabulary

/// Which pair is chosen, worked out by hand in tokens: a request at decode is 512, one at prefill
/// 64 and its tokens, a handshake 2,048, a token to fetch 0.2, or 0.8 from afar; the prompt has
/// 4,000.
struct PairChooserTests {
  @Test(
    arguments: [
      // Where pairs do not differ the policies choose: all ordinary, all cold, nobody at all.
      ([0], [0], ".", ["nobody"]),
      ([3, 0], [0, 9], ".. ..", ["nobody"]),
      ([0, 0], [0, 0], "cc cc", ["nobody"]),
      ([0, 0], [0, 0], "ff ff", ["nobody"]),
      ([], [0], "", ["nobody"]),
      ([0], [], "", ["nobody"]),
      // A cold pair is avoided while a warm one is idle, on either side …
      ([0], [0, 0], ".c", ["0-0"]),
      ([0, 0], [0], "c .", ["1-0"]),
      ([0, 0], [0, 0], "cc c.", ["1-1"]),
      // … up to three requests more at decode, drawn at four, and used beyond.
      ([0], [3, 0], ".c", ["0-0"]),
      ([0], [4, 0], ".c", ["0-0", "0-1"]),
      ([0], [5, 0], ".c", ["0-1"]),
      // The same at prefill: one of 1,000 tokens is 1,064, two are more than a handshake.
      ([1, 0], [0], ". c", ["0-0"]),
      ([2, 0], [0], ". c", ["1-0"]),
      // A far pair costs 2,400 more for these 4,000 tokens: four requests, not five.
      ([0], [4, 0], ".f", ["0-0"]),
      ([0], [5, 0], ".f", ["0-1"]),
      ([0, 0], [0, 0], "f. .f", ["0-1", "1-0"]),
      ([0], [8, 0], ".b", ["0-0"]),
      ([0], [9, 0], ".b", ["0-1"]),
      // A prefill worker is chosen for its partner: 1-1 is the only pair that is near and idle.
      ([0, 1], [9, 0], ".f f.", ["1-1"]),
      // Impossible pairs are no pairs, and make a difference.
      ([0, 0], [9, 0], ".x x.", ["1-1"]),
      ([0, 7], [9, 0], ".x x.", ["0-0"]),
      ([0, 0], [0, 0], "xx xx", ["nobody"]),
      ([0], [0, 0], "xx", ["nobody"]),
    ] as [([Int], [Int], String, Set<String>)])
  func `the cheapest pair is chosen where pairs differ`(
    prefill: [Int], decode: [Int], relations: String, pairs: Set<String>
  ) {
    #expect(PairField(prefill: prefill, decode: decode, relations).chosen == pairs)
  }

  /// Requests at two decode workers, blocks (of 20) that the second has cached, who it is without
  /// and with a decider that lets decode compute less than 512 tokens by itself.
  @Test(
    arguments: [
      // 20 blocks are 3,902 tokens: 780 to fetch saved, which one request outweighs no more.
      ([0, 0], 20, "0-1", "0-1"),
      ([0, 1], 20, "0-1", "0-1"),
      ([0, 2], 20, "0-0", "0-1"),
      // Served whole: 98 tokens, more with every stream beside, instead of 4,800.
      ([0, 8], 20, "0-0", "0-1"),
      ([0, 9], 20, "0-0", "0-1"),
      ([0, 10], 20, "0-0", "0-0"),
      // 17 blocks leave 683 tokens, as many as are worth a hand-over.
      ([0, 1], 17, "0-1", "0-1"),
      ([0, 2], 17, "0-0", "0-0"),
      ([0, 0], 1, "0-1", "0-1"),
    ] as [([Int], Int, String, String)])
  func `a decode worker that holds the prompt is worth some requests`(
    decode: [Int], cached: Int, splitting: String, deciding: String
  ) {
    var field = PairField(prefill: [0], decode: decode, "..")
    field.decode[1].cachedBlocks = cached
    #expect(field.chosen == [splitting])
    field.servesWholeBelow = 512
    #expect(field.chosen == [deciding])
  }

  @Test func `a short prompt that decode serves anyway goes where the least is to do`() {
    var field = PairField(prefill: [0, 5], decode: [1, 0, 0], ".cc ..c")
    field.servesWholeBelow = 512
    field.prompt = 100
    // Nothing is handed over, so nothing keeps it from an idle worker; prefill is chosen for the
    // case that it is split after all.
    #expect(field.chosen == ["0-1", "0-2"])
    field.servesWholeBelow = nil
    #expect(field.chosen == ["0-0"])
  }

  @Test func `a cached prompt at prefill outweighs a queue there`() {
    var field = PairField(prefill: [3, 0], decode: [0, 0], ".c .c")
    #expect(field.chosen == ["1-0"])
    field.prefill[0].cachedBlocks = 20
    #expect(field.chosen == ["0-0"])
    // What queues there is cached as well, but for a tenth: 164 tokens a request against 4,000.
    for (requests, chosen) in [(23, "0-0"), (24, "1-0")] {
      field.prefill[0].requestsInFlight = requests
      field.prefill[0].tokensInFlight = TokenCount(requests * 1000)
      #expect(field.chosen == [chosen])
    }
  }

  @Test func `what engines report and a worker's share count`() {
    var field = PairField(prefill: [0], decode: [0, 0, 0], "..c")
    field.decode[0].reported = ReportedLoad(foreignRequests: 1)
    #expect(field.chosen == ["0-1"])
    field.decode[0].reported = ReportedLoad(kvUsage: 0.5)
    field.decode[1].reported = ReportedLoad(kvUsage: 0.6)
    #expect(field.chosen == ["0-0"])
    // (0 + 1) / 0.2 requests are four more than one: as many as a cold pair.
    field.decode[0].share = 0.1
    field.decode[1].share = 0.1
    #expect(field.chosen == ["0-2"])
  }

  @Test func `a model that a worker has to load is worth a request at decode`() {
    var field = PairField(prefill: [0], decode: [0, 1, 0], "..c")
    field.decode[0].isNewToModel = true
    #expect(field.chosen == ["0-0", "0-1"])
    field.decode[1].requestsInFlight = 0
    #expect(field.chosen == ["0-1"])
    field = PairField(prefill: [0, 0], decode: [0, 0], ".. .c")
    field.prefill[0].isNewToModel = true
    #expect(field.chosen == ["1-0"])
  }

  @Test func `where nothing is chosen the generator has not moved`() {
    var generator = SplitMix64(seed: 5)
    var untouched = generator
    #expect(PairField(prefill: [0, 0], decode: [0, 0], ".. ..").choice(&generator) == nil)
    #expect(PairField(prefill: [0], decode: [0, 0], "xx").choice(&generator) == nil)
    #expect(generator.next() == untouched.next())
  }

  @Test func `the choice says its cost and whether it was drawn`() {
    var generator = SplitMix64(seed: 5)
    let choice = PairField(prefill: [1], decode: [2, 0], ".c").choice(&generator)
    #expect(choice == PairChoice(prefill: 0, decode: 0, cost: 5064 + 3 * 512 + 800, isTie: false))
    #expect(choice?.reason == .cheapestPair)
    let drawn = PairField(prefill: [0], decode: [0, 0, 9], "..c").choice(&generator)
    #expect(drawn?.isTie == true && drawn?.reason == .tie)
  }

  @Test func `of a prompt beyond a chain's limit only what the blocks hold counts`() {
    var traits = RequestTraits(promptTokens: TokenCount(2_000_000))
    traits.prefix.hashes = Array(repeating: 7, count: PrefixChain.mostBlocks)
    #expect(traits.cachedTokens(inBlocks: 10) == TokenCount(1280))
    #expect(traits.cachedTokens(inBlocks: 4096) == TokenCount(524_288))
  }

  @Test(arguments: [
    (0, 20, 0), (-3, 20, 0), (20, 0, 0), (1, 20, 195), (20, 20, 3902), (99, 20, 3902),
    (1, 1, 2666), (4096, 4096, 3999),
  ])
  func `cached blocks are their share of the prompt, never all of it`(
    cached: Int, blocks: Int, tokens: Int
  ) {
    var traits = RequestTraits(promptTokens: TokenCount(4000))
    traits.prefix.hashes = Array(repeating: 7, count: blocks)
    #expect(traits.cachedTokens(inBlocks: cached) == TokenCount(tokens))
  }
}
