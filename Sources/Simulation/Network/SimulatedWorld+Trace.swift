internal import Vocabulary

/// What happened, as numbers for the hash and, where somebody listens, as lines.
extension SimulatedWorld {
  func record(_ kind: TraceKind, loop: SimulatedLoop) {
    trace.add(kind.rawValue | UInt64(loop.host.number) << 16)
    if let traceLine { traceLine(line("\(loop.host.name): \(kind)")) }
  }

  func record(_ kind: TraceKind, stream: SimulatedStream, step: SimulatedStream.Step) {
    trace.add(kind.rawValue | stream.number << 16)
    trace.add(step.traceCode)
    if let traceLine { traceLine(line("\(stream): \(step)")) }
  }

  func record(_ kind: TraceKind, _ packet: Packet, on pipe: SimulatedPipe) {
    let number = pipe.reader?.number ?? 0
    trace.add(kind.rawValue | number << 16 | UInt64(pipe.target.number) << 48)
    trace.add(packet.traceCode)
    guard let traceLine else { return }
    let end = pipe.reader.map { " #\($0.number)" } ?? ""
    traceLine(line("\(pipe.source.name) > \(pipe.target.name)\(end): \(packet)"))
  }

  func record(read bytes: UnsafeRawBufferPointer, by stream: SimulatedStream) {
    trace.add(bytes)
    if let traceLine { traceLine(line("\(stream): read \(bytes.count)")) }
  }

  func line(_ text: String) -> String {
    let microseconds = now.nanoseconds / 1000
    let fraction = String(1_000_000 + microseconds % 1_000_000).dropFirst()
    return "\(microseconds / 1_000_000).\(fraction) \(text)"
  }
}
