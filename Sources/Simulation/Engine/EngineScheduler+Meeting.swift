package import Vocabulary

// The dialects in which both engines know the KV by a name: decode asks, prefill writes when it has
// finished and somebody has asked, whichever comes first.
extension EngineScheduler {
  // MARK: Prefill's side

  /// A decode engine asks for what is, or will be, known by a name.
  mutating func take(_ ask: KVAsk) -> SideChannelReply {
    guard ask.engineID == nil || ask.engineID == configuration.engineID else {
      return .refused("another engine lives here")
    }
    if exports.blocks(of: ask.name) != nil {
      write(to: ask)
      return .done
    }
    // An ask that was overtaken by the word that it is not wanted any more reads nothing.
    if let ending = exports.ending(of: ask.name), ending != .released {
      exports.noteRead(ask.name, by: ask.consumer, blockCount: ask.blockCount)
    }
    let deadline = latest + configuration.waitTime
    if !meetings.wait(ask, until: deadline, now: latest) { exports.noteDoubleUse() }
    return .done
  }

  /// A decode engine has what it asked for, or wants it no more.
  mutating func take(_ reason: KVNotice.Reason, about name: String) {
    let isMeeting = !configuration.connector.isReading
    if isMeeting, exports.blocks(of: name) == nil, exports.ending(of: name) == nil {
      meetings.giveUp(name)
    } else {
      endExport(name, as: reason)
    }
  }

  /// A new export meets whoever has asked for it, or given it up, before.
  mutating func introduce(_ name: String) {
    if meetings.takeGivenUp(name) {
      endExport(name, as: .released)
    } else if let ask = meetings.take(name, now: latest) {
      write(to: ask)
    }
  }

  /// A write has come to its end: taken, refused because nobody waits there, or not delivered
  /// (nil).
  ///
  /// What was taken stays pinned until the taker says that it has it; anything else frees it.
  package mutating func writeDidEnd(_ write: KVWrite, accepted: Bool?, now: Instant) {
    catchUp(to: now)
    guard !isDead, accepted != true else { return }
    if accepted == false { exports.noteWriteToGone() } else { counters.failedTransfers += 1 }
    guard exports.blocks(of: write.name) != nil else { return }
    endExport(write.name, as: .released)
  }

  /// Ends an export on somebody's word and frees its blocks.
  mutating func endExport(_ name: String, as reason: KVNotice.Reason) {
    let wasLive = exports.blocks(of: name) != nil
    pool.release(exports.end(name, as: reason))
    if wasLive { endOffer(name, wasFetched: reason == .consumed) }
    wake(latest)
  }

  /// Ends the exports for which nobody came in time.
  mutating func expireExports(at now: Instant) {
    pool.release(exports.expire(at: now))
    endExpiredOffers()
    wake(now)
  }

  // Who asked for more blocks than there are gets those there are, and fails.
  private mutating func write(to ask: KVAsk) {
    guard let blocks = exports.blocks(of: ask.name) else { preconditionFailure("nothing to write") }
    exports.noteRead(ask.name, by: ask.consumer, blockCount: ask.blockCount)
    exports.extend(ask.name, to: latest + configuration.keepTime)
    let contents = blocks.suffix(ask.blockCount).compactMap { pool.content(of: $0) }
    events.append(
      .writes(
        KVWrite(
          engineID: ask.consumerEngineID, name: ask.name, target: ask.target, contents: contents),
        to: ask.address))
  }

  // MARK: Decode's side

  /// What to ask of `source` for a sequence.
  func ask(for sequence: EngineSequence, blockCount: Int, from source: KVSource) -> KVAsk {
    KVAsk(
      engineID: source.engineID, name: source.requestID, target: sequence.id,
      consumerEngineID: configuration.engineID,
      address: HostAndPort(
        host: configuration.sideChannelHost, port: configuration.sideChannelPort),
      blockCount: blockCount)
  }

  /// Prefill writes; refused when nobody waits for it any more.
  mutating func take(_ write: KVWrite) -> SideChannelReply {
    guard write.engineID == configuration.engineID else {
      return .refused("another engine lives here")
    }
    guard let slot = loadingSlot(write.target), slots[slot]?.route?.source?.requestID == write.name
    else { return .refused("nobody waits for \(write.name)") }
    let fits = write.contents.count == slots[slot]?.pullCount
    remoteKVArrived(write.target, contents: write.contents, now: latest)
    return fits ? .done : .refused("these are not as many blocks as were asked for")
  }

  /// When the first sequence gives up waiting to be written to.
  var nextWaitEnd: Instant? {
    var first: Instant?
    for slot in loading {
      guard let end = slots[slot]?.waitEnd else { continue }
      first = min(first ?? end, end)
    }
    return first
  }

  /// Fails the sequences that have waited long enough.
  mutating func giveUpWaiting(at now: Instant) {
    for slot in loading {
      guard let sequence = slots[slot], let end = sequence.waitEnd, end <= now else { continue }
      if configuration.connector.tellsPrefill, let source = sequence.owed {
        events.append(.notice(KVNotice(source: source, reason: .released)))
      }
      remoteKVFailed(sequence.id, now: now)
    }
  }
}
