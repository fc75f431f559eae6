internal import EventLoop
internal import KVTransfer
internal import Policies
internal import Vocabulary

// What the decider learns from: how long prefill, hand-over and whole service took.
extension Request {
  /// Prefill has answered.
  func teachDecider(prefill answer: PrefillAnswer) {
    guard router.decider.name == .cost, let worker = record.prefillWorker,
      let start = record.prefillStartedAt, let end = record.prefillEndedAt
    else { return }
    let prompt = answer.promptTokens ?? traits.promptTokens
    let cached = min(prompt.number, answer.cachedTokens?.number ?? 0)
    router.decider.note(
      .prefillDone(
        worker: worker.id, uncached: TokenCount(prompt.number - cached),
        queuedAhead: queuedOnPrefill, took: end - start))
  }

  /// The first token of a stream has come; a whole answer says nothing about its first token.
  func teachDecider() {
    guard router.decider.name == .cost, relay.isEventStream, let first = record.firstTokenAt,
      let start = record.servingStartedAt, let worker = record.servingWorker
    else { return }
    // What it was decided by: a decode worker computes or fetches only what it has not cached.
    let uncached = TokenCount(max(0, traits.promptTokens.number - cachedOnServing.number))
    if let prefill = record.prefillWorker {
      router.decider.note(
        .handOver(
          prefill: prefill.id, decode: worker.id, tokens: uncached,
          isColdPair: isColdPair, took: first - start))
    } else if endpoint.generationShape != nil {
      router.decider.note(
        .servedWhole(
          worker: worker.id, uncached: uncached, queuedAhead: queuedOnServing,
          activeDecodes: decodesBeside, took: first - start))
    }
  }
}
