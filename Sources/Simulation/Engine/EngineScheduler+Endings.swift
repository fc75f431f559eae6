internal import Vocabulary

extension EngineScheduler {
  /// Ends a choice with an event; exports its blocks when it was asked to and ended well.
  mutating func finish(
    _ slot: Int, reason: EngineFinishReason, stop: String?, lastToken: EngineToken?
  ) {
    let isWhole = reason == .stop || reason == .length
    guard let sequence = discard(slot, exporting: isWhole) else { return }
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
    case .running:
      running.removeAll { $0 == slot }
      batch.removeAll { $0.slot == slot }
    }
    tellExporter(of: sequence)
    if exporting && sequence.kv?.doRemoteDecode == true {
      export(sequence)
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
    for name in names { pool.release(exports.end(name, as: .released)) }
    counters.aborted += 1
    wake(latest)
  }

  // Told too early, the exporter would free blocks that are still being read.
  private mutating func tellExporter(of sequence: EngineSequence) {
    guard let source = sequence.owed ?? unreadSource(of: sequence) else { return }
    switch sequence.stage {
    case .loading: orphanedReads[sequence.id] = source
    case .transferring: events.append(.notice(KVNotice(source: source, reason: .consumed)))
    default: events.append(.notice(KVNotice(source: source, reason: .released)))
    }
  }

  // A request still in the queue has read nothing, and never will.
  private func unreadSource(of sequence: EngineSequence) -> KVSource? {
    guard sequence.stage == .waiting, sequence.kv?.doRemotePrefill == true else { return nil }
    return sequence.kv?.source
  }

  // Blocks with KV stay pinned under the lease, the partial last one too; the rest is freed.
  private mutating func export(_ sequence: EngineSequence) {
    let count = pool.blocks(for: sequence.computed)
    let kept = Array(sequence.blocks.prefix(count))
    pool.release(sequence.blocks.dropFirst(count))
    exports.add(sequence.innerID, blocks: kept, deadline: latest + configuration.lease)
    untoldExports[sequence.id.request, default: []].append(sequence.innerID)
    var parameters = KVParameters()
    parameters.doRemotePrefill = true
    parameters.blockIDs = kept.map(Int.init)
    parameters.engineID = configuration.engineID
    parameters.requestID = sequence.innerID
    parameters.host = configuration.sideChannelHost
    parameters.port = configuration.sideChannelPort
    parameters.tokenCount = sequence.computed
    parameters.cachedTokens = sequence.localHits + sequence.externalHits
    guard let record = records[sequence.id.request] else { return }
    if sequence.id.choice < record.n { records[sequence.id.request]?.kv = parameters }
  }
}
