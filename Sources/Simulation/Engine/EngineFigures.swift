/// What an engine holds at one moment.
package struct EngineFigures: Equatable, Sendable {
  /// Requests waiting, loading or running.
  package var requests = 0
  /// Handles that wait for a reader.
  package var exports = 0
  /// Blocks in use, pinned ones included; cached ones that nobody holds are free.
  package var usedBlocks = 0

  /// Nothing at all.
  package static let zero = EngineFigures()
}

extension EngineScheduler {
  /// What the engine holds now.
  package var figures: EngineFigures {
    EngineFigures(requests: records.count, exports: exports.count, usedBlocks: pool.used)
  }
}
