internal import Vocabulary

/// The baseline's consistent-hash ring: 160 nodes for each worker, on a circle of 2^64 places.
///
/// Holds two flat arrays in order of place, 12 bytes a node. A key belongs to the first node at or
/// after its hash, round the circle. Where two workers' nodes fall on one place, the one that was
/// registered later has it, as when the baseline writes both into one map; the other one's is kept
/// behind it. A change of membership costs one pass over the ring and 160 hashes for each newcomer;
/// looking up a binary search. Not thread-safe; each loop has its own.
struct HashRing: Sendable {
  /// Nodes of one worker.
  static var nodesPerWorker: Int { 160 }

  /// Where the nodes are, ascending.
  private var places: [UInt64] = []
  /// Whose they are.
  private var owners: [UInt32] = []
  private var members: Set<WorkerID> = []

  private struct Node {
    let place: UInt64
    let owner: UInt32

    static func comesFirst(_ left: Node, _ right: Node) -> Bool {
      left.place != right.place ? left.place < right.place : left.owner > right.owner
    }
  }

  /// A ring of nobody.
  init() {}

  /// How many nodes there are.
  var count: Int { places.count }

  /// Makes it the ring of `members`, which stand in registration order.
  mutating func update(_ members: [PolicyMember]) {
    precondition(
      zip(members, members.dropFirst()).allSatisfy { $0.id < $1.id }, "ids ascend strictly")
    let staying = Set(members.lazy.map(\.id))
    if !self.members.isSubset(of: staying) { drop { !staying.contains($0) } }
    let newcomers = members.filter { !self.members.contains($0.id) }
    if !newcomers.isEmpty { merge(HashRing.nodes(of: newcomers)) }
    self.members = staying
    precondition(places.count == members.count * HashRing.nodesPerWorker)
  }

  /// The first candidate met from the place of `hash` on, round the whole circle, and whether it is
  /// the first node's owner; nil when no candidate has nodes.
  func first(
    from hash: UInt64, among candidates: UnsafeBufferPointer<WorkerSnapshot>
  ) -> (index: Int, isOwner: Bool)? {
    let start = firstNode(from: hash)
    var node = start
    for step in 0..<places.count {
      if node == places.count { node = 0 }
      if let index = candidates.place(of: owners[node]) { return (index, step == 0) }
      node &+= 1
    }
    return nil
  }

  /// The number of the first node at or after `hash`; `count` when it lies behind the last one.
  ///
  /// Halves without a branch on the comparison: hashes are random, so half would be guessed wrong.
  private func firstNode(from hash: UInt64) -> Int {
    places.withUnsafeBufferPointer { places in
      var first = 0
      var left = places.count
      while left > 0 {
        let half = left &- left / 2
        let isBefore = places[first &+ half &- 1] < hash
        first &+= isBefore ? half : 0
        left = isBefore ? left &- half : half &- 1
      }
      return first
    }
  }

  private mutating func drop(where isGone: (WorkerID) -> Bool) {
    var kept = 0
    for node in places.indices where !isGone(WorkerID(number: owners[node])) {
      places[kept] = places[node]
      owners[kept] = owners[node]
      kept += 1
    }
    places.removeSubrange(kept...)
    owners.removeSubrange(kept...)
  }

  private mutating func merge(_ nodes: [Node]) {
    var merged = HashRing()
    merged.places.reserveCapacity(count + nodes.count)
    merged.owners.reserveCapacity(count + nodes.count)
    var next = 0
    for node in nodes {
      while next < count, Node.comesFirst(self[next], node) {
        merged.append(self[next])
        next += 1
      }
      merged.append(node)
    }
    for rest in next..<count { merged.append(self[rest]) }
    (places, owners) = (merged.places, merged.owners)
  }

  private subscript(node: Int) -> Node { Node(place: places[node], owner: owners[node]) }

  private mutating func append(_ node: Node) {
    places.append(node.place)
    owners.append(node.owner)
  }

  /// The nodes of `members` in order of place: the hashes of `url:0` to `url:159`.
  private static func nodes(of members: [PolicyMember]) -> [Node] {
    var nodes: [Node] = []
    nodes.reserveCapacity(members.count * nodesPerWorker)
    var text: [UInt8] = []
    for member in members {
      text.removeAll(keepingCapacity: true)
      text.append(contentsOf: member.url.utf8)
      text.append(UInt8(ascii: ":"))
      let head = text.count
      for number in 0..<nodesPerWorker {
        text.removeSubrange(head...)
        text.append(contentsOf: String(number).utf8)
        let place = text.withUnsafeBytes { FBIHash.hash($0) }
        nodes.append(Node(place: place, owner: member.id.number))
      }
    }
    nodes.sort(by: Node.comesFirst)
    return nodes
  }
}
