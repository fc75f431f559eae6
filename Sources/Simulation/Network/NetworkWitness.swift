/// Who wants to know whether certain things that were written were also read by the program at the
/// other end, and not lost with their connection.
protocol NetworkWitness: AnyObject {
  /// The names in `bytes`, which a program on `host` has just written.
  func names(in bytes: UnsafeRawBufferPointer, from host: SimulatedHost) -> [String]
  /// The program at the other end has read everything up to the end of the write with that name.
  func wasRead(_ name: String)
}
