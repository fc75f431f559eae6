internal import Policies
internal import Vocabulary

/// A policy that is asked on live traffic what it would have chosen, and never obeyed.
///
/// Owns its policy and its generator, so the real choices are the same with and without it; it is
/// told the same events, above all which worker a request really went to. Its choices therefore say
/// how it would have gone on from each moment as it was, not what the fleet would look like if it
/// had chosen all along. Of one loop's thread; costs what its policy costs.
struct ShadowPolicy {
  private var policy: any Policy
  private var generator: SplitMix64
  private let counts: ShadowCounts

  /// A shadow that draws from `seed` and counts in `counts`.
  init(_ policy: any Policy, seed: UInt64, counts: ShadowCounts) {
    self.policy = policy
    self.counts = counts
    // Not the sequence that the router draws from for itself.
    generator = SplitMix64(seed: SplitMix64.mix(seed) ^ 0x5348_4144_4F57)
  }

  /// These may be chosen from now on.
  mutating func noteMembers(_ members: [PolicyMember]) {
    policy.noteMembers(members)
  }

  /// The request goes to `worker`.
  mutating func noteRouted(_ traits: borrowing RequestTraits, to worker: WorkerID) {
    policy.noteRouted(traits, to: worker)
  }

  /// Of these candidates that at `index` was chosen: chooses too, and counts by how much the two
  /// choices differ. Where there was only one candidate there is nothing to count.
  mutating func compare(
    _ index: Int, for traits: borrowing RequestTraits,
    among candidates: UnsafeBufferPointer<WorkerSnapshot>
  ) {
    precondition(candidates.indices.contains(index), "somebody of these was chosen")
    guard let other = policy.choose(for: traits, among: candidates, using: &generator)
    else { preconditionFailure("a policy chooses where there is somebody") }
    guard candidates.count > 1 else { return }
    counts.note(chosen: candidates[index], shadow: candidates[other.index])
  }
}
