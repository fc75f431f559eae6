public import JSONFields

extension BodyEdits {
  /// Plans a leg that serves the request whole: a client's own `kv_transfer_params` is taken out.
  ///
  /// It must never reach an engine: it makes the engine connect to any address, stall, crash or
  /// show another tenant's KV cache.
  public mutating func planWholeLeg() {
    remove(.kvTransferParams)
  }
}
