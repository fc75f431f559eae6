public import Vocabulary

/// A worker as a policy knows it between choices: who it is, and its name.
public struct PolicyMember: Sendable, Equatable {
  /// Who it is.
  public let id: WorkerID
  /// Its URL as the operator gave it, with `@rank` where it has one: what hash placements go by.
  public let url: String

  /// A member from its parts.
  public init(id: WorkerID, url: String) {
    precondition(!url.isEmpty, "a worker has a name")
    self.id = id
    self.url = url
  }
}
