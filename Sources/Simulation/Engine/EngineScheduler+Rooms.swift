package import Vocabulary

// SGLang: prefill answers only when decode has fetched the KV, a room serves one request, and
// decode finds out by heartbeats whether prefill lives.
extension EngineScheduler {
  /// Heartbeats that must be missed in a row before what waits for prefill fails.
  private static var missesToFail: Int { 2 }

  /// Counts a room that was used before.
  mutating func noteRoom(of request: EngineRequest) {
    guard configuration.connector == .sglang, let room = request.kv?.transferID else { return }
    if !rooms.insert(room) { exports.noteDoubleUse() }
  }

  /// Keeps the blocks of a sequence that has its first token until they are fetched; then it ends.
  mutating func offer(_ slot: Int, as wantedName: String, _ ending: EngineEnding) {
    guard var sequence = slots[slot].take() else { preconditionFailure("an empty slot") }
    running.removeAll { $0 == slot }
    // A room that is taken is counted when its request comes; nobody can ask for this one.
    let name = exports.blocks(of: wantedName) == nil ? wantedName : sequence.innerID
    keep(sequence.blocks, of: sequence.computed, as: name)
    sequence.blocks = []
    sequence.stage = .offered
    sequence.ending = ending
    slots[slot] = sequence
    offers[name] = slot
    introduce(name)
  }

  /// Ends the sequence that offered `name`, well or with an error; none may have.
  mutating func endOffer(_ name: String, wasFetched: Bool) {
    guard let slot = offers.removeValue(forKey: name), let sequence = slots[slot],
      let ending = sequence.ending
    else { return }
    if wasFetched {
      finish(slot, reason: ending.reason, stop: ending.stop, lastToken: ending.lastToken)
    } else {
      finish(slot, reason: .error, stop: nil, lastToken: nil)
    }
  }

  /// Frees what a sequence offers that is given up; nothing when its offer has ended.
  mutating func withdrawOffer(of slot: Int) {
    guard let name = offers.first(where: { $0.value == slot })?.key else { return }
    offers[name] = nil
    pool.release(exports.end(name, as: .released))
  }

  /// Ends the sequences whose offers have expired.
  mutating func endExpiredOffers() {
    for name in offers.keys.sorted() where exports.blocks(of: name) == nil {
      endOffer(name, wasFetched: false)
    }
  }

  /// A heartbeat was answered, or not: after the second one missed in a row, what waits for KV from
  /// there fails.
  package mutating func heartbeatDidEnd(_ address: HostAndPort, heard: Bool, now: Instant) {
    catchUp(to: now)
    guard !isDead, configuration.connector == .sglang else { return }
    guard !heard else {
      missedHeartbeats[address] = nil
      return
    }
    missedHeartbeats[address, default: 0] += 1
    guard missedHeartbeats[address, default: 0] >= EngineScheduler.missesToFail else { return }
    missedHeartbeats[address] = nil
    for slot in loading {
      guard let sequence = slots[slot], sequence.stage == .loading,
        sequence.route?.source?.address == address
      else { continue }
      remoteKVFailed(sequence.id, now: now)
    }
  }
}
