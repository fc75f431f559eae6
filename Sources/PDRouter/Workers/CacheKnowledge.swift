internal import Policies
internal import Vocabulary

/// What one loop knows of the workers' prefix caches: what the shared index says of the request
/// that is being placed, and how far each worker's part of that can be believed.
///
/// Of one loop's thread. Costs a match of the prompt for each choice, an array access for each
/// candidate, and an insertion for each leg.
struct CacheKnowledge {
  private let index: PrefixIndex
  private var match = PrefixMatch()
  private var models = PrefixMatch()
  private var predictions = PredictionBook()
  /// A chain of one element: the model that the request asks for.
  private var model = PrefixChain()

  /// Knowledge of nothing beyond what `index` says.
  init(_ index: PrefixIndex) {
    self.index = index
  }

  /// A request with these traits is about to be placed.
  mutating func look(at traits: borrowing RequestTraits) {
    index.match(traits.prefix, into: &match)
    guard let hash = traits.model else {
      model = PrefixChain()
      return
    }
    model.hashes.removeAll(keepingCapacity: true)
    model.hashes.append(hash)
    index.match(model, into: &models)
  }

  /// Whether any worker holds any of that request's prompt.
  var isHit: Bool { match.longest > 0 }

  /// Leading blocks of that request that `worker` holds, as far as that is to be believed.
  func cachedBlocks(on worker: WorkerID) -> Int {
    guard match.longest > 0, predictions.isTrusted(worker) else { return 0 }
    return match.blocks(of: worker)
  }

  /// The same, whatever it is worth: what the engine's own count is held against.
  func predictedBlocks(on worker: WorkerID) -> Int { match.blocks(of: worker) }

  /// Whether others have served that request's model and `worker`, as far as is known, has not.
  func isNewToModel(_ worker: WorkerID) -> Bool {
    models.longest > 0 && models.blocks(of: worker) == 0
  }

  /// A request with these traits goes to `worker`.
  mutating func noteRouted(_ traits: borrowing RequestTraits, to worker: WorkerID) {
    index.insert(traits.prefix, for: worker)
    guard let hash = traits.model else { return }
    model.hashes.removeAll(keepingCapacity: true)
    model.hashes.append(hash)
    index.insert(model, for: worker)
  }

  /// The engine of `worker` has counted what it found in its cache, where `predicted` of `blocks`
  /// blocks were to be.
  mutating func note(
    _ worker: Worker, predicted: Int, of blocks: Int, cached: TokenCount, of tokens: TokenCount
  ) {
    predictions.note(worker.id, predicted: predicted, of: blocks, cached: cached, of: tokens)
    worker.notePrediction(error: predictions.error(of: worker.id))
  }

  /// `worker` has left, or has started anew with an empty cache.
  mutating func forget(_ worker: WorkerID) {
    predictions.forget(worker)
    index.forget(worker)
  }
}
