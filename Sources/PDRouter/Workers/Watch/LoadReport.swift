internal import Policies
internal import Vocabulary

/// What an engine said of its load, and how long that may be believed.
struct LoadReport: Equatable {
  /// What it said.
  let load: ReportedLoad
  /// After this moment it says nothing any more.
  let freshUntil: Instant

  /// The load, unless it is too old.
  @inline(__always)
  func load(at now: Instant) -> ReportedLoad? {
    now <= freshUntil ? load : nil
  }
}
