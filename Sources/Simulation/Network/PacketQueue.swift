/// First in, first out, in one array; gives the room of what was taken back when it empties.
struct PacketQueue {
  private var packets: [Packet] = []
  private var head = 0

  /// How many packets wait.
  var count: Int { packets.count - head }

  /// Adds one at the end.
  mutating func append(_ packet: Packet) {
    packets.append(packet)
  }

  /// Takes the oldest out; there must be one.
  mutating func removeFirst() -> Packet {
    precondition(head < packets.count, "every packet event has its packet")
    let packet = packets[head]
    head += 1
    if head == packets.count {
      packets.removeAll(keepingCapacity: true)
      head = 0
    } else if head >= 1024 && head * 2 > packets.count {
      packets.removeFirst(head)
      head = 0
    }
    return packet
  }
}
