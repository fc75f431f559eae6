/// Who wants to know whether certain things that were written were also read by the program at the
/// other end, and not lost with their connection.
protocol NetworkWitness: AnyObject {
  /// The names in `bytes`, which a program on `source` has just written for one on `target`.
  func names(
    in bytes: UnsafeRawBufferPointer, from source: SimulatedHost, to target: SimulatedHost
  ) -> [String]
  /// The program on `target` has read everything up to the end of the write with that name.
  func wasRead(_ name: String, at target: SimulatedHost)
  /// The network has reset the connection on which that name was the last to be written, for a
  /// program on `target`.
  func wasCut(_ name: String, to target: SimulatedHost)
}
