internal import Policies
internal import Vocabulary

/// What one loop knows of the workers' prefix caches: what the shared index says of the request
/// that is being placed, and how far each worker's part of that can be believed.
///
/// Of one loop's thread, which has one. Costs a match of the prompt for each choice, an array
/// access for each candidate, and an insertion for each leg.
final class CacheKnowledge {
  private let index: PrefixIndex
  private let match = PrefixMatch()
  private let models = PrefixMatch()
  private let predictions = PredictionBook()
  private var shares = ModelShares()
  /// A chain of one element: the model that the request asks for, if that is a rare one.
  private var rareModel = PrefixChain()

  /// Knowledge of nothing beyond what `index` says.
  init(_ index: PrefixIndex) {
    self.index = index
  }

  /// A request with these traits is about to be placed on one of some `workers` workers.
  func look(at traits: borrowing RequestTraits, among workers: Int) {
    index.match(traits.prefix, into: match)
    rareModel.hashes.removeAll(keepingCapacity: true)
    guard let model = traits.model, shares.isRare(model, among: workers) else { return }
    rareModel.hashes.append(model)
    index.match(rareModel, into: models)
  }

  /// Whether any worker holds any of that request's prompt.
  var isHit: Bool { match.longest > 0 }

  /// Tells `group` what its workers have of that request's prompt, and who knows its model.
  func note(in group: inout LegWorkers) {
    group.noteHolders(match, trusting: predictions)
    group.noteServers(models, isRare: asksForRareModel)
  }

  /// Whether the request asks for a rare model or adapter that somebody has served.
  private var asksForRareModel: Bool { !rareModel.hashes.isEmpty && models.longest > 0 }

  /// Leading blocks of that request that `worker` holds, whatever that is worth: what the engine's
  /// own count is held against.
  func predictedBlocks(on worker: WorkerID) -> Int { match.blocks(of: worker) }

  /// The request that was looked at last goes to `worker`.
  func noteRouted(_ traits: borrowing RequestTraits, to worker: WorkerID) {
    index.insert(traits.prefix, for: worker)
    guard let model = traits.model else { return }
    shares.note(model)
    if !rareModel.hashes.isEmpty { index.insert(rareModel, for: worker) }
  }

  /// The engine of `worker` has counted what it found in its cache, where `predicted` of `blocks`
  /// blocks were to be.
  func note(
    _ worker: Worker, predicted: Int, of blocks: Int, cached: TokenCount, of tokens: TokenCount
  ) {
    predictions.note(worker.id, predicted: predicted, of: blocks, cached: cached, of: tokens)
    worker.notePrediction(error: predictions.error(of: worker.id))
  }

  /// `worker` has left, or has started anew with an empty cache.
  func forget(_ worker: WorkerID) {
    predictions.forget(worker)
    index.forget(worker)
  }
}
