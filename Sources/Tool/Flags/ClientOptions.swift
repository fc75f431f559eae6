internal import ArgumentParser
internal import PDRouter
internal import Vocabulary

/// The flags of who may ask for what, with the baseline's names and defaults.
struct ClientOptions: ParsableArguments {
  @Option(help: "Largest request body, in bytes.")
  var maxPayloadSize = 536_870_912

  /// Writes what the flags say into `configuration`.
  func apply(to configuration: inout RouterConfiguration) {
    configuration.limits.requestBodyBytes = maxPayloadSize
  }
}
