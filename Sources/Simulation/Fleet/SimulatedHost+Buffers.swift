extension SimulatedHost {
  /// The bytes that the fullest stream of this host has been given and its peer has not taken.
  package var mostBufferedBytes: Int {
    loops.reduce(0) { most, loop in
      loop.streams.reduce(most) { max($0, $1.bufferedByteCount) }
    }
  }
}
