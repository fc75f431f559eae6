/// What a loop knows of its workers and pairs of them, as far as giving handles back asks for it.
struct PairKnowledge {
  /// Whether the engines have met: the decode engine has shaken hands with the prefill engine.
  var isWarm: (_ prefill: Worker, _ decode: Worker) -> Bool = { _, _ in false }
  /// Whether the two can speak to each other at all.
  var isCompatible: (_ prefill: Worker, _ decode: Worker) -> Bool = { _, _ in true }
  /// Whether a worker is about to leave.
  var isDraining: (Worker) -> Bool = { _ in false }
}
