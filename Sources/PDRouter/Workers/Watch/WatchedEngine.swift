internal import Vocabulary

/// What all workers have in common that are data-parallel ranks of one engine, and so are probed
/// and asked together; a worker without a rank is an engine by itself.
struct WatchedEngine: Hashable {
  private let base: WorkerURL
  private let role: Role
  private let bootstrapPort: UInt16?

  /// The engine that `worker` is, or is a rank of.
  init(of worker: Worker) {
    base = worker.url.base
    role = worker.role
    bootstrapPort = worker.details.bootstrapPort
  }
}
