internal import Policies
internal import Vocabulary

/// The policy of one leg, and what it was last told of who may be chosen.
struct PolicySeat {
  /// The policy.
  var policy: any Policy
  /// The version of the membership it knows; 0: none.
  private var version = 0

  /// A seat for `policy`, which knows nobody yet.
  init(_ policy: any Policy) {
    self.policy = policy
  }

  /// Tells the policy who the members are, if it knows another `version` of them.
  mutating func note(_ members: @autoclosure () -> [PolicyMember], version: Int) {
    guard version != self.version else { return }
    self.version = version
    policy.noteMembers(members())
  }
}
