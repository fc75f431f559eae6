internal import Vocabulary

extension EngineScheduler {
  /// Lets requests into the batch while slots, blocks and `budget` tokens last: first those whose
  /// KV has come, then the queue in order.
  mutating func admit(budget: inout Int, at now: Instant) {
    while budget > 0, running.count < configuration.cost.maxRunning, !ready.isEmpty {
      let slot = ready.removeFirst()
      slots[slot]?.stage = .running
      running.append(slot)
      schedule(slot, budget: &budget)
    }
    while budget > 0, running.count < configuration.cost.maxRunning, let slot = waiting.first {
      guard let outcome = reserve(slot, at: now), !isDead else { return }
      waiting.removeFirst()
      switch outcome {
      case .loading:
        loading.append(slot)
      case .running:
        running.append(slot)
        schedule(slot, budget: &budget)
      }
    }
  }

  /// Adds a sequence's share of this step to the batch.
  mutating func schedule(_ slot: Int, budget: inout Int) {
    guard budget > 0, let sequence = slots[slot] else { return }
    let rest = sequence.prompt.count - sequence.computed
    let tokens = rest > 0 ? min(rest, budget) : 1
    budget -= tokens
    batch.append(BatchEntry(slot: slot, tokens: tokens))
    if rest > 0 { computePrompt(slot, tokens: tokens) }
  }

  private enum Admission {
    case running, loading
  }

  // Takes blocks for the whole life of a request, or nothing when there are too few.
  private mutating func reserve(_ slot: Int, at now: Instant) -> Admission? {
    guard var sequence = slots[slot].take() else { preconditionFailure("a queued slot is taken") }
    defer { if slots[slot] == nil { slots[slot] = sequence } }
    let hits = cachedBlocks(for: sequence)
    let needed = pool.blocks(for: sequence.prompt.count + sequence.maxTokens) - hits.count
    let freeHits = hits.reduce(0) { $0 + (pool.isFree($1) ? 1 : 0) }
    guard needed + freeHits <= pool.free else { return nil }

    for block in hits { pool.hold(block) }
    sequence.blocks = hits
    for _ in 0..<needed { sequence.blocks.append(pool.allocate()) }
    sequence.localHits = hits.count * pool.blockTokens
    sequence.computed = sequence.localHits
    counters.queueTime.observe(now - sequence.submitted)
    counters.prefixQueries += sequence.prompt.count
    counters.prefixHits += sequence.localHits
    if let route = sequence.route {
      beginLoading(&sequence, by: route)
      return .loading
    }
    sequence.stage = .running
    return .running
  }

  // At least one token is always computed, so the block of the last one never counts as a hit.
  private func cachedBlocks(for sequence: EngineSequence) -> [Int32] {
    guard configuration.cachesPrefixes else { return [] }
    let most = (sequence.prompt.count - 1) / pool.blockTokens
    var hits: [Int32] = []
    for key in sequence.keys.prefix(most) {
      guard let block = pool.cached(key) else { break }
      hits.append(block)
    }
    return hits
  }

  // KV is written, and full blocks are offered to others, as soon as the step that computes them
  // is planned: a later request of the same step shares them.
  private mutating func computePrompt(_ slot: Int, tokens: Int) {
    guard var sequence = slots[slot].take() else { return }
    for _ in 0..<tokens {
      let block = sequence.computed / pool.blockTokens
      pool.append(sequence.prompt[sequence.computed], to: sequence.blocks[block])
      sequence.computed += 1
      if sequence.computed % pool.blockTokens == 0 && configuration.cachesPrefixes {
        pool.publish(sequence.blocks[block], as: sequence.keys[block])
      }
    }
    slots[slot] = sequence
  }
}
