/// What the scheduler remembers of one request while any of its choices lives.
struct EngineRecord: Sendable {
  /// Its choices' places in the scheduler's table; nil once ended.
  var slots: [Int?]
  /// Choices that have not ended.
  var open: Int
  /// Choices per prompt.
  let n: Int
  var usage = EngineUsage()
  /// What the answer carries: the export of the last choice of the first prompt to finish.
  var kv: KVParameters?
}
