internal import ArgumentParser
internal import PDRouter

/// The flags of how much is let in at once, with the baseline's names and defaults.
struct AdmissionOptions: ParsableArguments {
  /// Writes what the flags say into `configuration`.
  func apply(to configuration: inout RouterConfiguration) {
  }
}
