public import Vocabulary

/// How far the prefix index can be trusted for each worker: what it said of a worker's cache
/// against what the engine then found there.
///
/// An engine evicts by its own rules, is used by others, or has no prefix cache at all. Engines say
/// afterwards how many prompt tokens they had cached; both sides are compared as shares of the
/// prompt, since the index counts blocks of bytes and the engine tokens. Only a promise that was
/// not kept counts: that an engine has more than we know costs nothing. The error of a worker is an
/// exponential average over some eight promises; above `distrust` the worker is not trusted until
/// it is below `trust` again. Predictions go on meanwhile, and are judged as before; requests of
/// which nothing was predicted are mild evidence for a better future, so that a worker that gets
/// no matching prompts any more is given another chance after some hundreds.
///
/// Owned by one loop, which hears of its own requests only; pure. Limits: `mostWorkers`; others are
/// trusted. Cost: a look-up of a few nanoseconds, an array access.
public final class PredictionBook {
  /// Most workers that are judged.
  public static let mostWorkers = PrefixIndex.mostWorkers
  /// An average error above which a worker is no longer trusted.
  public static let distrust = 0.4
  /// An average error below which it is trusted again.
  public static let trust = 0.2

  private struct Entry {
    var error = 0.0
    var isTrusted = true
  }

  /// A share of the prompt that is forgiven: the prompt's last tokens that fill no block, and bytes
  /// that are not spread over blocks as tokens are.
  private static let tolerance = 0.05
  private static let gain = 0.125
  private static let gainOfNothing = 1.0 / 512

  private var places = WorkerPlaces()
  private var entries: [Entry] = []
  private var free: [Int] = []
  /// How many are not trusted.
  private var distrusted = 0

  /// A book in which everybody is trusted.
  public init() {}

  /// Whether what the index says of `worker` is worth acting on; if not, take it to have nothing
  /// cached.
  public func isTrusted(_ worker: WorkerID) -> Bool {
    guard let place = places.place(of: worker) else { return true }
    return entries[place].isTrusted
  }

  /// Whether everybody is trusted.
  public var trustsAll: Bool { distrusted == 0 }

  /// The average error of `worker`, 0 (every promise was kept) … 1 (none, of whole prompts).
  public func error(of worker: WorkerID) -> Double {
    guard let place = places.place(of: worker) else { return 0 }
    return entries[place].error
  }

  /// `worker` was said to hold `predicted` of `blocks` blocks, and found `cached` of `tokens`
  /// prompt tokens in its cache.
  ///
  /// `predicted` is what the index said, also while the worker is not trusted. Numbers that make no
  /// sense are brought into their range; a request without blocks or tokens says nothing.
  public func note(
    _ worker: WorkerID, predicted: Int, of blocks: Int, cached: TokenCount, of tokens: TokenCount
  ) {
    guard blocks > 0, tokens.number > 0, let place = takePlace(of: worker) else { return }
    let promised = PredictionBook.share(predicted, of: blocks)
    let found = PredictionBook.share(cached.number, of: tokens.number)
    // A promise counts by its size: with little promised, little is known either way.
    let gain = max(PredictionBook.gain * promised, PredictionBook.gainOfNothing)
    let miss = max(0, promised - found)
    let error = promised > 0 && miss > PredictionBook.tolerance ? miss / promised : 0
    var entry = entries[place]
    entry.error += gain * (error - entry.error)
    precondition(entry.error >= 0 && entry.error <= 1)
    if entry.error > PredictionBook.distrust { entry.isTrusted = false }
    if entry.error < PredictionBook.trust { entry.isTrusted = true }
    distrusted += (entry.isTrusted ? 0 : 1) - (entries[place].isTrusted ? 0 : 1)
    entries[place] = entry
  }

  /// Forgets a worker that has left or started anew: it is trusted.
  public func forget(_ worker: WorkerID) {
    guard let place = places.place(of: worker) else { return }
    places.remove(worker)
    if !entries[place].isTrusted { distrusted -= 1 }
    entries[place] = Entry()
    free.append(place)
  }

  private static func share(_ part: Int, of whole: Int) -> Double {
    precondition(whole > 0)
    return Double(min(max(0, part), whole)) / Double(whole)
  }

  private func takePlace(of worker: WorkerID) -> Int? {
    if let place = places.place(of: worker) { return place }
    if let place = free.popLast() {
      places.insert(worker, at: place)
      return place
    }
    guard entries.count < PredictionBook.mostWorkers else { return nil }
    places.insert(worker, at: entries.count)
    entries.append(Entry())
    return entries.count - 1
  }
}
