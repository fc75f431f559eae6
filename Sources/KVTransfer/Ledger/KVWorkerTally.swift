/// What a ledger knows of one prefill worker: its handles, and the engines seen behind its address.
///
/// More than one engine may answer behind one address (data-parallel ranks under one port), so an
/// id seen before is no restart. The last 16 are remembered; with more ranks than that behind one
/// address a rank may be taken for a restart, which costs the prefills then held and nothing else.
struct KVWorkerTally {
  /// Handles not ended.
  var live = 0
  /// Handles that pin blocks of the engine.
  var pinning = 0

  private var engines: InlineArray<16, UInt64> = .init(repeating: 0)
  private var enginesSeen = 0

  /// Remembers an engine; true if it is new behind an address that others answered from before.
  mutating func meets(_ engine: KVEngineIdentity) -> Bool {
    for place in 0..<min(enginesSeen, engines.count) where engines[place] == engine.hash {
      return false
    }
    engines[enginesSeen % engines.count] = engine.hash
    enginesSeen += 1
    return enginesSeen > 1
  }
}
