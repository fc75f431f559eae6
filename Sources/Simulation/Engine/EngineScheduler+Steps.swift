internal import Vocabulary

extension EngineScheduler {
  /// Plans a batch and sets the end of the step; idles when there is nothing to compute.
  mutating func beginStep(at now: Instant) {
    precondition(stepEnd == nil && batch.isEmpty)
    for notice in owedNotices { events.append(.notice(notice)) }
    owedNotices.removeAll(keepingCapacity: true)
    var budget = configuration.cost.chunkTokens
    for slot in running { schedule(slot, budget: &budget) }
    admit(budget: &budget, at: now)
    guard !isDead, !batch.isEmpty else { return }
    var promptTokens = 0
    var decodes = 0
    for entry in batch {
      if isPromptWork(entry) { promptTokens += entry.tokens } else { decodes += 1 }
    }
    let duration = configuration.cost.stepDuration(promptTokens: promptTokens, decodes: decodes)
    stepEnd = now + .nanoseconds(max(1, Int64(duration.inSeconds * slowFactor * 1e9)))
    counters.steps += 1
  }

  /// Ends the step under way: every sequence whose prompt is done gets a token. Begins the next.
  mutating func completeStep(at now: Instant) {
    stepEnd = nil
    let entries = batch
    batch.removeAll(keepingCapacity: true)
    for entry in entries {
      guard let sequence = slots[entry.slot], sequence.isDecoding else { continue }
      emitToken(entry.slot, at: now)
    }
    beginStep(at: now)
  }

  // A sequence with no token yet computes its prompt, unless its KV came from elsewhere: that
  // one's first step is a decode.
  private func isPromptWork(_ entry: BatchEntry) -> Bool {
    guard let sequence = slots[entry.slot] else { return false }
    return sequence.generated == 0 && sequence.externalHits == 0
  }

  private mutating func emitToken(_ slot: Int, at now: Instant) {
    guard var sequence = slots[slot].take() else { return }
    if sequence.digest == nil {
      finishPrompt(&sequence)
    } else {
      storeLastToken(&sequence)
    }
    guard let digest = sequence.digest else { preconditionFailure("the prompt is done") }
    let index = sequence.generated
    let isEnd = index + 1 >= max(sequence.naturalLength, sequence.minTokens)
    sequence.lastToken =
      isEnd && !sequence.ignoresEnd
      ? EngineTokenizer.endOfSequence
      : AnswerText.token(at: index, choice: sequence.place, of: digest)
    sequence.generated += 1
    noteTimes(of: &sequence, at: now)
    let (token, reason, stop) = judge(&sequence, index: index)
    slots[slot] = sequence
    if let reason, configuration.connector == .sglang, let name = sequence.exportName {
      offer(slot, as: name, EngineEnding(reason: reason, stop: stop, lastToken: token))
    } else if let reason {
      finish(slot, reason: reason, stop: stop, lastToken: token)
    } else {
      events.append(.token(token))
    }
  }

  // End of sequence comes before stop texts, stop texts before the length, as in vLLM.
  private func judge(
    _ sequence: inout EngineSequence, index: Int
  ) -> (EngineToken, EngineFinishReason?, String?) {
    let isEnd = sequence.lastToken == EngineTokenizer.endOfSequence
    var text = isEnd ? "" : EngineTokenizer.text(of: sequence.lastToken)
    var reason: EngineFinishReason? = isEnd ? .stop : nil
    var stop: String?
    if !isEnd, sequence.stops != nil {
      let mayStop = sequence.generated >= sequence.minTokens
      (text, stop) = sequence.stops!.take(text, mayStop: mayStop)
      if stop != nil { reason = .stop }
    }
    if reason == nil && sequence.generated >= sequence.maxTokens { reason = .length }
    if reason != nil && stop == nil { text += sequence.stops?.flush() ?? "" }
    let token = EngineToken(
      sequence: sequence.id, index: index, id: sequence.lastToken, text: text)
    return (token, reason, stop)
  }

  // What the model read is what the prompt's blocks hold, not what the request says.
  private mutating func finishPrompt(_ sequence: inout EngineSequence) {
    var digest = TokenDigest()
    for block in sequence.blocks.prefix(pool.blocks(for: sequence.prompt.count)) {
      guard let content = pool.content(of: block) else { preconditionFailure("own block") }
      digest.append(content)
    }
    sequence.digest = digest
    sequence.naturalLength = AnswerText.naturalLength(choice: sequence.place, of: digest)
    counters.notePrompt(of: sequence)
    let cached = cachedTokens(of: sequence)
    records[sequence.id.request]?.usage.cached += cached
    events.append(.prefillDone(sequence.id))
  }

  // The KV of a token is computed in the step after the one that made it.
  private mutating func storeLastToken(_ sequence: inout EngineSequence) {
    let place = sequence.computed / pool.blockTokens
    pool.append(sequence.lastToken, to: sequence.blocks[place])
    sequence.prefix.append(sequence.lastToken)
    sequence.computed += 1
    if sequence.computed % pool.blockTokens == 0 && configuration.cachesPrefixes {
      pool.publish(sequence.blocks[place], as: sequence.key(after: sequence.prefix))
    }
  }

  // Of a prompt with several choices only the first one counts, as its tokens count once too.
  private func cachedTokens(of sequence: EngineSequence) -> Int {
    guard sequence.place == 0 else { return 0 }
    guard sequence.externalHits > 0 else { return sequence.localHits }
    return sequence.kv?.cachedTokens ?? sequence.localHits + sequence.externalHits
  }

  private mutating func noteTimes(of sequence: inout EngineSequence, at now: Instant) {
    counters.generationTokens += 1
    records[sequence.id.request]?.usage.completion += 1
    if sequence.generated == 1 {
      counters.timeToFirstToken.observe(now - sequence.submitted)
    } else {
      counters.interTokenLatency.observe(now - sequence.lastTokenAt)
    }
    sequence.lastTokenAt = now
  }
}
