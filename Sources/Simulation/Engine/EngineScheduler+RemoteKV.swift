package import Vocabulary

extension EngineScheduler {
  /// The exporter's blocks came: `contents` in the order asked. When the request has gone, the
  /// exporter is told now that it may free them.
  ///
  /// The first token can be computed once the modelled transfer time has passed.
  package mutating func remoteKVArrived(
    _ id: EngineSequenceID, contents: [TokenDigest], now: Instant
  ) {
    catchUp(to: now)
    guard !isDead else { return }
    if let source = orphanedReads.removeValue(forKey: id) {
      events.append(.notice(KVNotice(source: source, reason: .consumed)))
    }
    guard let slot = loadingSlot(id), var sequence = slots[slot] else { return }
    let fits = contents.allSatisfy { $0.count <= pool.blockTokens }
    guard contents.count == sequence.pullCount, fits else { return remoteKVFailed(id, now: now) }
    let first = sequence.computed / pool.blockTokens
    for (place, content) in contents.enumerated() {
      pool.write(content, to: sequence.blocks[first + place])
    }
    let tokens = sequence.prompt.count - sequence.computed
    let duration = configuration.cost.transferDuration(tokens: tokens)
    sequence.stage = .transferring(now + duration)
    sequence.waitEnd = nil
    slots[slot] = sequence
    counters.transfers += 1
    counters.transferTime.observe(duration)
  }

  /// The handles of requests that were given up while their blocks were being read: their exporters
  /// are told when the reads are over.
  package var owedWords: Set<String> { Set(orphanedReads.values.map(\.requestID)) }

  /// The exporter cannot be reached, or is another engine now. Ignored when the request has gone.
  ///
  /// The request ends with an error, or computes its prompt itself, as the policy says.
  package mutating func remoteKVFailed(_ id: EngineSequenceID, now: Instant) {
    catchUp(to: now)
    orphanedReads[id] = nil
    guard !isDead, let slot = loadingSlot(id) else { return }
    counters.failedTransfers += 1
    slots[slot]?.owed = nil
    slots[slot]?.waitEnd = nil
    removeRemoteWaiter(slot)
    switch configuration.loadFailurePolicy {
    case .fail:
      finish(slot, reason: .error, stop: nil, lastToken: nil)
    case .recompute:
      loading.removeAll { $0 == slot }
      slots[slot]?.stage = .ready
      ready.append(slot)
    }
    wake(now)
  }

  /// Answers another engine's word about this one's exports.
  package mutating func answer(_ message: SideChannelMessage, now: Instant) -> SideChannelReply {
    catchUp(to: now)
    guard !isDead else { return .refused("the engine is dead") }
    if exports.nextExpiry <= now { advance(to: now) }
    switch message {
    case .read(let engineID, let requestID, let blockIDs, let consumer):
      return read(engineID, requestID, blockIDs, consumer)
    case .notice(let requestID, let reason): take(reason, about: requestID)
    case .heartbeat(let requestIDs):
      let deadline = now + configuration.heartbeatExtension
      for requestID in requestIDs { exports.extend(requestID, to: deadline) }
    case .ask(let ask): return take(ask)
    case .write(let write): return take(write)
    }
    return .done
  }

  private mutating func read(
    _ engineID: String?, _ requestID: String, _ blockIDs: [Int], _ consumer: String
  ) -> SideChannelReply {
    guard engineID == configuration.engineID else { return .refused("another engine lives here") }
    var contents: [TokenDigest] = []
    for blockID in blockIDs {
      guard let block = Int32(exactly: blockID), let content = pool.content(of: block) else {
        return .refused("block \(blockID) is outside the pool")
      }
      contents.append(content)
    }
    exports.noteRead(requestID, by: consumer, blockCount: blockIDs.count)
    return .content(contents)
  }

  /// Sends a just admitted sequence for its KV, with vLLM's ways to go wrong.
  mutating func beginLoading(_ sequence: inout EngineSequence, by route: KVRoute) {
    sequence.stage = .loading
    let wanted = pool.blocks(for: sequence.prompt.count) - sequence.computed / pool.blockTokens
    if configuration.connector == .nixlPull, sequence.kv?.blockIDs == nil {
      return die("AssertionError: remote prefill without blocks")
    }
    switch route {
    case .lost:
      sequence.stage = .hanging
      return
    case .read(let source):
      let remote = sequence.kv?.blockIDs ?? []
      guard wanted <= remote.count else {
        return die("AssertionError: more local blocks than the prefill exported")
      }
      events.append(
        .needsRemoteKV(
          KVPull(
            target: sequence.id, source: source, blockIDs: remote.suffix(wanted),
            consumer: "\(configuration.engineID)/\(sequence.id.request.number)")))
    case .meet(let source):
      sequence.waitEnd = latest + configuration.waitTime
      events.append(.asks(ask(for: sequence, blockCount: wanted, from: source), of: source.address))
    }
    sequence.pullCount = wanted
    sequence.owed = route.source
    counters.externalQueries += sequence.prompt.count - sequence.computed
  }

  /// The end of the first remote read to end.
  var nextTransferEnd: Instant? {
    var first: Instant?
    for slot in loading {
      guard case .transferring(let end)? = slots[slot]?.stage else { continue }
      first = min(first ?? end, end)
    }
    return first
  }

  /// Lets the sequences whose KV is all there go on, and tells the exporters.
  mutating func finishTransfers(at now: Instant) {
    for slot in loading {
      guard var sequence = slots[slot], case .transferring(let end) = sequence.stage, end <= now
      else { continue }
      sequence.externalHits = sequence.prompt.count - sequence.computed
      publishPrompt(of: sequence)
      sequence.computed = sequence.prompt.count
      sequence.stage = .ready
      if let source = sequence.owed {
        events.append(.notice(KVNotice(source: source, reason: .consumed)))
        sequence.owed = nil
      }
      slots[slot] = sequence
      removeRemoteWaiter(slot)
      ready.append(slot)
    }
    loading.removeAll { slots[$0]?.stage == .ready }
    wake(now)
  }

  /// Begins heartbeats with the first request that waits for remote KV: at once, unless the last
  /// ones are less than an interval ago.
  mutating func addRemoteWaiter(at now: Instant) {
    remoteWaiters += 1
    guard nextHeartbeat == nil else { return }
    let due = lastHeartbeat.map { $0 + configuration.heartbeatInterval } ?? now
    nextHeartbeat = max(due, now)
  }

  /// Ends the heartbeats of a request, if it has any.
  mutating func removeRemoteWaiter(_ slot: Int) {
    guard slots[slot]?.isWantedRemotely == true else { return }
    slots[slot]?.isWantedRemotely = false
    remoteWaiters -= 1
    precondition(remoteWaiters >= 0)
    if remoteWaiters == 0 { nextHeartbeat = nil }
  }

  /// Tells every exporter which of its requests are still wanted.
  mutating func sendHeartbeats(at now: Instant) {
    lastHeartbeat = now
    nextHeartbeat = now + configuration.heartbeatInterval
    var wanted: [HostAndPort: [String]] = [:]
    for slot in waiting + loading {
      guard let sequence = slots[slot], sequence.isWantedRemotely,
        let source = sequence.route?.source
      else { continue }
      if wanted[source.address]?.contains(source.requestID) == true { continue }
      // SGLang's only ask whether prefill lives.
      let names = configuration.connector == .sglang ? [] : [source.requestID]
      wanted[source.address, default: []] += names
    }
    for (address, requestIDs) in wanted.sorted(by: { $0.key.description < $1.key.description }) {
      events.append(.heartbeat(address, requestIDs: requestIDs))
    }
  }

  func loadingSlot(_ id: EngineSequenceID) -> Int? {
    loading.first { slots[$0]?.id == id && slots[$0]?.stage == .loading }
  }

  private mutating func publishPrompt(of sequence: EngineSequence) {
    guard configuration.cachesPrefixes else { return }
    for (place, key) in sequence.keys.enumerated() {
      pool.publish(sequence.blocks[place], as: key)
    }
  }
}
