import Foundation

/// Which seeds run: all, or the one that the environment names.
enum ChaosSeeds {
  /// The seed in `CHAOS_SEED`; nil without.
  static let only = ProcessInfo.processInfo.environment["CHAOS_SEED"].flatMap { UInt64($0) }
}
