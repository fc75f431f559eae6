internal import Vocabulary

extension EngineScheduler {
  /// Ends a choice with an event; exports its blocks when it was asked to and ended well.
  mutating func finish(
    _ slot: Int, reason: EngineFinishReason, stop: String?, lastToken: EngineToken?
  ) {
    let isKept =
      reason == .length || reason == .stop && configuration.connector.keepsWhatStopped
    guard let sequence = discard(slot, exporting: isKept) else { return }
    let request = sequence.id.request
    counters.noteFinish(reason)
    counters.requestTime.observe(latest - sequence.submitted)
    guard let record = records[request] else { preconditionFailure("a live choice has a record") }
    let isLast = record.open == 0
    events.append(
      .finished(
        EngineFinish(
          sequence: sequence.id, reason: reason, stop: stop, lastToken: lastToken,
          usage: record.usage, endsRequest: isLast, kv: isLast ? record.kv : nil)))
    if isLast { records[request] = nil }
  }

  /// Takes a choice out of every queue and frees or exports what it holds, without a finish event.
  mutating func discard(_ slot: Int, exporting: Bool = false) -> EngineSequence? {
    removeRemoteWaiter(slot)
    guard let sequence = slots[slot].take() else { return nil }
    switch sequence.stage {
    case .waiting: waiting.removeAll { $0 == slot }
    case .loading, .transferring, .hanging: loading.removeAll { $0 == slot }
    case .ready: ready.removeAll { $0 == slot }
    case .offered: withdrawOffer(of: slot)
    case .running:
      running.removeAll { $0 == slot }
      batch.removeAll { $0.slot == slot }
    }
    tellExporter(of: sequence)
    if exporting, sequence.stage != .offered, let name = sequence.exportName {
      export(sequence, as: name)
    } else {
      pool.release(sequence.blocks)
    }
    freeSlots.append(slot)
    records[sequence.id.request]?.slots[sequence.id.choice] = nil
    records[sequence.id.request]?.open -= 1
    return sequence
  }

  /// Frees what a finished request exported when its client left before it was told (vLLM's fix
  /// 29987).
  mutating func freeUntoldExports(of id: EngineRequestID) {
    guard let names = untoldExports.removeValue(forKey: id) else { return }
    for name in names where exports.blocks(of: name) != nil { endExport(name, as: .released) }
    counters.aborted += 1
  }

  // Told too early, the exporter would free blocks that are still being read. Who was only asked
  // has written nothing yet, and must not.
  private mutating func tellExporter(of sequence: EngineSequence) {
    guard let route = sequence.route, let source = sequence.owed ?? unreadSource(of: sequence)
    else { return }
    let released = KVNotice(source: source, reason: .released)
    switch (sequence.stage, route) {
    case (.transferring, _): events.append(.notice(KVNotice(source: source, reason: .consumed)))
    case (.loading, .read): orphanedReads[sequence.id] = source
    default: if configuration.connector.tellsPrefill { events.append(.notice(released)) }
    }
  }

  // A request still in the queue has read nothing, and never will.
  private func unreadSource(of sequence: EngineSequence) -> KVSource? {
    sequence.stage == .waiting ? sequence.route?.source : nil
  }

  private mutating func export(_ sequence: EngineSequence, as wantedName: String) {
    var name = wantedName
    if exports.blocks(of: name) != nil {
      exports.noteDoubleUse()
      name = sequence.innerID
    }
    let kept = keep(sequence.blocks, of: sequence.computed, as: name)
    untoldExports[sequence.id.request, default: []].append(name)
    if configuration.connector.answersWithParameters { tell(of: sequence, blocks: kept) }
    if !configuration.connector.isReading { introduce(name) }
  }

  /// Pins those of `blocks` that hold the KV of `tokens` tokens, the partial last one too, under
  /// `name`; frees the rest.
  @discardableResult
  mutating func keep(_ blocks: [Int32], of tokens: Int, as name: String) -> [Int32] {
    let count = pool.blocks(for: tokens)
    let kept = Array(blocks.prefix(count))
    pool.release(blocks.dropFirst(count))
    exports.add(name, blocks: kept, deadline: latest + configuration.keepTime)
    return kept
  }

  private mutating func tell(of sequence: EngineSequence, blocks: [Int32]) {
    var parameters = KVParameters()
    parameters.doRemotePrefill = true
    parameters.blockIDs = blocks.map(Int.init)
    parameters.engineID = configuration.engineID
    parameters.requestID = sequence.innerID
    parameters.host = configuration.sideChannelHost
    parameters.port = configuration.sideChannelPort
    parameters.tpSize = 1
    parameters.tokenCount = sequence.computed
    parameters.cachedTokens = sequence.localHits + sequence.externalHits
    switch configuration.connector {
    case .nixlPull: parameters.transferMode = "pull"
    case .nixlPush: parameters.transferMode = "push"
    case .moriioRead:
      parameters.transferID = sequence.kv?.transferID
      parameters.dpSize = sequence.kv?.dpSize
    case .mooncake, .moriioWrite, .sglang: break
    }
    guard let record = records[sequence.id.request] else { return }
    if sequence.id.choice < record.n { records[sequence.id.request]?.kv = parameters }
  }
}
