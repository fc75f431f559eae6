internal import EventLoop
internal import KVTransfer
internal import Policies
internal import Vocabulary

// What the decider learns from, how long prefill, hand-over and whole service took; and what the
// prefix index is judged by, what engines found in their caches.
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

  /// Prefill has answered, and says perhaps what it had cached.
  func judgePrediction(prefill answer: PrefillAnswer) {
    guard router.workers.caches != nil, let worker = record.prefillWorker,
      let tokens = answer.promptTokens, let cached = answer.cachedTokens
    else { return }
    router.workers.caches?.note(
      worker, predicted: predictedBlocks, of: traits.prefix.hashes.count, cached: cached,
      of: tokens)
  }

  /// Whether the answer to this request, which is served whole, is to be read for what the engine
  /// had cached: one in so many is, since reading costs more than the choice.
  func isPredictionJudged() -> Bool {
    guard router.workers.caches != nil, !traits.prefix.hashes.isEmpty else { return false }
    router.unjudgedAnswers += 1
    guard router.unjudgedAnswers == RouterLoop.judgedOneIn else { return false }
    router.unjudgedAnswers = 0
    return true
  }

  /// The answer is complete; if it was read, it says perhaps what the engine had cached.
  func judgePrediction() {
    guard let usage = relay.inputUsage, let cached = usage.cachedTokens,
      let worker = record.servingWorker
    else { return }
    router.workers.caches?.note(
      worker, predicted: predictedBlocks, of: traits.prefix.hashes.count,
      cached: TokenCount(cached), of: TokenCount(usage.inputTokens))
  }
}
