internal import Policies
internal import Vocabulary

/// The policy of one leg, what it was last told of who may be chosen, and perhaps a shadow that is
/// asked what it would have chosen.
///
/// Of one loop's thread. Without a shadow it costs a check for one.
struct PolicySeat {
  /// Which policy it is.
  let name: PolicyName
  /// Whether a pair may be chosen together for this policy.
  let weighsPairs: Bool
  /// Whether the policy wants to know where requests go.
  private let learnsRoutes: Bool
  /// Whether somebody wants to know of choices that were made without this policy.
  let hasShadow: Bool
  private var policy: any Policy
  private var shadow: ShadowPolicy?
  /// The version of the membership they know; 0: none.
  private var version = 0

  /// A seat for `policy`, which knows nobody yet.
  init(_ policy: any Policy, shadow: ShadowPolicy? = nil) {
    self.policy = policy
    self.shadow = shadow
    name = policy.name
    weighsPairs = name.weighsPairs
    learnsRoutes = policy.learnsRoutes
    hasShadow = shadow != nil
  }

  /// Tells the policy who the members are, if it knows another `version` of them.
  mutating func note(_ members: @autoclosure () -> [PolicyMember], version: Int) {
    guard version != self.version else { return }
    self.version = version
    let members = members()
    policy.noteMembers(members)
    shadow?.noteMembers(members)
  }

  /// What the policy chooses; the shadow chooses too, which changes nothing here.
  mutating func choose(
    for traits: borrowing RequestTraits, among candidates: [WorkerSnapshot],
    using generator: inout SplitMix64
  ) -> Choice? {
    candidates.withUnsafeBufferPointer { candidates in
      let choice = policy.choose(for: traits, among: candidates, using: &generator)
      if hasShadow, let choice { shadow?.compare(choice.index, for: traits, among: candidates) }
      return choice
    }
  }

  /// The candidate at `index` was chosen without asking this policy.
  mutating func noteChosen(
    _ index: Int, for traits: borrowing RequestTraits, among candidates: [WorkerSnapshot]
  ) {
    candidates.withUnsafeBufferPointer { shadow?.compare(index, for: traits, among: $0) }
  }

  /// The request goes to `worker`, whoever chose it.
  @inline(__always)
  mutating func noteRouted(_ traits: borrowing RequestTraits, to worker: WorkerID) {
    if learnsRoutes { policy.noteRouted(traits, to: worker) }
    if hasShadow { shadow?.noteRouted(traits, to: worker) }
  }
}
